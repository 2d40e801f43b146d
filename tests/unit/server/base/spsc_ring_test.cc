#include "server/base/spsc_ring.h"

#include <gtest/gtest.h>

#include <memory>
#include <thread>

namespace hub {
namespace {

TEST(SpscRing, IsAQueue) {
  SpscRing<int> ring(4);
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(ring.TryPush(int{i}));
  EXPECT_EQ(ring.size(), 3u);
  int value = -1;
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(ring.TryPop(&value));
    EXPECT_EQ(value, i);
  }
  EXPECT_FALSE(ring.TryPop(&value));
}

TEST(SpscRing, RoundsUpAndRefusesWhenFull) {
  SpscRing<std::unique_ptr<int>> ring(3);
  EXPECT_EQ(ring.capacity(), 4u);
  for (int i = 0; i < 4; ++i) EXPECT_TRUE(ring.TryPush(std::make_unique<int>(i)));
  auto fifth = std::make_unique<int>(4);
  EXPECT_FALSE(ring.TryPush(std::move(fifth)));
  ASSERT_NE(fifth, nullptr);  // NOLINT: a refusal leaves the value with its owner
  std::unique_ptr<int> out;
  ASSERT_TRUE(ring.TryPop(&out));
  EXPECT_EQ(*out, 0);
  EXPECT_TRUE(ring.TryPush(std::move(fifth)));
}

TEST(SpscRing, ForgetsWhatWasPopped) {
  SpscRing<std::shared_ptr<int>> ring(2);
  const auto value = std::make_shared<int>(7);
  ring.TryPush(std::shared_ptr<int>(value));
  {
    std::shared_ptr<int> out;
    ASSERT_TRUE(ring.TryPop(&out));
  }
  EXPECT_EQ(value.use_count(), 1);
}

TEST(SpscRing, CarriesEveryValueInOrderBetweenTwoThreads) {
  constexpr int kValues = 300'000;
  SpscRing<std::unique_ptr<int>> ring(128);
  std::thread writer([&] {
    for (int i = 0; i < kValues; ++i) {
      auto value = std::make_unique<int>(i);
      while (!ring.TryPush(std::move(value))) std::this_thread::yield();
    }
  });
  std::unique_ptr<int> value;
  for (int i = 0; i < kValues;) {
    if (!ring.TryPop(&value)) {
      std::this_thread::yield();
      continue;
    }
    ASSERT_EQ(*value, i);
    ++i;
  }
  writer.join();
  EXPECT_EQ(ring.size(), 0u);
}

}  // namespace
}  // namespace hub
