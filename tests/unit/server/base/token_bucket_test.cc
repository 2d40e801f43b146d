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
  EXPECT_EQ(turns.Reserve(kStart), 1ms);
}

TEST(TokenBucket, TheSameTermsAgainChangeNothing) {
  TokenBucket bucket;
  bucket.Set(1, 1);
  for (int i = 0; i < 61; ++i) bucket.Reserve(kStart);
  bucket.Set(1, 1);  // as every reload does
  EXPECT_EQ(bucket.Reserve(kStart), 61s);
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
    EXPECT_EQ(bucket.Reserve(start), std::chrono::milliseconds(wait_ms));
  EXPECT_FALSE(bucket.TryTake(start + std::chrono::milliseconds(399)));
  EXPECT_TRUE(bucket.TryTake(start + std::chrono::milliseconds(400)));
  TokenBucket unlimited;
  for (int i = 0; i < 100; ++i) EXPECT_EQ(unlimited.Reserve(start), Duration{0});
}

}  // namespace
}  // namespace hub
