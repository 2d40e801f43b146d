#include "server/base/ring.h"

#include <gtest/gtest.h>

#include <memory>

namespace hub {
namespace {

TEST(Ring, IsAQueueHoweverOftenItGoesRound) {
  Ring<int> ring;
  int in = 0, out = 0;
  for (int round = 0; round < 100; ++round) {
    for (int i = 0; i < 5 + round % 7; ++i) ring.push_back(in++);
    for (int i = 0; i < 5 + round % 6 && !ring.empty(); ++i) {
      EXPECT_EQ(ring.front(), out);
      EXPECT_EQ(ring.Pop(), out++);
    }
    EXPECT_EQ(ring.size(), static_cast<std::size_t>(in - out));
  }
  while (!ring.empty()) EXPECT_EQ(ring.Pop(), out++);
  EXPECT_EQ(in, out);
}

TEST(Ring, GrowsInTheMidstOfARound) {
  Ring<int> ring;
  for (int i = 0; i < 8; ++i) ring.push_back(i);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(ring.Pop(), i);
  for (int i = 8; i < 20; ++i) ring.push_back(i);  // the end stands before the front
  for (std::size_t i = 0; i < ring.size(); ++i) EXPECT_EQ(ring[i], static_cast<int>(i) + 3);
  for (int i = 3; i < 20; ++i) EXPECT_EQ(ring.Pop(), i);
}

TEST(Ring, ForgetsWhatWasPopped) {
  Ring<std::shared_ptr<int>> ring;
  const auto value = std::make_shared<int>(7);
  ring.push_back(value);
  EXPECT_EQ(ring.Pop(), value);
  EXPECT_EQ(value.use_count(), 1);
}

TEST(Ring, HasNoMemoryBeforeItsFirstAndBehindItsRest) {
  Ring<int> ring;
  EXPECT_EQ(ring.memory_octets(), 0u);
  ring.push_back(1);
  ring.Rest();  // somebody is in it
  EXPECT_EQ(ring.Pop(), 1);
  EXPECT_NE(ring.memory_octets(), 0u);
  ring.Rest();
  EXPECT_EQ(ring.memory_octets(), 0u);
  ring.push_back(2);
  EXPECT_EQ(ring.Pop(), 2);
}

}  // namespace
}  // namespace hub
