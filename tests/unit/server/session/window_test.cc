#include "server/session/window.h"

#include <gtest/gtest.h>

#include <map>

#include "server/base/random.h"

namespace hub {
namespace {

using smpp::CommandId;

TEST(Window, MatchesByNumberOnlyAndOnce) {
  Window window(10);
  const std::uint32_t first = window.OpenMessage(CommandId::submit_sm, 100, {});
  const std::uint32_t second = window.OpenMessage(CommandId::submit_sm, 101, {});
  EXPECT_EQ(window.Close(second)->token, 101u);
  EXPECT_FALSE(window.Close(second));
  EXPECT_EQ(window.Close(first)->token, 100u);
  for (std::uint32_t invented : {0u, 3u, 77u, 0x7FFFFFFFu, 0x80000001u})
    EXPECT_FALSE(window.Close(invented));
}

TEST(Window, IsFullAtItsLimitAndLinkRequestsStillGo) {
  Window window(2);
  window.OpenMessage(CommandId::submit_sm, 1, {});
  EXPECT_FALSE(window.full());
  window.OpenMessage(CommandId::submit_sm, 2, {});
  EXPECT_TRUE(window.full());
  const auto enquire = window.OpenLinkRequest(CommandId::enquire_link, {});
  ASSERT_TRUE(enquire);
  EXPECT_TRUE(window.Close(*enquire));
  EXPECT_EQ(window.messages(), 2u);
}

TEST(Window, NumbersWrapFrom0x7FFFFFFFTo1) {  // §3.2
  Window window(10, 0x7FFFFFF0);
  std::uint32_t last = 0;
  for (int i = 0; i < 40; ++i) {
    const std::uint32_t number =
        window.OpenMessage(CommandId::submit_sm, static_cast<std::uint64_t>(i), {});
    EXPECT_GE(number, 1u);
    EXPECT_LE(number, 0x7FFFFFFFu);
    if (last == 0x7FFFFFFF) {
      EXPECT_EQ(number, 1u);
    }
    last = number;
    ASSERT_EQ(window.Close(number)->token, static_cast<std::uint64_t>(i));
  }
  EXPECT_LT(last, 100u);
}

TEST(Window, AStuckRequestFillsTheRingButItsNumberIsNeverReused) {
  Window window(4);
  const std::uint32_t stuck = window.OpenMessage(CommandId::submit_sm, 99, {});
  while (!window.full())
    ASSERT_NE(window.Close(window.OpenMessage(CommandId::submit_sm, 1, {}))->token, 99u);
  EXPECT_EQ(window.messages(), 1u);
  EXPECT_EQ(window.oldest()->sequence_number, stuck);
  EXPECT_EQ(window.Close(stuck)->token, 99u);
  EXPECT_FALSE(window.full());
}

TEST(Window, TakesMemoryForWhatWaitsAndGivesItBack) {
  Window window(100);
  EXPECT_EQ(window.memory_octets(), 0u);
  ASSERT_TRUE(window.Close(*window.OpenLinkRequest(CommandId::enquire_link, {})));
  EXPECT_LE(window.memory_octets(), 256u) << "an idle bind asks whether its peer lives";
  std::vector<std::uint32_t> numbers;
  for (std::uint64_t i = 0; i < 100; ++i)
    numbers.push_back(window.OpenMessage(CommandId::submit_sm, i, {}));
  window.Rest();
  for (std::uint64_t i = 0; i < 100; ++i) ASSERT_EQ(window.Close(numbers[i])->token, i);
  window.Rest();
  EXPECT_EQ(window.memory_octets(), 0u);
  EXPECT_EQ(window.OpenMessage(CommandId::submit_sm, 7, {}), numbers.back() + 1);
}

TEST(Window, LinkRequestsStopAtTheRingsEnd) {  // a peer that answers nothing at all
  Window window(1);
  int opened = 0;
  while (window.OpenLinkRequest(CommandId::enquire_link, {})) ASSERT_LT(++opened, 1'000);
  EXPECT_EQ(opened, 32) << "four windows and sixteen, in a power of two";
}

TEST(Window, RequestsWithoutAResponseTakeNumbersAndNoRoom) {
  Window window(4);
  std::uint32_t last = 0;
  for (int n = 0; n < 10'000; ++n) {
    const std::optional<std::uint32_t> number = window.PassNumber({});
    ASSERT_TRUE(number && *number > last);
    last = *number;
  }
  EXPECT_EQ(window.oldest(), nullptr);
  EXPECT_FALSE(window.Close(last)) << "no response is waited for";
  window.OpenMessage(CommandId::submit_sm, 99, {});
  int passed = 0;
  while (window.PassNumber({})) ++passed;
  EXPECT_GT(passed, 0);
  EXPECT_FALSE(window.full()) << "a message that is not answered leaves room for others behind it";
  EXPECT_EQ(window.messages(), 1u);
}

TEST(Window, AgreesWithAMapWhateverTheOrder) {
  Window window(50, 0x7FFFFF00);
  std::map<std::uint32_t, std::uint64_t> model;
  Random random(4711);
  for (std::uint64_t step = 0; step < 200'000; ++step) {
    if (random.Below(2) == 0 && !window.full()) {
      const std::uint32_t number = window.OpenMessage(CommandId::submit_sm, step, {});
      ASSERT_TRUE(model.emplace(number, step).second) << "a number in use was given out again";
    } else if (!model.empty()) {
      auto it = model.lower_bound(static_cast<std::uint32_t>(random.Below(0x80000000)));
      if (it == model.end()) it = model.begin();
      ASSERT_EQ(window.Close(it->first)->token, it->second);
      model.erase(it);
    }
    if (step % 50 == 0) window.Rest();
    ASSERT_EQ(window.messages(), model.size());
  }
}

}  // namespace
}  // namespace hub
