#include "server/relay/client/dedupe.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <thread>
#include <vector>

namespace hub::relay {
namespace {

using namespace std::chrono_literals;
using enum Dedupe::Seen;

constexpr WallTime kNow = FromMicros(1'795'000'000'000'000);
constexpr std::chrono::seconds kWindow = 60s;
constexpr std::int64_t kAcme = 1, kOther = 2;

/// Keys of one shard, whatever n is.
DedupeKey KeyOf(std::uint32_t n) {
  DedupeKey key{};
  smpp::WriteU32(key.data(), n);
  return key;
}

struct DedupeTest : testing::Test {
  Dedupe::Verdict Begin(std::int64_t client, std::uint32_t key, MessageId id, WallTime now = kNow) {
    return dedupe.Begin(client, KeyOf(key), id, now, kWindow);
  }
  void Accept(std::int64_t client, std::uint32_t key, MessageId id, WallTime at = kNow) {
    dedupe.Accept(client, KeyOf(key), id, at);
  }
  /// Whether it is remembered as accepted, without a trace.
  bool Knows(std::int64_t client, std::uint32_t key, WallTime now = kNow) {
    const Dedupe::Verdict verdict = Begin(client, key, 999'999, now);
    if (verdict.seen == kNew) dedupe.Abandon(client, KeyOf(key), 999'999);
    return verdict.seen == kAccepted;
  }

  Dedupe dedupe{4 * Dedupe::kShards};  // four a shard
};

TEST_F(DedupeTest, TheSecondOneGetsTheIdOfTheFirst) {
  const Dedupe::Verdict first = Begin(kAcme, 1, 100);
  EXPECT_EQ(first.seen, kNew);
  EXPECT_EQ(first.message_id, 100u);
  const Dedupe::Verdict too_early = Begin(kAcme, 1, 101);
  EXPECT_EQ(too_early.seen, kInFlight);
  EXPECT_EQ(too_early.message_id, 100u);
  Accept(kAcme, 1, 100, kNow + 1s);
  const Dedupe::Verdict again = Begin(kAcme, 1, 102, kNow + 2s);
  EXPECT_EQ(again.seen, kAccepted);
  EXPECT_EQ(again.message_id, 100u);
  EXPECT_EQ(again.accepted_at, kNow + 1s);
}

TEST_F(DedupeTest, AWindowCountsFromTheAnswerAndEnds) {
  Begin(kAcme, 1, 100);
  Accept(kAcme, 1, 100);
  EXPECT_EQ(Begin(kAcme, 1, 101, kNow + kWindow - 1us).seen, kAccepted);
  EXPECT_EQ(Begin(kAcme, 1, 102, kNow + kWindow).seen, kNew);
  EXPECT_EQ(Begin(kAcme, 1, 103, kNow + kWindow).message_id, 102u);
  EXPECT_EQ(dedupe.counts().entries, 1u);
  EXPECT_EQ(dedupe.counts().forgotten, 0u);
}

TEST_F(DedupeTest, AShorterWindowHoldsAtOnce) {
  Begin(kAcme, 1, 100);
  Accept(kAcme, 1, 100);
  EXPECT_EQ(dedupe.Begin(kAcme, KeyOf(1), 101, kNow + 10s, 10s).seen, kNew);
}

TEST_F(DedupeTest, ARefusedOneIsForgotten) {
  Begin(kAcme, 1, 100);
  dedupe.Abandon(kAcme, KeyOf(1), 100);
  EXPECT_EQ(dedupe.counts().entries, 0u);
  EXPECT_EQ(Begin(kAcme, 1, 101).seen, kNew);
}

TEST_F(DedupeTest, OnlyWhoHasTheKeyAbandonsIt) {
  Begin(kAcme, 1, 100);
  dedupe.Abandon(kAcme, KeyOf(1), 55);
  EXPECT_EQ(Begin(kAcme, 1, 101).seen, kInFlight);
  Accept(kAcme, 1, 100);
  dedupe.Abandon(kAcme, KeyOf(1), 55);
  dedupe.Abandon(kOther, KeyOf(1), 100);
  EXPECT_EQ(Begin(kAcme, 1, 102).seen, kAccepted);
  dedupe.Abandon(kAcme, KeyOf(77), 100);
}

// cancel_sm: its client takes it back. Those before and behind it in time stay in their order.
TEST_F(DedupeTest, WhatWasAcceptedMayBeTakenBack) {
  for (std::uint32_t key = 1; key <= 3; ++key) {
    Begin(kAcme, key, 100 + key);
    Accept(kAcme, key, 100 + key, kNow + std::chrono::seconds(key));
  }
  dedupe.Abandon(kAcme, KeyOf(2), 102);
  EXPECT_EQ(Begin(kAcme, 2, 202).seen, kNew);
  Accept(kAcme, 2, 202, kNow + 10s);
  EXPECT_EQ(dedupe.counts().entries, 3u);
  const WallTime later = kNow + kWindow + 5s;  // the first and the third are over
  EXPECT_FALSE(Knows(kAcme, 1, later));
  EXPECT_FALSE(Knows(kAcme, 3, later));
  EXPECT_TRUE(Knows(kAcme, 2, later));
}

TEST_F(DedupeTest, ClientsHaveNothingToDoWithEachOther) {
  Begin(kAcme, 1, 100);
  EXPECT_EQ(Begin(kOther, 1, 200).seen, kNew);
  Accept(kAcme, 1, 100);
  EXPECT_EQ(Begin(kOther, 1, 201).seen, kInFlight);
  EXPECT_EQ(Begin(kOther, 1, 201).message_id, 200u);
}

TEST_F(DedupeTest, WhenFullTheOldestIsForgottenAndCounted) {
  for (std::uint32_t n = 1; n <= 5; ++n) {
    Begin(kAcme, n, n);
    Accept(kAcme, n, n, kNow + n * 1ms);
  }
  EXPECT_EQ(dedupe.counts().entries, 4u);
  EXPECT_EQ(dedupe.counts().forgotten, 1u);
  EXPECT_TRUE(Knows(kAcme, 2, kNow + 1s));
  EXPECT_EQ(Begin(kAcme, 1, 9, kNow + 1s).seen, kNew);  // and this one drops number 2
  EXPECT_EQ(dedupe.counts().forgotten, 2u);
  EXPECT_EQ(Begin(kAcme, 5, 9, kNow + 1s).seen, kAccepted);
}

TEST_F(DedupeTest, WhatIsOverIsDroppedBeforeAndNotCounted) {
  for (std::uint32_t n = 1; n <= 4; ++n) {
    Begin(kAcme, n, n);
    Accept(kAcme, n, n);
  }
  const WallTime later = kNow + kWindow;
  Begin(kAcme, 5, 5, later);  // needs the room of one
  EXPECT_EQ(dedupe.counts().entries, 4u);
  Accept(kAcme, 5, 5, later);  // two more go
  EXPECT_EQ(dedupe.counts().entries, 2u);
  EXPECT_EQ(dedupe.counts().forgotten, 0u);
}

TEST_F(DedupeTest, AClientWithMuchTrafficCostsItselfOnly) {
  Begin(kOther, 1, 200);
  Accept(kOther, 1, 200, kNow - 10s);  // the oldest of all
  for (std::uint32_t n = 1; n <= 100; ++n) {
    Begin(kAcme, n, n);
    Accept(kAcme, n, n);
  }
  EXPECT_EQ(Begin(kOther, 1, 201).seen, kAccepted);
  EXPECT_EQ(dedupe.counts().entries, 4u);
}

TEST_F(DedupeTest, WhatIsInFlightIsNeverForgotten) {
  for (std::uint32_t n = 1; n <= 4; ++n) Begin(kAcme, n, n);
  EXPECT_EQ(Begin(kAcme, 5, 5).seen, kNew);
  EXPECT_EQ(Begin(kAcme, 5, 6).seen, kNew) << "not remembered: there is no room";
  for (std::uint32_t n = 1; n <= 4; ++n) EXPECT_EQ(Begin(kAcme, n, 9).seen, kInFlight);
  EXPECT_EQ(dedupe.counts().entries, 4u);
  EXPECT_EQ(dedupe.counts().forgotten, 2u);
  Accept(kAcme, 1, 1);
  Accept(kAcme, 5, 5);  // takes the place of number 1
  EXPECT_EQ(Begin(kAcme, 5, 9).message_id, 5u);
  EXPECT_EQ(dedupe.counts().entries, 4u);
}

TEST_F(DedupeTest, TheFirstToBeAcceptedStays) {
  Accept(kAcme, 1, 100);  // its Begin was not remembered
  Accept(kAcme, 1, 101);
  EXPECT_EQ(Begin(kAcme, 1, 9).message_id, 100u);
}

// --- from PostgreSQL -------------------------------------------------------------------------------------------

store::DedupeEntry Row(std::int64_t client, std::uint32_t key, MessageId id, WallTime at) {
  const DedupeKey octets = KeyOf(key);
  return {client, std::string(octets.begin(), octets.end()), id, ToMicros(at)};
}

TEST_F(DedupeTest, KnowsWhatPostgresKnew) {
  const std::vector<store::DedupeEntry> rows{
      Row(kAcme, 1, 100, kNow - 50s), Row(kAcme, 2, 101, kNow - 60s), Row(kOther, 1, 200, kNow)};
  dedupe.Load(rows);
  EXPECT_EQ(Begin(kAcme, 1, 9).message_id, 100u);
  EXPECT_EQ(Begin(kAcme, 2, 9).seen, kNew) << "its window is over";
  EXPECT_EQ(Begin(kOther, 1, 9).message_id, 200u);
}

TEST_F(DedupeTest, LoadKeepsTheNewestInAnyOrder) {
  std::vector<store::DedupeEntry> rows;
  for (const std::uint32_t n : {3, 1, 6, 2, 5, 4}) rows.push_back(Row(kAcme, n, n, kNow + n * 1ms));
  dedupe.Load(rows);
  EXPECT_EQ(dedupe.counts().entries, 4u);
  EXPECT_EQ(dedupe.counts().forgotten, 2u);
  for (const std::uint32_t n : {3, 4, 5, 6}) EXPECT_EQ(Begin(kAcme, n, 9).message_id, n);
  Begin(kAcme, 7, 7);  // the oldest goes first, as if they had come in order
  EXPECT_EQ(Begin(kAcme, 4, 9).message_id, 4u);
  EXPECT_EQ(Begin(kAcme, 3, 9).seen, kNew);
}

TEST_F(DedupeTest, LoadSkipsWhatIsNoKeyAndWhatIsKnown) {
  Begin(kAcme, 1, 100);
  std::vector<store::DedupeEntry> rows{Row(kAcme, 1, 55, kNow), Row(kAcme, 2, 56, kNow)};
  rows[1].key.pop_back();
  dedupe.Load(rows);
  EXPECT_EQ(dedupe.counts().entries, 1u);
  EXPECT_EQ(Begin(kAcme, 1, 9).seen, kInFlight);
}

// --- against a naive one, and between threads -----------------------------------------------------------------

TEST(Dedupe, BehavesAsANaiveOneWhileThereIsRoom) {
  struct Entry {
    MessageId id;
    std::optional<WallTime> accepted_at;
  };
  std::mt19937_64 random(7);
  Dedupe dedupe(100'000);
  std::map<std::pair<std::int64_t, std::uint32_t>, Entry> naive;
  WallTime now = kNow;
  for (MessageId id = 1; id <= 100'000; ++id) {
    now += std::chrono::milliseconds(random() % 50);
    const auto client = static_cast<std::int64_t>(random() % 3);
    const auto n = static_cast<std::uint32_t>(random() % 200);
    DedupeKey key = KeyOf(n);
    key.back() = static_cast<std::uint8_t>(n);
    auto known = naive.find({client, n});
    if (known != naive.end() && known->second.accepted_at &&
        now - *known->second.accepted_at >= kWindow) {
      naive.erase(known);
      known = naive.end();
    }
    const Dedupe::Verdict verdict = dedupe.Begin(client, key, id, now, kWindow);
    if (known == naive.end()) {
      ASSERT_EQ(verdict.seen, kNew) << id;
      naive[{client, n}] = {id, std::nullopt};
    } else {
      ASSERT_EQ(verdict.seen, known->second.accepted_at ? kAccepted : kInFlight) << id;
      ASSERT_EQ(verdict.message_id, known->second.id);
    }
    // Something in flight comes to its end.
    const auto ends = std::find_if(naive.begin(), naive.end(), [&](const auto& e) {
      return !e.second.accepted_at && random() % 3 == 0;
    });
    if (ends == naive.end()) continue;
    DedupeKey its_key = KeyOf(ends->first.second);
    its_key.back() = static_cast<std::uint8_t>(ends->first.second);
    if (random() % 4 == 0) {
      dedupe.Abandon(ends->first.first, its_key, ends->second.id);
      naive.erase(ends);
    } else {
      dedupe.Accept(ends->first.first, its_key, ends->second.id, now);
      ends->second.accepted_at = now;
    }
  }
  EXPECT_EQ(dedupe.counts().forgotten, 0u);
}

TEST(Dedupe, OfAllThreadsOneIsFirst) {
  constexpr std::uint32_t kKeys = 5'000;
  constexpr unsigned kThreads = 4;
  Dedupe dedupe(4 * kKeys);
  std::vector<std::atomic<MessageId>> winner(kKeys);
  std::atomic<int> wrong{0}, firsts{0};
  const auto run = [&](unsigned thread) {
    for (std::uint32_t n = 0; n < kKeys; ++n) {
      DedupeKey key = KeyOf(n);
      key.back() = static_cast<std::uint8_t>(n);
      const MessageId id = n * kThreads + thread + 1;
      const Dedupe::Verdict verdict = dedupe.Begin(kAcme, key, id, kNow, kWindow);
      if (verdict.seen == kNew) {
        ++firsts;
        if (winner[n].exchange(id) != 0) ++wrong;
        dedupe.Accept(kAcme, key, id, kNow);
      } else if (verdict.message_id % kThreads == (thread + 1) % kThreads) {
        ++wrong;  // its own id, though it is another's
      }
    }
  };
  std::vector<std::thread> threads;
  for (unsigned i = 0; i < kThreads; ++i) threads.emplace_back(run, i);
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(wrong, 0);
  EXPECT_EQ(firsts, static_cast<int>(kKeys));
  for (std::uint32_t n = 0; n < kKeys; ++n) {
    DedupeKey key = KeyOf(n);
    key.back() = static_cast<std::uint8_t>(n);
    ASSERT_EQ(dedupe.Begin(kAcme, key, 1, kNow, kWindow).message_id, winner[n].load());
  }
}

TEST(Dedupe, ThreadsThatCrowdAFullTableKeepItsLimit) {
  Dedupe dedupe(64);
  std::vector<std::thread> threads;
  for (unsigned t = 0; t < 4; ++t) {
    threads.emplace_back([&dedupe, t] {
      std::mt19937_64 random(t);
      for (MessageId id = 1; id <= 20'000; ++id) {
        DedupeKey key = KeyOf(static_cast<std::uint32_t>(random() % 500));
        key.back() = key[3];
        const auto client = static_cast<std::int64_t>(random() % 3);
        if (dedupe.Begin(client, key, id * 4 + t, kNow, kWindow).seen != kNew) continue;
        if (random() % 4 == 0) {
          dedupe.Abandon(client, key, id * 4 + t);
        } else {
          dedupe.Accept(client, key, id * 4 + t, kNow);
        }
        if (id % 64 == 0) {
          EXPECT_LE(dedupe.counts().entries, 64u);
        }
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_LE(dedupe.counts().entries, 64u);
  EXPECT_GT(dedupe.counts().forgotten, 0u);
}

}  // namespace
}  // namespace hub::relay
