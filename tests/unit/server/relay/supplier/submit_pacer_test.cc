#include "server/relay/supplier/submit_pacer.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <deque>

#include "server/base/random.h"

namespace hub::relay {
namespace {

using namespace std::chrono_literals;

TimePoint At(Duration d) { return TimePoint(std::chrono::hours(1)) + d; }

// The most that any window of `length` holds, both ends in it.
std::size_t MostIn(Duration length, std::vector<TimePoint> times) {
  std::sort(times.begin(), times.end());
  std::size_t most = 0;
  for (std::size_t first = 0, end = 0; first < times.size(); ++first) {
    while (end < times.size() && times[end] - times[first] <= length) ++end;
    most = std::max(most, end - first);
  }
  return most;
}

TEST(SubmitPacer, WithoutARateLetsAllGo) {
  SubmitPacer pacer;
  for (int n = 0; n < 1'000; ++n) ASSERT_TRUE(pacer.TryTake(At(0s)));
  EXPECT_EQ(pacer.next(), TimePoint::min());
}

TEST(SubmitPacer, TellsWhenTheNextOneMayGo) {
  SubmitPacer pacer;
  pacer.Set(10, 25ms);
  ASSERT_TRUE(pacer.TryTake(At(0s)));
  EXPECT_FALSE(pacer.TryTake(At(0s)));
  EXPECT_FALSE(pacer.TryTake(pacer.next() - 1ns));
  EXPECT_TRUE(pacer.TryTake(pacer.next()));
}

struct RateCase {
  std::int64_t rate;
  int links;
};

class AnyLoad : public testing::TestWithParam<RateCase> {};

// Links on loops whose clocks stand at the beginning of their turns; octets leave at the end of a turn, up to `margin` later.
TEST_P(AnyLoad, NeverShowsThePeerMoreInAnySecond) {
  const auto [rate, links] = GetParam();
  constexpr Duration kMargin = 25ms;
  for (std::uint64_t seed = 1; seed <= 8; ++seed) {
    Random random(seed);
    SubmitPacer pacer;
    pacer.Set(rate, kMargin);
    std::vector<TimePoint> seen;
    std::vector<std::int64_t> waiting(static_cast<std::size_t>(links), 0);
    const Duration until = 6s;
    for (Duration t{0}; t < until;
         t += Duration(1 + static_cast<std::int64_t>(random.Below(3'000'000)))) {
      const std::size_t link = random.Below(static_cast<std::uint64_t>(links));
      // Calm, then a burst, then calm: and now and then the loop was late.
      if (random.Below(4) == 0) waiting[link] += static_cast<std::int64_t>(random.Below(40));
      const TimePoint turn = At(t);
      const Duration flush{static_cast<std::int64_t>(random.Below(kMargin.count()))};
      while (waiting[link] > 0 && pacer.TryTake(turn)) {
        --waiting[link];
        seen.push_back(turn + flush);
      }
    }
    EXPECT_LE(MostIn(1s, seen), static_cast<std::size_t>(rate)) << "seed " << seed;
    EXPECT_GT(seen.size(), static_cast<std::size_t>(rate)) << "something went at all";
  }
}

INSTANTIATE_TEST_SUITE_P(Rates, AnyLoad,
                         testing::Values(RateCase{1, 1}, RateCase{2, 3}, RateCase{10, 4},
                                         RateCase{50, 2}, RateCase{333, 5}, RateCase{1'000, 8},
                                         RateCase{5'000, 3}),
                         [](const auto& each) {
                           return std::to_string(each.param.rate) + "On" +
                                  std::to_string(each.param.links);
                         });

TEST(SubmitPacer, ATimerThatIsLateCostsNoThroughput) {
  SubmitPacer pacer;
  pacer.Set(1'000, 25ms);
  int sent = 0;
  for (Duration t{0}; t < 10s; t += 7ms) {
    while (pacer.TryTake(At(t))) ++sent;
  }
  EXPECT_GT(sent, 10 * 960);
  EXPECT_LE(sent, 10 * 1'000);
}

}  // namespace
}  // namespace hub::relay
