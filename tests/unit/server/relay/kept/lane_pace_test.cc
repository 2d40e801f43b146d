#include "server/relay/kept/lane_pace.h"

#include <gtest/gtest.h>

#include <array>
#include <functional>
#include <queue>
#include <vector>

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
  FarBack far;
  LanePace pace;
  pace.Begin(kStart);
  const TimePoint first = pace.PutOff(kStart + 10ms, kLane, far);
  EXPECT_GE(first, kStart + 60ms);
  EXPECT_LE(first, kStart + 61ms);
}

TEST(LanePace, SpreadsThoseThatComeBackOverTheTimeThatTheyTakeTwiceAsFast) {
  FarBack far;
  LanePace pace = Draining(20ms, 5s);  // a full lane takes 2 s
  const TimePoint now = kStart + 5s;
  const TimePoint first = pace.PutOff(now, kLane, far);
  EXPECT_GT(first, now + 900ms);
  EXPECT_LT(first, now + 1'100ms) << "when half of it is free";
  TimePoint last = first;
  for (int n = 0; n < 1'000; ++n) {
    const TimePoint next = pace.PutOff(now, kLane, far);
    EXPECT_GT(next, last);
    last = next;
  }
  EXPECT_GT(last - first, 9s);
  EXPECT_LT(last - first, 11s) << "1,000 at 100 a second";
}

TEST(LanePace, OfALaneThatStandsIsAMinuteALane) {
  FarBack far;
  LanePace pace;
  pace.Begin(kStart);
  const TimePoint now = kStart + 10s;
  const TimePoint first = pace.PutOff(now, kLane, far);
  EXPECT_GE(first, now + 30s);
  EXPECT_LT(first, now + 31s);
  int near = 1;
  while (near <= 1'000 && pace.PutOff(now, kLane, far) <= now + kBackMax) ++near;
  EXPECT_EQ(near, 900) << "one each 300 ms from then on, for another supplier may stand in";
}

TEST(LanePace, ForgetsWhatWasWhenTheLaneWasEmptyMeanwhile) {
  FarBack far;
  LanePace pace = Draining(500ms, 5s);
  pace.Begin(kStart + 6s);
  EXPECT_LE(pace.PutOff(kStart + 6s, kLane, far), kStart + 6s + 51ms);
}

TEST(LanePace, FindsOutThatItGoesFaster) {
  FarBack far;
  LanePace pace = Draining(500ms, 5s);
  for (Duration at = 5s; at <= 8s; at += 5ms) pace.Took(kStart + at);
  EXPECT_LE(pace.PutOff(kStart + 8s, kLane, far), kStart + 8s + 260ms);
}

// Those that have no place within the time that a backlog should take at most: by the seconds in which they come back, from
// two lanes that stand.
struct Backlog {
  explicit Backlog(int count) {
    for (LanePace& lane : lanes) lane.Begin(kStart);
    for (int n = 0; n < count; ++n) PutOff(kStart + 10s, static_cast<std::size_t>(n % 2));
  }
  void PutOff(TimePoint now, std::size_t lane) {
    waiting.emplace(lanes[lane].PutOff(now, kLane, far), lane);
  }
  /// All who come back in the next second find their lane full.
  int SecondFrom(TimePoint now) {
    int came = 0;
    for (; !waiting.empty() && waiting.top().first < now + 1s; ++came) {
      const auto [due, lane] = waiting.top();
      waiting.pop();
      PutOff(due, lane);
    }
    return came;
  }

  std::array<LanePace, 2> lanes;
  FarBack far;
  using Each = std::pair<TimePoint, std::size_t>;
  std::priority_queue<Each, std::vector<Each>, std::greater<>> waiting;
};

TEST(LanePace, AHugeBacklogComesBackSoManyASecondAndNoMore) {
  constexpr int kASecond = 1s / kFarEach, kAll = kASecond * 400;  // more than kBackMax holds
  Backlog backlog(kAll);
  TimePoint now = kStart + 10s;
  for (; now < kStart + 5min; now += 1s) ASSERT_LE(backlog.SecondFrom(now), 10);
  for (; now < kStart + 6min; now += 1s) ASSERT_LE(backlog.SecondFrom(now), kASecond + 10);
  for (; now < kStart + 20min; now += 1s) {
    const int came = backlog.SecondFrom(now);
    ASSERT_LE(came, kASecond + 10) << "so many rows are written anew";
    ASSERT_GE(came, kASecond - 10) << "so soon is it found that the supplier is back";
  }
  EXPECT_EQ(backlog.waiting.size(), static_cast<std::size_t>(kAll));
}

TEST(LanePace, ALaneThatGoesHasNoPartInTheBacklogOfOneThatStands) {
  Backlog backlog(400'000);
  const TimePoint now = kStart + 20s;
  LanePace other;
  other.Begin(now);
  for (int n = 0; n < 1'000; ++n)
    EXPECT_LT(other.PutOff(now, kLane, backlog.far), now + 1s) << "ahead of it";
}

}  // namespace
}  // namespace hub::relay
