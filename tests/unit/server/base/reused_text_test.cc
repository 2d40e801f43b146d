#include "server/base/reused_text.h"

#include <gtest/gtest.h>

#include <vector>

namespace hub {
namespace {

constexpr std::string_view kLine = "alpha 0.021 #1; gamma 0.022 #2; beta 0.019 margin_guard";

TEST(ReusedText, HoldsWhatItIsGiven) {
  ReusedText text;
  EXPECT_TRUE(text.empty());
  text = kLine;
  text += "; and more";
  EXPECT_EQ(std::string_view(text), std::string(kLine) + "; and more");
  ReusedText other = std::move(text);
  EXPECT_EQ(std::string_view(other), std::string(kLine) + "; and more");
  EXPECT_TRUE(text.empty());  // NOLINT: moved from
  other = std::string_view("short");
  EXPECT_EQ(std::string_view(other), "short");
}

TEST(ReusedText, TakesTheMemoryOfOneThatWasDropped) {
  if (!kPools) GTEST_SKIP() << "a sanitizer keeps what is freed";
  const char* place = nullptr;
  {
    ReusedText first;
    first = kLine;
    place = std::string_view(first).data();
  }
  ReusedText second, third;
  second = kLine.substr(1);
  third = kLine;
  EXPECT_EQ(std::string_view(second).data(), place);
  EXPECT_NE(std::string_view(third).data(), place);
  EXPECT_EQ(std::string_view(second), kLine.substr(1));
}

TEST(ReusedText, KeepsNoLongOnesAndNoneThatNeededNoMemory) {
  const std::size_t before = ReusedText::spare_count();
  {
    ReusedText of_itself, long_one;
    of_itself = std::string_view("short");
    long_one = std::string(2 * kSpareTextOctetsMax, 'x');
  }
  EXPECT_LE(ReusedText::spare_count(), before);  // the long one took one, and made it too long
}

}  // namespace
}  // namespace hub
