#include "bench/load/lib/timeline.h"

#include <gtest/gtest.h>

namespace hub::load {
namespace {

using namespace std::chrono_literals;

constexpr TimePoint kBegan{5s};

TEST(Timeline, TellsOfEachIntervalAlone) {
  Timeline timeline(kBegan);
  timeline.Answered(true, 40us);
  timeline.Answered(false, 63us);
  timeline.Answered(false, 63us);
  EXPECT_EQ(
      timeline.Line(kBegan + 1s),
      R"({"from_us":5000000,"to_us":6000000,"accepted":1,"refused":2,"p50_us":40,"p99_us":40,)"
      R"("max_us":40,"refused_p99_us":63})");
  EXPECT_EQ(timeline.Line(kBegan + 1500ms),
            R"({"from_us":6000000,"to_us":6500000,"accepted":0,"refused":0,"p50_us":0,"p99_us":0,)"
            R"("max_us":0,"refused_p99_us":0})");
}

}  // namespace
}  // namespace hub::load
