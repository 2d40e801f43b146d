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

TEST(TokenBucket, WithoutItsBurstGivesTheRateAlone) {
  constexpr auto kNone = TokenBucket::Burst::kNone;
  TokenBucket bucket;
  bucket.Set(10, 20);
  EXPECT_TRUE(bucket.TryTake(kStart, kNone));
  EXPECT_FALSE(bucket.TryTake(kStart + 99ms, kNone));
  EXPECT_TRUE(bucket.TryTake(kStart + 100ms, kNone));
  EXPECT_EQ(bucket.Reserve(kStart + 100ms, 3, kNone).wait, 300ms);
  EXPECT_EQ(TakeAll(bucket, kStart + 400ms), 19) << "what it had not taken is there behind it";
  EXPECT_FALSE(bucket.TryTake(kStart + 2'399ms, kNone)) << "a burst is paid for first";
  EXPECT_TRUE(bucket.TryTake(kStart + 2'400ms, kNone));
}

TEST(TokenBucket, WithoutItsBurstGivesWhatATurnMayBring) {
  TokenBucket bucket;
  bucket.Set(1'000, 5'000);
  int taken = 0;
  while (taken < 1'000'000 && bucket.TryTake(kStart, TokenBucket::Burst::kNone)) ++taken;
  EXPECT_EQ(taken, 100);
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

// Their number in the word has few bits: it comes again.
TEST(TokenBucket, HoweverManyTermsCameTheDebtOfOldOnesIsNotThatOfTheLast) {
  for (int reloads = 1; reloads <= 64; ++reloads) {
    TokenBucket bucket;
    bucket.Set(1, 1);
    for (int i = 0; i < 3600; ++i) bucket.Reserve(kStart);
    for (int i = 1; i <= reloads; ++i) bucket.Set(i == reloads ? 1000 : 1 + i % 2, 1 + i % 3);
    EXPECT_LE(bucket.Reserve(kStart).wait, 3ms) << reloads;
  }
}

TEST(TokenBucket, HoweverManyTermsCameTurnsOfOldOnesAreNotGivenBack) {
  for (int reloads = 1; reloads <= 64; ++reloads) {
    TokenBucket bucket;
    bucket.Set(1, 1);
    bucket.Reserve(kStart);
    const TokenBucket::Turns old = bucket.Reserve(kStart);
    for (int i = 1; i <= reloads; ++i) bucket.Set(i == reloads ? 1000 : 1 + i % 2, 1 + i % 3);
    const Duration wait = bucket.Reserve(kStart).wait;
    bucket.GiveBack(old);
    EXPECT_EQ(bucket.Reserve(kStart).wait, wait + 1ms) << reloads;
  }
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

// They count as part of a burst of the new terms, and are no turns of theirs, whatever they were under the old ones.
TEST(TokenBucket, TurnsOfOtherTermsAreNotGivenBack) {
  struct {
    std::int64_t before, behind;
    Duration next, next_but_one;
  } const cases[] = {{1000, 1, 3ms, 1003ms}, {1, 1000, 1ms, 2ms}};
  for (const auto& c : cases) {
    TokenBucket bucket;
    bucket.Set(c.before, 1);
    bucket.Reserve(kStart);
    const TokenBucket::Turns one = bucket.Reserve(kStart), other = bucket.Reserve(kStart);
    bucket.Set(c.behind, 1);
    EXPECT_EQ(bucket.Reserve(kStart).wait, c.next) << c.behind;
    bucket.GiveBack(one);
    bucket.GiveBack(other);
    EXPECT_EQ(bucket.Reserve(kStart).wait, c.next_but_one) << c.behind;
  }
}

TEST(TokenBucket, WhoNeededNoTurnGivesNoneBack) {
  TokenBucket bucket;
  const TokenBucket::Turns free = bucket.Reserve(kStart, 5);
  bucket.Set(1, 1);
  bucket.Reserve(kStart);
  bucket.GiveBack(free);
  EXPECT_EQ(bucket.Reserve(kStart).wait, 1s);
}

// --- a reload between a look and its take ------------------------------------------------------------------------

// One thread's look and its take, for a test that does what others do between the two.
struct Steps : TokenBucket {
  using TokenBucket::Look;
  using TokenBucket::LookAt;
  using TokenBucket::Take;
  bool Finish(Look* look) { return Take(look, look->terms.gap); }
};

// A minute of the old terms is promised when a thread has looked at it.
struct Reloaded : Steps {
  Reloaded() {
    Set(1, 1);
    for (int i = 0; i < 61; ++i) Reserve(kStart);
    late = LookAt(kStart);
    Set(1000, 1);
  }
  Look late;
};

TEST(TokenBucket, WhoLookedBeforeAReloadTakesUnderTheNewTermsWhenAnotherDid) {
  Reloaded bucket;
  EXPECT_EQ(bucket.Reserve(kStart).wait, 1ms);
  EXPECT_FALSE(bucket.Finish(&bucket.late));
  EXPECT_TRUE(bucket.Finish(&bucket.late)) << "now it has looked again";
  EXPECT_EQ(bucket.Reserve(kStart).wait, 3ms);
}

TEST(TokenBucket, WhoTookBeforeTheFirstUnderTheNewTermsTookBeforeThem) {
  Reloaded bucket;
  bucket.Set(1, 1);
  bucket.late = bucket.LookAt(kStart);
  bucket.Set(1000, 1);
  EXPECT_TRUE(bucket.Finish(&bucket.late)) << "nobody took since, and the word was of old terms";
  EXPECT_EQ(bucket.Reserve(kStart).wait, 1ms) << "its second is forgiven like the others";
  EXPECT_EQ(bucket.Reserve(kStart).wait, 2ms);
}

TEST(TokenBucket, WhoIsRefusedFirstForgivesForAll) {
  Reloaded bucket;
  EXPECT_FALSE(bucket.TryTake(kStart));
  EXPECT_FALSE(bucket.Finish(&bucket.late));
  EXPECT_TRUE(bucket.TryTake(kStart + 1ms));
  EXPECT_FALSE(bucket.TryTake(kStart + 1ms));
}

TEST(TokenBucket, TheFirstUnderNewTermsCountsWhatALateOneTookMeanwhile) {
  Steps bucket;
  bucket.Set(1, 1);
  Steps::Look late = bucket.LookAt(kStart);
  bucket.Set(2, 1);
  Steps::Look first = bucket.LookAt(kStart);
  EXPECT_TRUE(bucket.Finish(&late));
  EXPECT_FALSE(bucket.Finish(&first)) << "both, and it is one a moment";
  EXPECT_FALSE(bucket.TryTake(kStart));
  EXPECT_TRUE(bucket.TryTake(kStart + 500ms));
}

// Two loops take up a reload in the same moment: neither waits for a promise of the old terms.
TEST(TokenBucket, TwoThatAskAtOnceBehindAReloadGetTheFirstTwoTurns) {
  for (int round = 0; round < 300; ++round) {
    Reloaded bucket;
    std::atomic<int> here{0};
    Duration waits[2];
    const auto ask = [&](int who) {
      for (++here; here < 2;) {
      }
      waits[who] = bucket.Reserve(kStart).wait;
    };
    std::thread other([&] { ask(1); });
    ask(0);
    other.join();
    EXPECT_EQ(std::min(waits[0], waits[1]), 1ms);
    EXPECT_EQ(std::max(waits[0], waits[1]), 2ms);
  }
}

// Whatever they had looked at when the terms changed, no second of the old ones is left behind.
TEST(TokenBucket, AReloadUnderTrafficLeavesNoDebtBeyondItsOwnTurns) {
  constexpr int kEach = 200;
  for (int round = 0; round < 100; ++round) {
    TokenBucket bucket;
    bucket.Set(1, 1);
    std::atomic<int> taken{0};
    const auto take = [&] {
      for (int i = 0; i < kEach; ++i, ++taken)
        bucket.GiveBack(bucket.Reserve(kStart)), bucket.Reserve(kStart);
    };
    std::thread one(take), other(take);
    while (taken < kEach / 2) {
    }
    bucket.Set(1000, 1);
    one.join();
    other.join();
    EXPECT_LE(bucket.Reserve(kStart).wait, (2 * kEach + 2) * 1ms);
  }
}

}  // namespace
}  // namespace hub
