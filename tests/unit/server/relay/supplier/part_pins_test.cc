#include "server/relay/supplier/part_pins.h"

#include <gtest/gtest.h>

#include <thread>

namespace hub::test {
namespace {

using relay::PartPins;
using namespace std::chrono_literals;

const TimePoint kNow{1h};

TEST(PartPins, APartFollowsTheOneBefore) {
  PartPins pins;
  const int link = 0;
  EXPECT_FALSE(pins.Find(42, kNow));
  pins.Note(42, {101, &link}, kNow);
  const auto pin = pins.Find(42, kNow + PartPins::kKept);
  ASSERT_TRUE(pin);
  EXPECT_EQ(pin->supplier_id, 101);
  EXPECT_EQ(pin->link, &link);
}

TEST(PartPins, TheLastOneCounts) {
  PartPins pins;
  pins.Note(42, {101, nullptr}, kNow);
  pins.Note(42, {102, nullptr}, kNow + 1s);
  EXPECT_EQ(pins.Find(42, kNow + 2s)->supplier_id, 102);
}

TEST(PartPins, OneIsForgottenInTime) {
  PartPins pins;
  pins.Note(42, {101, nullptr}, kNow);
  EXPECT_FALSE(pins.Find(42, kNow + PartPins::kKept + 1ns));
}

TEST(PartPins, OfTwoThatShareAPlaceTheNewerHasIt) {
  PartPins pins;
  pins.Note(42, {101, nullptr}, kNow);
  pins.Note(42 + PartPins::kPlaces, {102, nullptr}, kNow);
  EXPECT_FALSE(pins.Find(42, kNow));
  EXPECT_EQ(pins.Find(42 + PartPins::kPlaces, kNow)->supplier_id, 102);
}

TEST(PartPins, NoKeyIsFoundInAnEmptyTable) {
  const PartPins pins;
  EXPECT_FALSE(pins.Find(0, TimePoint{})) << "places begin with zeros";
}

TEST(PartPins, ThreadsMayShareIt) {  // for the thread sanitizer
  PartPins pins;
  const auto write = [&pins](std::int64_t supplier_id) {
    for (std::uint64_t i = 0; i < 10'000; ++i) pins.Note(i % 8, {supplier_id, nullptr}, kNow);
  };
  std::thread one(write, 101), two(write, 102);
  for (std::uint64_t i = 0; i < 10'000; ++i) {
    if (const auto pin = pins.Find(i % 8, kNow)) {
      EXPECT_TRUE(pin->supplier_id == 101 || pin->supplier_id == 102);
    }
  }
  one.join();
  two.join();
}

}  // namespace
}  // namespace hub::test
