#include "server/relay/receipts/taken_from_pages.h"

#include <gtest/gtest.h>

#include <vector>

namespace hub::relay {
namespace {

using namespace std::chrono_literals;

// As many as it keeps, one each millisecond, as a client that was away for long brings them.
TEST(TakenFromPages, FindsEachOfItsIdsQuickly) {
  TakenFromPages taken;
  MessageIdSource source(1, 0, 0);
  std::vector<MessageId> ids;
  const WallTime start = FromMicros(1'800'000'000'000'000);
  for (std::size_t i = 0; i < TakenFromPages::kIdsMax + 10; ++i) {
    ids.push_back(source.Next(start + std::chrono::milliseconds(i)));
    taken.Note(ids.back(), TimePoint{});
  }
  EXPECT_EQ(taken.size(), TakenFromPages::kIdsMax);
  EXPECT_LT(taken.places(), 1u << 20) << "of a table: two or three for each id";
  EXPECT_FALSE(taken.Take(ids.front(), TimePoint{})) << "the oldest gave way";
  EXPECT_TRUE(taken.Take(ids.back(), TimePoint{}));
  EXPECT_FALSE(taken.Take(ids.back(), TimePoint{}));
  taken.Note(ids.front(), TimePoint{} + TakenFromPages::kKept);
  EXPECT_EQ(taken.size(), 1u) << "the others' time is over";
}

TEST(TakenFromPages, AreRememberedForAWhileAndNoMoreThanTheLimit) {
  TakenFromPages taken;
  const TimePoint start{};
  taken.Note(1, start);
  EXPECT_TRUE(taken.Take(1, start + 59s));
  EXPECT_FALSE(taken.Take(1, start + 59s)) << "there is one letter";
  taken.Note(2, start);
  EXPECT_FALSE(taken.Take(2, start + 60s));
  for (std::uint64_t id = 10; id <= 10 + TakenFromPages::kIdsMax; ++id) taken.Note(id, start + 61s);
  EXPECT_EQ(taken.size(), TakenFromPages::kIdsMax);
  EXPECT_FALSE(taken.Take(10, start + 61s)) << "the oldest";
  EXPECT_TRUE(taken.Take(11, start + 61s));
}

}  // namespace
}  // namespace hub::relay
