#include "server/relay/lane_pace.h"

#include <gtest/gtest.h>

namespace hub::relay {
namespace {

using namespace std::chrono_literals;

constexpr TimePoint kStart{1h};
constexpr std::size_t kLane = 100;

// A lane that began to wait at kStart and gave one away each so often, for so long.
LanePace Draining(Duration each, Duration during) {
  LanePace pace;
  pace.Begin(kStart);
  for (Duration at{0}; at <= during; at += each) pace.Took(kStart + at);
  return pace;
}

TEST(LanePace, IsTakenForFastUntilItIsKnown) {
  LanePace pace;
  pace.Begin(kStart);
  const TimePoint first = pace.PutOff(kStart + 10ms, kLane);
  EXPECT_GE(first, kStart + 60ms);
  EXPECT_LE(first, kStart + 61ms);
}

TEST(LanePace, SpreadsThoseThatComeBackOverTheTimeThatTheyTakeTwiceAsFast) {
  LanePace pace = Draining(20ms, 5s);  // a full lane takes 2 s
  const TimePoint now = kStart + 5s;
  const TimePoint first = pace.PutOff(now, kLane);
  EXPECT_GT(first, now + 900ms);
  EXPECT_LT(first, now + 1'100ms) << "when half of it is free";
  TimePoint last = first;
  for (int n = 0; n < 1'000; ++n) {
    const TimePoint next = pace.PutOff(now, kLane);
    EXPECT_GT(next, last);
    last = next;
  }
  EXPECT_GT(last - first, 9s);
  EXPECT_LT(last - first, 11s) << "1,000 at 100 a second";
}

TEST(LanePace, OfALaneThatStandsIsAMinuteALane) {
  LanePace pace;
  pace.Begin(kStart);
  const TimePoint now = kStart + 10s;
  const TimePoint first = pace.PutOff(now, kLane);
  EXPECT_GE(first, now + 30s);
  EXPECT_LT(first, now + 31s);
  TimePoint last;
  for (int n = 0; n < 100'000; ++n) last = pace.PutOff(now, kLane);
  EXPECT_EQ(last, now + LanePace::kBackMax) << "another supplier may stand in by then";
}

TEST(LanePace, ForgetsWhatWasWhenTheLaneWasEmptyMeanwhile) {
  LanePace pace = Draining(500ms, 5s);
  pace.Begin(kStart + 6s);
  EXPECT_LE(pace.PutOff(kStart + 6s, kLane), kStart + 6s + 51ms);
}

TEST(LanePace, FindsOutThatItGoesFaster) {
  LanePace pace = Draining(500ms, 5s);
  for (Duration at = 5s; at <= 8s; at += 5ms) pace.Took(kStart + at);
  EXPECT_LE(pace.PutOff(kStart + 8s, kLane), kStart + 8s + 260ms);
}

}  // namespace
}  // namespace hub::relay
