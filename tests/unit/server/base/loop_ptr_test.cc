#include "server/base/loop_ptr.h"

#include <gtest/gtest.h>

#include <vector>

namespace hub {
namespace {

TEST(LoopPtr, CopiesCountOnceForAll) {
  const auto shared = std::make_shared<int>(7);
  {
    LoopPtr<int> first(shared);
    EXPECT_EQ(shared.use_count(), 2);
    std::vector<LoopPtr<int>> copies(100, first);
    EXPECT_EQ(shared.use_count(), 2);
    EXPECT_EQ(*copies.back(), 7);
    first = nullptr;
    EXPECT_EQ(shared.use_count(), 2);
    copies.resize(1);
    const LoopPtr<int> last = std::move(copies.front());
    EXPECT_TRUE(copies.front() == nullptr);  // NOLINT: moved from
    EXPECT_EQ(shared.use_count(), 2);
    EXPECT_TRUE(last == shared);
  }
  EXPECT_EQ(shared.use_count(), 1);
}

TEST(LoopPtr, GoesToAnotherLoopAsASharedPtr) {
  auto shared = std::make_shared<int>(7);
  std::shared_ptr<int> elsewhere;
  {
    const LoopPtr<int> here(std::move(shared));
    elsewhere = here;
    EXPECT_EQ(elsewhere.use_count(), 2);
  }
  EXPECT_EQ(elsewhere.use_count(), 1);
  EXPECT_EQ(*elsewhere, 7);
}

TEST(LoopPtr, OfNothingIsNothing) {
  const LoopPtr<int> none(std::shared_ptr<int>{}), other;
  EXPECT_TRUE(none == nullptr);
  EXPECT_TRUE(none == other);
  EXPECT_FALSE(none);
  const std::shared_ptr<int>& shared = none;
  EXPECT_EQ(shared, nullptr);
}

}  // namespace
}  // namespace hub
