#include "server/base/message_id.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>
#include <vector>

namespace hub {
namespace {

using namespace std::chrono_literals;

constexpr WallTime kNow = std::chrono::sys_days{std::chrono::year{2026} / 11 / 20} + 12h;

TEST(MessageId, TellsItsTime) {
  MessageIdSource source(3, 1, 0);
  const MessageId id = source.Next(kNow + 123'456us);
  EXPECT_EQ(TimeOf(id), kNow + 123ms);
  EXPECT_EQ(DayOf(TimeOf(id)), DayOf(kNow));
}

TEST(MessageId, GrowsWithinAMillisecondAndPastItsCounter) {
  MessageIdSource source(0, 0, 0);
  MessageId last = source.Next(kNow);
  for (int i = 0; i < 5000; ++i) {  // a millisecond has 511
    const MessageId next = source.Next(kNow);
    ASSERT_GT(next, last);
    last = next;
  }
  EXPECT_LE(TimeOf(last), kNow + 10ms);
}

TEST(MessageId, NeverGoesBackWithTheClock) {
  MessageIdSource source(0, 0, 0);
  const MessageId first = source.Next(kNow);
  EXPECT_GT(source.Next(kNow - 24h), first);
}

TEST(MessageId, IsNewAfterARestart) {
  MessageId last = 0;
  {
    MessageIdSource before(5, 2, 0);
    for (int i = 0; i < 3000; ++i) last = before.Next(kNow);
  }
  MessageIdSource after(5, 2, last);
  EXPECT_GT(after.Next(kNow - 1h), last);
}

TEST(MessageId, DiffersOverNodesAndLoops) {
  std::set<MessageId> seen;
  for (unsigned node = 0; node < kNodesMax; ++node) {
    for (unsigned loop = 0; loop < kLoopsMax; loop += 7) {
      MessageIdSource source(node, loop, 0);
      for (int i = 0; i < 5; ++i) EXPECT_TRUE(seen.insert(source.Next(kNow)).second);
    }
  }
}

TEST(MessageId, HasAtMostNineteenDigitsForSixtyYears) {
  MessageIdSource source(63, 63, 0);
  const WallTime late = std::chrono::sys_days{std::chrono::year{2090} / 1 / 1};
  const MessageId id = source.Next(late);
  EXPECT_LE(std::to_string(id).size(), 19u);
  EXPECT_EQ(TimeOf(id), late);
  EXPECT_EQ(id >> 63, 0u);  // fits a bigint
}

// A million ids, one each millisecond of a loop: their low bits are all the same, those of the hash are not.
TEST(MessageId, HashSpreadsOverTheLowBits) {
  constexpr std::size_t kPlaces = 1 << 16;
  std::vector<int> taken(kPlaces);
  MessageIdSource source(3, 5, 0);
  for (std::size_t i = 0; i < kPlaces; ++i)
    ++taken[IdHash()(source.Next(kNow + std::chrono::milliseconds(i))) % kPlaces];
  EXPECT_LT(*std::max_element(taken.begin(), taken.end()), 10);
}

// --- blocks ----------------------------------------------------------------------------------------------------

TEST(MessageId, EachMessageOfABlockTellsTheBlocksId) {
  MessageIdSource source(3, 1, 0);
  for (const std::size_t messages : {1u, 2u, 15u, 16u, 254u, 255u}) {
    const MessageId block = source.NextBlock(kNow, messages);
    EXPECT_EQ(ClientIdOf(block), block);
    EXPECT_GT(BlockOf(block), messages);
    for (std::size_t i = 1; i <= messages; ++i) {
      EXPECT_EQ(ClientIdOf(block + i), block) << i;
      EXPECT_EQ(BlockOf(block + i), 1u) << i;
      EXPECT_EQ(TimeOf(block + i), TimeOf(block));
    }
  }
}

TEST(MessageId, ASingleMessageIsItsOwnName) {
  MessageIdSource source(63, 63, 0);
  for (int i = 0; i < 5000; ++i) {
    const MessageId id = source.Next(kNow);
    ASSERT_EQ(ClientIdOf(id), id);
    ASSERT_EQ(BlockOf(id), 1u);
  }
}

TEST(MessageId, NoIdIsInTwoBlocksOrInABlockAndSingle) {
  MessageIdSource source(3, 1, 0);
  std::set<MessageId> seen;
  for (std::size_t i = 0; i < 3000; ++i) {
    if (i % 3 == 0) {
      ASSERT_TRUE(seen.insert(source.Next(kNow)).second);
      continue;
    }
    const std::size_t messages = i % 3 == 1 ? 1 + i % 15 : 16 + i % 240;
    const MessageId block = source.NextBlock(kNow + std::chrono::milliseconds(i / 10), messages);
    for (std::size_t k = 0; k <= messages; ++k) ASSERT_TRUE(seen.insert(block + k).second);
  }
}

TEST(MessageId, BlocksBeyondAMillisecondsBorrowTheNextAndSayHowFar) {
  MessageIdSource source(0, 0, 0);
  EXPECT_EQ(source.Ahead(kNow), 0ms);
  for (int i = 0; i < 15; ++i) source.NextBlock(kNow, 2);
  EXPECT_EQ(source.Ahead(kNow), 0ms);
  source.NextBlock(kNow, 2);
  EXPECT_EQ(source.Ahead(kNow), 1ms);
  for (int i = 0; i < 10; ++i) source.NextBlock(kNow, 200);
  EXPECT_EQ(source.Ahead(kNow), 10ms);
  EXPECT_EQ(source.Ahead(kNow + 1h), 0ms);
}

TEST(MessageIdDeathTest, RefusesANodeThatDoesNotFit) {
  EXPECT_DEATH(MessageIdSource(64, 0, 0), "check failed: node < kNodesMax");
}

}  // namespace
}  // namespace hub
