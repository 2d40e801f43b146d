#include "server/relay/receipts/settle_lag.h"

#include <gtest/gtest.h>

namespace hub::relay {
namespace {

using namespace std::chrono_literals;

const TimePoint kStart = TimePoint{} + 1h;

TEST(SettleLag, IsNothingWhileEverythingIsSettledAndNothingComes) {
  SettleLag lag;
  EXPECT_EQ(lag.Look(kStart, 100, 100), 0s);
  EXPECT_EQ(lag.Look(kStart + 1h, 100, 100), 0s) << "nothing was appended";
}

TEST(SettleLag, IsTheAgeOfWhatWasDurableAndIsNotSettled) {
  SettleLag lag;
  EXPECT_EQ(lag.Look(kStart, 100, 50), 0s);
  EXPECT_EQ(lag.Look(kStart + 3s, 200, 50), 3s);
  EXPECT_EQ(lag.Look(kStart + 4s, 200, 99), 4s) << "it moves, and is as far behind";
  EXPECT_EQ(lag.Look(kStart + 5s, 200, 100), 2s);
  EXPECT_EQ(lag.Look(kStart + 6s, 200, 200), 0s);
}

// An hour away, then it settles twice as fast as new ones come.
TEST(SettleLag, TakesLittleMemoryHoweverLongItLasts) {
  SettleLag lag;
  journal::Position end = 0;
  TimePoint now = kStart;
  for (; now < kStart + 1h; now += 50ms) {
    const Duration shown = lag.Look(now, ++end, 0);
    ASSERT_EQ(shown, now - kStart);
  }
  EXPECT_LE(lag.samples(), SettleLag::kSamplesMax);
  journal::Position settled = 0;
  while (settled + 22 < end) {
    now += 50ms;
    settled += 2;
    ASSERT_GE(lag.Look(now, ++end, settled), 1s) << end - settled << " behind, 20 a second";
  }
  EXPECT_LT(lag.Look(now, end, end - 10), 1s);
}

}  // namespace
}  // namespace hub::relay
