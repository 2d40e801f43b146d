#include "server/relay/receipts/parking.h"

#include <gtest/gtest.h>

namespace hub::relay {
namespace {

std::shared_ptr<Parked> Receipt(std::initializer_list<const char*> ids) {
  auto parked = std::make_shared<Parked>();
  for (const char* id : ids) parked->keys.push_back(UpstreamId{7, id});
  return parked;
}

std::vector<std::shared_ptr<Parked>> All(Parking& parking) {
  std::vector<std::shared_ptr<Parked>> all;
  parking.ForEach([&](const std::shared_ptr<Parked>& each) { all.push_back(each); });
  return all;
}

using List = std::vector<std::shared_ptr<Parked>>;

TEST(ParkingTest, AReceiptIsFoundByEachReadingOfItsId) {
  Parking parking;
  const auto receipt = Receipt({"1A2B", "6699"}), other = Receipt({"7"});
  parking.Add(receipt);
  parking.Add(other);
  EXPECT_EQ(parking.size(), 2u);
  EXPECT_EQ(parking.Of(UpstreamId{7, "1A2B"}), List{receipt});
  EXPECT_EQ(parking.Of(UpstreamId{7, "6699"}), List{receipt});
  EXPECT_EQ(parking.Of(UpstreamId{7, "7"}), List{other});
  EXPECT_EQ(parking.Of(UpstreamId{8, "7"}), List{}) << "of another supplier";
}

TEST(ParkingTest, AllThatWaitForOneIdAreFound) {
  Parking parking;
  const auto enroute = Receipt({"1"}), delivered = Receipt({"1"});
  parking.Add(enroute);
  parking.Add(delivered);
  EXPECT_EQ(parking.Of(UpstreamId{7, "1"}).size(), 2u);
  parking.Remove(*enroute);
  EXPECT_EQ(parking.Of(UpstreamId{7, "1"}), List{delivered});
}

TEST(ParkingTest, ThousandsOfOneIdGoInAnyOrder) {
  Parking parking;
  List receipts;
  for (int i = 0; i < 5'000; ++i) receipts.push_back(Receipt({"0"}));
  for (const auto& each : receipts) parking.Add(each);
  for (std::size_t i = receipts.size(); i-- > 1;) parking.Remove(*receipts[i]);
  EXPECT_EQ(parking.Of(UpstreamId{7, "0"}), List{receipts[0]});
  EXPECT_EQ(parking.size(), 1u);
}

TEST(ParkingTest, OneThatIsRemovedIsNowhereAndTwiceIsOnce) {
  Parking parking;
  const auto first = Receipt({"1", "2"}), second = Receipt({"2", "3"});
  parking.Add(first);
  parking.Add(second);
  parking.Remove(*first);
  parking.Remove(*first);
  EXPECT_EQ(parking.size(), 1u);
  EXPECT_EQ(parking.Of(UpstreamId{7, "1"}), List{});
  EXPECT_EQ(parking.Of(UpstreamId{7, "2"}), List{second});
  EXPECT_EQ(All(parking), List{second});
}

TEST(ParkingTest, TheyAreVisitedInTheOrderInWhichTheyCame) {
  Parking parking;
  const List receipts{Receipt({"3"}), Receipt({"1"}), Receipt({}), Receipt({"2"})};
  for (const auto& each : receipts) parking.Add(each);
  EXPECT_EQ(All(parking), receipts);
  parking.Remove(*receipts[1]);
  EXPECT_EQ(All(parking), (List{receipts[0], receipts[2], receipts[3]}));
}

TEST(ParkingTest, AVisitMayRemoveWhatItIsShownAndAdd) {
  Parking parking;
  const List receipts{Receipt({"1"}), Receipt({"1"}), Receipt({"2"})};
  for (const auto& each : receipts) parking.Add(each);
  const auto late = Receipt({"3"});
  List visited;
  parking.ForEach([&](const std::shared_ptr<Parked>& each) {
    visited.push_back(each);
    if (each == receipts[0]) parking.Add(late);
    if (each != late) parking.Remove(*each);
  });
  EXPECT_EQ(visited, (List{receipts[0], receipts[1], receipts[2], late}));
  EXPECT_EQ(All(parking), List{late});
}

TEST(ParkingTest, ThoseThatAreGoneAreLetGoThoughAnOlderOneStays) {
  Parking parking;
  parking.Add(Receipt({"0"}));
  std::vector<std::weak_ptr<Parked>> gone;
  for (int i = 0; i < 100; ++i) {
    const auto receipt = Receipt({"1"});
    gone.push_back(receipt);
    parking.Add(receipt);
    parking.Remove(*receipt);
  }
  for (const auto& each : gone) EXPECT_TRUE(each.expired());
}

}  // namespace
}  // namespace hub::relay
