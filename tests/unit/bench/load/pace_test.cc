#include "bench/load/lib/pace.h"

#include <gtest/gtest.h>

namespace hub::load {
namespace {

using namespace std::chrono_literals;

constexpr TimePoint kBegin{1'234'567'891ns};

Pace Begun(std::uint64_t per_second) {
  Pace pace(per_second);
  pace.Begin(kBegin);
  return pace;
}

TEST(Pace, TheFirstMessageIsDueAtOnce) {
  const Pace pace = Begun(10);
  EXPECT_EQ(pace.DueBy(kBegin - 1ns), 0u);
  EXPECT_EQ(pace.DueBy(kBegin), 1u);
  EXPECT_EQ(pace.DueAt(0), kBegin);
  EXPECT_EQ(pace.DueAt(1), kBegin + 100ms);
  EXPECT_EQ(pace.DueBy(kBegin + 100ms - 1ns), 1u);
  EXPECT_EQ(pace.DueBy(kBegin + 100ms), 2u);
}

TEST(Pace, EachMessageIsDueFromItsMomentOnAndNotBefore) {
  for (const std::uint64_t rate : {1u, 3u, 7u, 1'000u, 999'983u, 10'000'000u}) {
    const Pace pace = Begun(rate);
    for (std::uint64_t n :
         {std::uint64_t{1}, std::uint64_t{2}, rate - 1, rate, rate + 1, 86'400 * 7 * rate}) {
      if (n == 0) continue;
      EXPECT_EQ(pace.DueBy(pace.DueAt(n)), n + 1) << rate;
      EXPECT_EQ(pace.DueBy(pace.DueAt(n) - 1ns), n) << rate;
    }
  }
}

TEST(Pace, AWeekAtTenMillionsASecondEndsToTheNanosecond) {
  EXPECT_EQ(Begun(10'000'000).DueAt(10'000'000ull * 86'400 * 7), kBegin + 24h * 7);
}

TEST(Pace, BurstsBeginTogetherAndEndWithTheirLastMessage) {
  Pace pace(10, {.length = 2s, .every = 60s});
  pace.Begin(kBegin);
  EXPECT_EQ(pace.DueAt(19), kBegin + 1900ms);
  EXPECT_EQ(pace.DueAt(20), kBegin + 60s);
  EXPECT_EQ(pace.DueAt(45), kBegin + 120s + 500ms);
  EXPECT_EQ(pace.DueBy(kBegin + 1900ms - 1ns), 19u);
  EXPECT_EQ(pace.DueBy(kBegin + 1900ms), 20u);
  EXPECT_EQ(pace.DueBy(kBegin + 60s - 1ns), 20u);
  EXPECT_EQ(pace.DueBy(kBegin + 60s), 21u);
}

TEST(Pace, OfBurstsToEachMessageIsDueFromItsMomentOn) {
  for (const std::uint64_t rate : {1u, 7u, 999'983u}) {
    Pace pace(rate, {.length = 3s, .every = 10s});
    pace.Begin(kBegin);
    for (const std::uint64_t n :
         {std::uint64_t{1}, rate, 3 * rate - 1, 3 * rate, 30 * rate - 1, 30 * rate + 1}) {
      EXPECT_EQ(pace.DueBy(pace.DueAt(n)), n + 1) << rate;
      EXPECT_EQ(pace.DueBy(pace.DueAt(n) - 1ns), n) << rate;
    }
  }
}

}  // namespace
}  // namespace hub::load
