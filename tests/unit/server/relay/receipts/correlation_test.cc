#include "server/relay/receipts/correlation.h"

#include <gtest/gtest.h>

#include <list>
#include <map>
#include <random>
#include <unordered_map>
#include <utility>

namespace hub::relay {
namespace {

UpstreamId Key(std::string_view id, std::int64_t supplier = 7) {
  return {supplier, std::string(id)};
}

Awaited Of(MessageId id) {
  Awaited awaited;
  awaited.message_id = id;
  return awaited;
}

// The message that has this id; 0: none.
MessageId Who(Correlation& correlation, std::string_view id, std::int64_t supplier = 7) {
  const Correlation::Slot found = correlation.Find(Key(id, supplier));
  return found == Correlation::kNone ? 0 : correlation[found].message_id;
}

void Close(Correlation& correlation, std::string_view id, MessageId message_id,
           journal::Position position) {
  correlation.Close(Correlation::HashOf(7, id), message_id, position);
}

TEST(CorrelationTest, AnIdOfAnotherSupplierIsAnotherMessage) {
  Correlation correlation(10);
  correlation.Put(Key("1", 7), Of(100));
  correlation.Put(Key("1", 8), Of(200));
  EXPECT_EQ(Who(correlation, "1", 7), 100u);
  EXPECT_EQ(Who(correlation, "1", 8), 200u);
  EXPECT_EQ(Who(correlation, "2"), 0u);
}

TEST(CorrelationTest, AskingForMemoryBeforeALookChangesNothing) {
  Correlation correlation(10);
  correlation.PrefetchEntry(Correlation::HashOf(7, "1"));  // of nothing at all
  correlation.PrefetchIndex(Correlation::HashOf(7, "1"));
  correlation.Put(Key("1"), Of(100));
  for (const char* id : {"1", "2"}) {
    correlation.PrefetchIndex(Correlation::HashOf(7, id));
    correlation.PrefetchEntry(Correlation::HashOf(7, id));
  }
  EXPECT_EQ(Who(correlation, "1"), 100u);
  EXPECT_EQ(Who(correlation, "2"), 0u);
}

TEST(CorrelationTest, TheNewestMessageHasAnIdThatIsUsedAgain) {
  Correlation correlation(10);
  correlation.Put(Key("1"), Of(100));
  EXPECT_EQ(correlation.Put(Key("1"), Of(200)), 0u);
  EXPECT_EQ(Who(correlation, "1"), 200u);
  EXPECT_EQ(correlation.size(), 1u);
}

TEST(CorrelationTest, TheOldestIsForgottenAtTheLimitAndCounted) {
  Correlation correlation(3);
  for (const char* id : {"1", "2", "3"}) EXPECT_EQ(correlation.Put(Key(id), Of(*id - '0')), 0u);
  EXPECT_EQ(correlation.Put(Key("4"), Of(4)), 1u);
  EXPECT_EQ(correlation.size(), 3u);
  EXPECT_EQ(Who(correlation, "1"), 0u);
  for (const char* id : {"2", "3", "4"}) EXPECT_NE(Who(correlation, id), 0u) << id;
}

TEST(CorrelationTest, AnIdThatIsUsedAgainStandsWhereTheNewMessageCame) {
  Correlation correlation(2);
  correlation.Put(Key("1"), Of(100));
  correlation.Put(Key("2"), Of(200));
  correlation.Put(Key("1"), Of(300));
  EXPECT_EQ(correlation.Put(Key("3"), Of(400)), 1u);
  EXPECT_EQ(Who(correlation, "2"), 0u) << "now the oldest";
  EXPECT_EQ(Who(correlation, "1"), 300u);
}

TEST(CorrelationTest, AnIdThatIsUsedOverAndOverCostsNobodyItsPlace) {
  Correlation correlation(4);
  correlation.Put(Key("old"), Of(1));
  std::size_t forgotten = 0;
  for (MessageId id = 2; id < 100; ++id) forgotten += correlation.Put(Key("again"), Of(id));
  EXPECT_EQ(Who(correlation, "again"), 99u);
  EXPECT_EQ(Who(correlation, "old"), 1u);
  EXPECT_EQ(forgotten, 0u);
  EXPECT_EQ(correlation.size(), 2u);
}

TEST(CorrelationTest, WhatIsClosedStaysUntilItIsSettled) {
  Correlation correlation(10);
  correlation.Put(Key("1"), Of(100));
  correlation.Put(Key("2"), Of(200));
  Close(correlation, "1", 100, 500);
  EXPECT_EQ(Who(correlation, "1"), 100u) << "a second receipt is known as one";
  correlation.DropSettled(499);
  EXPECT_EQ(Who(correlation, "1"), 100u);
  correlation.DropSettled(500);
  EXPECT_EQ(Who(correlation, "1"), 0u);
  EXPECT_EQ(Who(correlation, "2"), 200u) << "it still waits";
}

TEST(CorrelationTest, ClosingOneDropsNoNewerMessageWithItsId) {
  Correlation correlation(10);
  correlation.Put(Key("1"), Of(100));
  Close(correlation, "1", 100, 500);
  correlation.Put(Key("1"), Of(200));
  correlation.DropSettled(500);
  EXPECT_EQ(Who(correlation, "1"), 200u);
}

// Two ids of one hash.
std::pair<std::string, std::string> Twins() {
  std::unordered_map<std::uint32_t, std::string> by_hash;
  for (int i = 0;; ++i) {
    const std::string id = std::to_string(i);
    const auto [twin, is_new] = by_hash.emplace(Correlation::HashOf(7, id), id);
    if (!is_new) return {twin->second, id};
  }
}

TEST(CorrelationTest, ClosingOneSparesTheOtherOfItsHash) {
  const auto [first, second] = Twins();
  for (const bool first_is_closed : {true, false}) {
    Correlation correlation(10);
    correlation.Put(Key(first), Of(100));
    correlation.Put(Key(second), Of(200));
    Close(correlation, first_is_closed ? first : second, first_is_closed ? 100 : 200, 500);
    correlation.DropSettled(500);
    EXPECT_EQ(Who(correlation, first), first_is_closed ? 0u : 100u);
    EXPECT_EQ(Who(correlation, second), first_is_closed ? 200u : 0u);
  }
}

TEST(CorrelationTest, ClosingWhatWasForgottenIsNothing) {
  const auto [first, second] = Twins();
  Correlation correlation(1);
  correlation.Put(Key(first), Of(100));
  EXPECT_EQ(correlation.Put(Key(second), Of(200)), 1u);
  Close(correlation, first, 100, 500);
  correlation.DropSettled(500);
  EXPECT_EQ(Who(correlation, second), 200u);
}

// PostgreSQL knew it before its response was handled here.
TEST(CorrelationTest, AnOutcomeThatIsKnownStaysKnownForItsMessageAlone) {
  Correlation correlation(10);
  const auto knows = [&] { return correlation[correlation.Find(Key("1"))].outcome_known; };
  correlation.Put(Key("1"), Of(100));
  correlation[correlation.Find(Key("1"))].outcome_known = true;
  correlation.Put(Key("1"), Of(100));
  EXPECT_TRUE(knows());
  correlation.Put(Key("1"), Of(200));
  EXPECT_FALSE(knows());
}

TEST(CorrelationTest, WhilePostgreSqlIsAwayTheClosedOnesAreBoundedToo) {
  Correlation correlation(2);
  correlation.Put(Key("first"), Of(1));
  Close(correlation, "first", 1, 100);
  for (MessageId id = 2; id <= 3; ++id) {
    correlation.Put(Key("again"), Of(id));
    Close(correlation, "again", id, id * 100);
  }
  EXPECT_EQ(Who(correlation, "first"), 0u) << "left to PostgreSQL before it was settled";
  EXPECT_EQ(Who(correlation, "again"), 3u);
}

TEST(CorrelationTest, WhatIsGoneIsNotForgottenOnceMore) {
  Correlation correlation(2);
  std::size_t forgotten = 0;
  for (MessageId id = 1; id <= 1'000; ++id) {
    const std::string text = std::to_string(id);
    forgotten += correlation.Put(Key(text), Of(id));
    Close(correlation, text, id, id);
    correlation.DropSettled(id);
  }
  EXPECT_EQ(forgotten, 0u);
  EXPECT_EQ(correlation.size(), 0u);
}

// As many as PostgreSQL falls behind by; one in a hundred still waits for its receipt.
class CorrelationBehindABacklog : public testing::Test {
 protected:
  static constexpr MessageId kMany = 100'000;
  static constexpr MessageId kWaits = 100;

