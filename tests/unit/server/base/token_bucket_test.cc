#include "server/base/token_bucket.h"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

namespace hub {
namespace {

using namespace std::chrono_literals;

constexpr TimePoint kStart{1h};

int TakeAll(TokenBucket& bucket, TimePoint now) {
  int taken = 0;
  while (taken < 1'000'000 && bucket.TryTake(now)) ++taken;
  return taken;
}

TEST(TokenBucket, WithoutARateNothingIsRefused) {
  TokenBucket never_set;
  EXPECT_EQ(TakeAll(never_set, kStart), 1'000'000);
  TokenBucket unlimited;
  unlimited.Set(0, 1);
  EXPECT_EQ(TakeAll(unlimited, kStart), 1'000'000);
}

TEST(TokenBucket, GivesABurstThenTheRate) {
  TokenBucket bucket;
  bucket.Set(100, 20);
  EXPECT_EQ(TakeAll(bucket, kStart), 20);
  EXPECT_FALSE(bucket.TryTake(kStart + 9ms));
  EXPECT_TRUE(bucket.TryTake(kStart + 10ms));
  EXPECT_FALSE(bucket.TryTake(kStart + 10ms));
  EXPECT_EQ(TakeAll(bucket, kStart + 110ms), 10);
}

TEST(TokenBucket, DoesNotSaveMoreThanABurst) {
  TokenBucket bucket;
  bucket.Set(100, 20);
  TakeAll(bucket, kStart);
  EXPECT_EQ(TakeAll(bucket, kStart + 1h), 20);
}

TEST(TokenBucket, ABurstOfLessThanOneIsOne) {
  TokenBucket bucket;
  bucket.Set(10, 0);
  EXPECT_EQ(TakeAll(bucket, kStart), 1);
}

TEST(TokenBucket, ANewRateActsAtOnce) {
  TokenBucket bucket;
  bucket.Set(1, 1);
  EXPECT_EQ(TakeAll(bucket, kStart), 1);
  bucket.Set(1000, 5);
  EXPECT_EQ(TakeAll(bucket, kStart + 10s), 5);
}

// A hundred seconds' worth was taken under the old terms: it is not owed under the new ones.
TEST(TokenBucket, ARaisedRateOwesNothingOfTheOldOne) {
  TokenBucket bucket;
  bucket.Set(1, 100);
  EXPECT_EQ(TakeAll(bucket, kStart), 100);
  bucket.Set(1000, 5);
  EXPECT_FALSE(bucket.TryTake(kStart)) << "a burst of the new ones is";
  EXPECT_TRUE(bucket.TryTake(kStart + 1ms));
  EXPECT_EQ(TakeAll(bucket, kStart + 1s), 5);
  TokenBucket turns;
  turns.Set(1, 1);
  for (int i = 0; i < 61; ++i) turns.Reserve(kStart);
  turns.Set(1000, 1);
  EXPECT_EQ(turns.Reserve(kStart).wait, 1ms);
}

TEST(TokenBucket, TheSameTermsAgainChangeNothing) {
  TokenBucket bucket;
  bucket.Set(1, 1);
  for (int i = 0; i < 61; ++i) bucket.Reserve(kStart);
  bucket.Set(1, 1);  // as every reload does
  EXPECT_EQ(bucket.Reserve(kStart).wait, 61s);
  EXPECT_FALSE(bucket.TryTake(kStart + 60s));
}

TEST(TokenBucket, GivesNoTokenTwiceToManyThreads) {
  TokenBucket bucket;
  bucket.Set(1, 10'000);
  std::atomic<int> taken{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] { taken += TakeAll(bucket, kStart); });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(taken.load(), 10'000);
}

TEST(TokenBucket, GivesTurnsInTheOrderOfAsking) {
  TokenBucket bucket;
  bucket.Set(10, 2);
  const TimePoint start{std::chrono::hours(1)};
  for (const int wait_ms : {0, 0, 100, 200, 300})
    EXPECT_EQ(bucket.Reserve(start).wait, std::chrono::milliseconds(wait_ms));
  EXPECT_FALSE(bucket.TryTake(start + std::chrono::milliseconds(399)));
  EXPECT_TRUE(bucket.TryTake(start + std::chrono::milliseconds(400)));
  TokenBucket unlimited;
  for (int i = 0; i < 100; ++i) EXPECT_EQ(unlimited.Reserve(start).wait, Duration{0});
}

TEST(TokenBucket, WhatIsGivenBackBringsThoseBehindForward) {
  TokenBucket bucket;
  bucket.Set(10, 1);
  bucket.Reserve(kStart);
  const TokenBucket::Turns three = bucket.Reserve(kStart, 3);
  EXPECT_EQ(three.wait, 300ms);
  bucket.GiveBack(three);
  EXPECT_EQ(bucket.Reserve(kStart).wait, 100ms);
}

// Each was a millisecond of the old terms, and is none of a second of the new ones.
TEST(TokenBucket, ALoweredRateGivesBackNoMoreThanWasTaken) {
  TokenBucket bucket;
  bucket.Set(1000, 1);
  bucket.Reserve(kStart);
  const TokenBucket::Turns one = bucket.Reserve(kStart), other = bucket.Reserve(kStart);
  bucket.Set(1, 1);
  EXPECT_EQ(bucket.Reserve(kStart).wait, 3ms);
  bucket.GiveBack(one);
  bucket.GiveBack(other);
  EXPECT_EQ(bucket.Reserve(kStart).wait, 1001ms);
}

// They were seconds each, and were taken back from all when the terms changed: nobody's turn under the new ones comes of them.
TEST(TokenBucket, ARaisedRateHasNothingToGiveBackOfTheOldOne) {
  TokenBucket bucket;
  bucket.Set(1, 1);
  bucket.Reserve(kStart);
  const TokenBucket::Turns one = bucket.Reserve(kStart), other = bucket.Reserve(kStart);
  bucket.Set(1000, 1);
  EXPECT_EQ(bucket.Reserve(kStart).wait, 1ms);
  bucket.GiveBack(one);
  bucket.GiveBack(other);
  EXPECT_EQ(bucket.Reserve(kStart).wait, 2ms);
}

TEST(TokenBucket, WhoNeededNoTurnGivesNoneBack) {
  TokenBucket bucket;
  const TokenBucket::Turns free = bucket.Reserve(kStart, 5);
  bucket.Set(1, 1);
  bucket.Reserve(kStart);
  bucket.GiveBack(free);
  EXPECT_EQ(bucket.Reserve(kStart).wait, 1s);
}

}  // namespace
}  // namespace hub
