#include "server/relay/correlation.h"

#include <gtest/gtest.h>

namespace hub::relay {
namespace {

Correlation::Key Key(std::string_view id, std::int64_t supplier = 7) {
  return Correlation::KeyOf(supplier, id);
}

Awaited Of(MessageId id) {
  Awaited awaited;
  awaited.message_id = id;
  return awaited;
}

// The message that has this id; 0: none.
MessageId Who(Correlation& correlation, std::string_view id, std::int64_t supplier = 7) {
  const Awaited* found = correlation.Find(Key(id, supplier));
  return found == nullptr ? 0 : found->message_id;
}

TEST(CorrelationKey, HoldsSupplierAndIdWhateverOctetsTheyAre) {
  for (const std::int64_t supplier : {std::int64_t{0}, std::int64_t{7}, INT64_MAX, INT64_MIN}) {
    for (const std::string_view id :
         {std::string_view(), std::string_view("1A2B"), std::string_view("a\0b", 3)}) {
      const Correlation::Key key = Key(id, supplier);
      EXPECT_EQ(Correlation::SupplierOf(key), supplier);
      EXPECT_EQ(Correlation::IdOf(key), id);
    }
  }
}

TEST(CorrelationTest, AnIdOfAnotherSupplierIsAnotherMessage) {
  Correlation correlation(10);
  correlation.Put(Key("1", 7), Of(100));
  correlation.Put(Key("1", 8), Of(200));
  EXPECT_EQ(Who(correlation, "1", 7), 100u);
  EXPECT_EQ(Who(correlation, "1", 8), 200u);
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

TEST(CorrelationTest, AnIdThatIsUsedOverAndOverLeavesNoTrail) {
  Correlation correlation(4);
  correlation.Put(Key("old"), Of(1));
  std::size_t forgotten = 0;
  for (MessageId id = 2; id < 100; ++id) forgotten += correlation.Put(Key("again"), Of(id));
  EXPECT_EQ(Who(correlation, "again"), 99u);
  EXPECT_EQ(forgotten, 1u) << "the list of arrivals is bounded, too: it costs the oldest its place";
  EXPECT_EQ(correlation.size(), 1u);
}

TEST(CorrelationTest, WhatIsClosedStaysUntilItIsSettled) {
  Correlation correlation(10);
  correlation.Put(Key("1"), Of(100));
  correlation.Put(Key("2"), Of(200));
  correlation.Close(Key("1"), 100, 500);
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
  correlation.Close(Key("1"), 100, 500);
  correlation.Put(Key("1"), Of(200));
  correlation.DropSettled(500);
  EXPECT_EQ(Who(correlation, "1"), 200u);
}

TEST(CorrelationTest, ClosingWhatWasForgottenDoesNothing) {
  Correlation correlation(10);
  correlation.Close(Key("1"), 50, 500);
  correlation.Put(Key("1"), Of(100));
  correlation.DropSettled(500);
  EXPECT_EQ(Who(correlation, "1"), 100u);
}

TEST(CorrelationTest, WhilePostgreSqlIsAwayTheClosedOnesAreBoundedToo) {
  Correlation correlation(2);
  correlation.Put(Key("first"), Of(1));
  correlation.Close(Key("first"), 1, 100);
  for (MessageId id = 2; id <= 3; ++id) {
    correlation.Put(Key("again"), Of(id));
    correlation.Close(Key("again"), id, id * 100);
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
    correlation.Close(Key(text), id, id);
    correlation.DropSettled(id);
  }
  EXPECT_EQ(forgotten, 0u);
  EXPECT_EQ(correlation.size(), 0u);
}

}  // namespace
}  // namespace hub::relay