  CorrelationBehindABacklog() {
    for (MessageId id = 1; id <= kMany; ++id) {
      correlation_.Put(Key(std::to_string(id)), Of(id));
      if (id % kWaits != 0) Close(correlation_, std::to_string(id), id, id);
    }
  }

  Correlation correlation_{kMany};
};

TEST_F(CorrelationBehindABacklog, GivesItsMemoryBack) {
  const std::size_t most = correlation_.memory_octets();
  EXPECT_EQ(correlation_.places(), kMany);
  for (int turn = 0; turn < 10; ++turn) correlation_.DropSettled(kMany);
  EXPECT_EQ(correlation_.size(), kMany / kWaits);
  EXPECT_EQ(correlation_.places(), kMany / kWaits);
  EXPECT_LT(correlation_.memory_octets(), most / 50);
}

// A turn that frees all of it stands still for as long as that takes.
TEST_F(CorrelationBehindABacklog, GivesItBackBitByBit) {
  std::size_t before = correlation_.memory_octets();
  correlation_.DropSettled(kMany);
  for (int turn = 0; turn < 3; ++turn) {
    EXPECT_GT(correlation_.memory_octets(), before / 2) << turn;
    before = correlation_.memory_octets();
    correlation_.DropSettled(kMany);
    EXPECT_LT(correlation_.memory_octets(), before) << turn;
  }
}

TEST_F(CorrelationBehindABacklog, FindsWhatStillWaitsAndNothingElse) {
  correlation_.DropSettled(kMany);
  for (MessageId id = 1; id <= kMany; ++id)
    ASSERT_EQ(Who(correlation_, std::to_string(id)), id % kWaits == 0 ? id : 0) << id;
}

TEST_F(CorrelationBehindABacklog, ForgetsTheOldestFirstAsBefore) {
  constexpr std::size_t kForgotten = 10;
  correlation_.DropSettled(kMany);
  std::size_t forgotten = 0;
  for (MessageId id = kMany + 1; forgotten < kForgotten; ++id)
    forgotten += correlation_.Put(Key(std::to_string(id)), Of(id));
  EXPECT_EQ(correlation_.size(), kMany);
  for (MessageId n = 1; n <= 2 * kForgotten; ++n)
    EXPECT_EQ(Who(correlation_, std::to_string(n * kWaits)), n <= kForgotten ? 0 : n * kWaits);
}

TEST_F(CorrelationBehindABacklog, DropsWhatWasClosedBeforeAndIsSettledAfter) {
  constexpr MessageId kSettled = kMany - 1'000;
  correlation_.DropSettled(kSettled);
  ASSERT_LT(correlation_.places(), kMany);
  for (MessageId id = kSettled + 1; id <= kMany; ++id)
    ASSERT_EQ(Who(correlation_, std::to_string(id)), id) << "closed, not settled";
  correlation_.DropSettled(kMany);
  for (MessageId id = kSettled + 1; id <= kMany; ++id)
    ASSERT_EQ(Who(correlation_, std::to_string(id)), id % kWaits == 0 ? id : 0) << id;
}

TEST_F(CorrelationBehindABacklog, ClosesWhatMoved) {
  const std::string waits = std::to_string(kWaits);
  correlation_.DropSettled(kMany);
  ASSERT_LT(correlation_.places(), kMany);
  const std::uint32_t hash = correlation_.HashAt(correlation_.Find(Key(waits)));
  EXPECT_EQ(hash, Correlation::HashOf(7, waits));
  correlation_.Close(hash, kWaits, kMany + 1);
  correlation_.DropSettled(kMany + 1);
  EXPECT_EQ(Who(correlation_, waits), 0u);
  EXPECT_EQ(correlation_.size(), kMany / kWaits - 1);
}

// Closed twice, it was gone with the first.
TEST_F(CorrelationBehindABacklog, WhatWasClosedAndIsGoneTakesNobodyWithIt) {
  for (MessageId id = 1; id <= 10; ++id) Close(correlation_, std::to_string(id), id, kMany + 1);
  correlation_.Put(Key("5"), Of(kMany + 5));
  correlation_.DropSettled(kMany);
  ASSERT_LT(correlation_.places(), kMany);
  correlation_.DropSettled(kMany + 1);
  EXPECT_EQ(correlation_.size(), kMany / kWaits + 1);
  EXPECT_EQ(Who(correlation_, std::to_string(kWaits)), kWaits);
  EXPECT_EQ(Who(correlation_, "5"), kMany + 5);
}

// Of 1,000 places, `left` entries stay, where so many places are kept.
std::size_t PlacesWith(std::size_t left, std::size_t places_kept) {
  constexpr MessageId kPlaces = 1'000;
  Correlation correlation(kPlaces, places_kept);
  for (MessageId id = 1; id <= kPlaces; ++id) {
    correlation.Put(Key(std::to_string(id)), Of(id));
    if (id > left) Close(correlation, std::to_string(id), id, id);
  }
  correlation.DropSettled(kPlaces);
  EXPECT_EQ(correlation.size(), left);
  return correlation.places();
}

TEST(CorrelationPlacesTest, StayWhileOneInFourIsUsedOrTheyAreFew) {
  EXPECT_EQ(PlacesWith(250, 999), 1'000u);
  EXPECT_EQ(PlacesWith(249, 999), 249u);
  EXPECT_EQ(PlacesWith(0, 1'000), 1'000u);
  EXPECT_EQ(PlacesWith(0, 999), 0u);
}

// Against a map and a list, the way that one would write it without a thought of speed. It fills and drains, and moves often.
TEST(CorrelationTest, FindsWhatAPlainMapWouldFind) {
  constexpr std::size_t kMax = 50;
  Correlation correlation(kMax, 4);
  std::map<std::string, MessageId> plain;
  std::list<std::string> order;
  std::mt19937 random(7);
  std::size_t moved = 0;
  for (MessageId id = 1; id <= 40'000; ++id) {
    const std::string name = std::to_string(random() % 60);
    const bool fills = id / 1'000 % 2 == 0;
    const std::size_t places = correlation.places();
    if ((random() % 10 != 0) == fills) {
      correlation.Put(Key(name), Of(id));
      order.remove(name);
      plain[name] = id;
      order.push_back(name);
      if (order.size() > kMax) {
        plain.erase(order.front());
        order.pop_front();
      }
    } else if (plain.contains(name)) {
      Close(correlation, name, plain[name], id);
      correlation.DropSettled(id);
      plain.erase(name);
      order.remove(name);
    }
    moved += correlation.places() < places;
    ASSERT_EQ(correlation.size(), plain.size());
    ASSERT_EQ(Who(correlation, name), plain.contains(name) ? plain[name] : 0) << id;
  }
  for (const auto& [name, id] : plain) EXPECT_EQ(Who(correlation, name), id);
  EXPECT_GT(moved, 20u);
}

}  // namespace
}  // namespace hub::relay
