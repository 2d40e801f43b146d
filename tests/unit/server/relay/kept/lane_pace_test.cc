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
  BackPlaces places;
  LanePace pace;
  pace.Begin(kStart);
  const TimePoint first = pace.PutOff(kStart + 10ms, kLane, kLane, places);
  EXPECT_GE(first, kStart + 60ms);
  EXPECT_LE(first, kStart + 61ms);
}

TEST(LanePace, SpreadsThoseThatComeBackOverTheTimeThatTheyTakeTwiceAsFast) {
  BackPlaces places;
  LanePace pace = Draining(20ms, 5s);  // a full lane takes 2 s
  const TimePoint now = kStart + 5s;
  const TimePoint first = pace.PutOff(now, kLane, kLane, places);
  EXPECT_GT(first, now + 900ms);
  EXPECT_LT(first, now + 1'100ms) << "when half of it is free";
  TimePoint last = first;
  for (int n = 0; n < 1'000; ++n) {
    const TimePoint next = pace.PutOff(now, kLane, kLane, places);
    EXPECT_GT(next, last);
    last = next;
  }
  EXPECT_GT(last - first, 9s);
  EXPECT_LT(last - first, 11s) << "1,000 at 100 a second";
}

// It may go the next moment, and nothing of it waits then.
TEST(LanePace, OfALaneThatStandsTheyComeBackBehindAsLongAsItDoes) {
  BackPlaces places;
  LanePace pace = Draining(1ms, 5s);
  TimePoint now = kStart + 5s;
  pace.PutOff(now, kLane, kLane, places);
  for (const Duration stands : {2s, 4s, 8s, 16s}) {
    now = kStart + 5s + stands;
    const TimePoint back = pace.PutOff(now, kLane, kLane, places);
    EXPECT_GE(back, now + stands - 1s) << stands.count();
    EXPECT_LE(back, now + stands + 1s) << stands.count();
  }
  now += 10min;
  EXPECT_LE(pace.PutOff(now, kLane, kLane, places), now + 2s) << "nobody was away for long";
}

TEST(LanePace, OfALaneThatStandsThousandsAreBackWithinSeconds) {
  BackPlaces places;
  LanePace pace;
  pace.Begin(kStart);
  const TimePoint now = kStart + 2s;
  TimePoint last{};
  for (int n = 0; n < 20'000; ++n) last = std::max(last, pace.PutOff(now, kLane, kLane, places));
  EXPECT_LE(last, now + 12s) << "2,000 a second";
}

TEST(LanePace, OfALongHaltEachComesBackTwiceAMinute) {
  BackPlaces places;
  LanePace pace;
  pace.Begin(kStart);
  int rows = 0;
  for (TimePoint back = kStart + 1s; back < kStart + 1h; ++rows)
    back = pace.PutOff(back, 100'000, 100'000, places);
  EXPECT_LE(rows, 130);
}

TEST(LanePace, ForgetsWhatWasWhenTheLaneWasEmptyMeanwhile) {
  BackPlaces places;
  LanePace pace = Draining(500ms, 5s);
  pace.Begin(kStart + 6s);
  EXPECT_LE(pace.PutOff(kStart + 6s, kLane, kLane, places), kStart + 6s + 51ms);
}

TEST(LanePace, FindsOutThatItGoesFaster) {
  BackPlaces places;
  LanePace pace = Draining(500ms, 5s);
  for (Duration at = 5s; at <= 8s; at += 5ms) pace.Took(kStart + at);
  EXPECT_LE(pace.PutOff(kStart + 8s, kLane, kLane, places), kStart + 8s + 260ms);
}

// By the seconds in which they come back, from two lanes that stand.
struct Backlog {
  explicit Backlog(int count, std::size_t lane_max = kLane) : most(lane_max) {
    for (LanePace& lane : lanes) lane.Begin(kStart);
    for (int n = 0; n < count; ++n) PutOff(kStart + 10s, static_cast<std::size_t>(n % 2));
  }
  void PutOff(TimePoint now, std::size_t lane) {
    waiting.emplace(lanes[lane].PutOff(now, most, most, places), lane);
  }
  void Took(TimePoint now) {
    for (LanePace& lane : lanes) lane.Took(now);
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

  const std::size_t most;
  std::array<LanePace, 2> lanes;
  BackPlaces places;
  using Each = std::pair<TimePoint, std::size_t>;
  std::priority_queue<Each, std::vector<Each>, std::greater<>> waiting;
};

TEST(LanePace, AHugeBacklogComesBackSoManyASecondAndNoMore) {
  constexpr int kASecond = 1s / kBackEach, kAll = kASecond * 100;
  Backlog backlog(kAll);
  TimePoint now = kStart + 10s;
  for (; now < kStart + 12s; now += 1s) ASSERT_LE(backlog.SecondFrom(now), kASecond + 10);
  for (; now < kStart + 5min; now += 1s) {
    const int came = backlog.SecondFrom(now);
    ASSERT_LE(came, kASecond + 10) << "so many rows are written anew";
    ASSERT_GE(came, kASecond - 10) << "so soon is it found that the supplier is back";
  }
  EXPECT_EQ(backlog.waiting.size(), static_cast<std::size_t>(kAll));
}

// A long lane drains fast by what it was measured for, and gives none away.
TEST(LanePace, LongLanesThatStandHaveNoPaceBesides) {
  constexpr int kASecond = 1s / kBackEach;
  Backlog backlog(kASecond * 100, 100'000);
  for (TimePoint now = kStart + 10s; now < kStart + 1min; now += 1s)
    ASSERT_LE(backlog.SecondFrom(now), kASecond + 10);
}

TEST(LanePace, LanesThatCrawlHaveNoPaceBesides) {
  constexpr int kASecond = 1s / kBackEach;
  Backlog backlog(kASecond * 100, 100'000);
  for (TimePoint now = kStart + 10s; now < kStart + 1min; now += 1s) {
    backlog.Took(now);
    ASSERT_LE(backlog.SecondFrom(now), kASecond + 10);
  }
}

// When the last of so many is back that find a lane full at one moment.
TimePoint LastBack(LanePace& pace, BackPlaces& places, int count, TimePoint now,
                   std::size_t holds) {
  constexpr std::size_t kLong = 60'000;
  TimePoint last{};
  for (int n = 0; n < count; ++n) last = std::max(last, pace.PutOff(now, holds, kLong, places));
  return last;
}

// Another supplier's backlog, however large, is not what it waits for.
TEST(LanePace, ALongLaneThatIsSlowHasItsOwnPaceBesideABacklog) {
  Backlog backlog(400'000);
  LanePace pace = Draining(2ms, 10s);
  const TimePoint now = kStart + 10s;
  EXPECT_LT(LastBack(pace, backlog.places, 20'000, now, 60'000), now + 120s)
      << "before it is empty";
}

// A lane that holds little, for others hold what there is, drains as fast as it did.
TEST(LanePace, AShortLaneIsNotTakenForASlowOne) {
  BackPlaces places;
  LanePace pace = Draining(500us, 5s);
  EXPECT_LT(LastBack(pace, places, 100'000, kStart + 5s, 10), kStart + 35s)
      << "twice as fast as 2,000 a second";
}

TEST(LanePace, AShortLaneThatCrawlsIsOne) {
  BackPlaces places;
  LanePace pace = Draining(150ms, 5s);
  EXPECT_LT(LastBack(pace, places, 100'000, kStart + 5s, 10), kStart + 65s)
      << "it may be fast the next moment";
}

TEST(LanePace, OneThatNobodyAskedForDaysIsTakenForOneThatStands) {
  BackPlaces places;
  LanePace pace;
  pace.Begin(kStart);
  pace.Took(kStart + 500ms);
  const TimePoint now = kStart + 100h;
  const TimePoint back = pace.PutOff(now, 40'000, 40'000, places);
  EXPECT_GE(back, now + kBackMin);
  EXPECT_LE(back, now + kBackMin + 1s);
}

TEST(LanePace, BehindAHaltAFastLaneHasNobodyWaitForItsOldPace) {
  BackPlaces places;
  LanePace pace = Draining(1s, 5s);  // slow: a full lane takes a minute and more
  for (int n = 0; n < 200'000; ++n) pace.PutOff(kStart + 6s, kLane, kLane, places);
  TimePoint now = kStart + 7s;
  for (; now < kStart + 9s; now += 1ms) pace.Took(now);
  EXPECT_LT(pace.PutOff(now, kLane, kLane, places), now + 1s);
}

TEST(LanePace, ALaneThatGoesHasNoPartInTheBacklogOfOneThatStands) {
  Backlog backlog(400'000);
  const TimePoint now = kStart + 20s;
  LanePace other;
  other.Begin(now);
  for (int n = 0; n < 1'000; ++n)
    EXPECT_LT(other.PutOff(now, kLane, kLane, backlog.places), now + 1s) << "ahead of it";
}

}  // namespace
}  // namespace hub::relay
