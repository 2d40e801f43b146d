#include "server/relay/receipts/refused_receipts.h"

#include <gtest/gtest.h>

namespace hub::relay {
namespace {

using namespace std::chrono_literals;

const TimePoint kStart = TimePoint{} + 1h;

TEST(RefusedReceipts, WaitUntilTheirOwnTime) {
  RefusedReceipts refused;
  refused.Note(1, kStart + 1s, kStart);
  refused.Note(2, kStart + 4s, kStart);
  EXPECT_TRUE(refused.Waits(1, kStart + 999ms));
  EXPECT_FALSE(refused.Waits(1, kStart + 1s));
  EXPECT_TRUE(refused.Waits(2, kStart + 1s));
  EXPECT_FALSE(refused.Waits(3, kStart));
}

TEST(RefusedReceipts, TheLastWordCounts) {
  RefusedReceipts refused;
  refused.Note(1, kStart + 1s, kStart);
  refused.Note(1, kStart + 5s, kStart);
  refused.Note(2, kStart + 9s, kStart + 2s);  // the first note's time is over
  EXPECT_TRUE(refused.Waits(1, kStart + 4s));
  refused.Note(3, kStart + 9s, kStart + 5s);
  EXPECT_EQ(refused.size(), 2u) << "nobody asks for 1 any more";
}

TEST(RefusedReceipts, TheOldestGivesWay) {
  RefusedReceipts refused;
  for (std::uint64_t id = 1; id <= RefusedReceipts::kIdsMax + 1; ++id)
    refused.Note(id, kStart + 60s, kStart);
  EXPECT_EQ(refused.size(), RefusedReceipts::kIdsMax);
  EXPECT_FALSE(refused.Waits(1, kStart));
  EXPECT_TRUE(refused.Waits(2, kStart));
}

}  // namespace
}  // namespace hub::relay
