#include "bench/load/lib/histogram.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <vector>

namespace hub::load {
namespace {

using namespace std::chrono_literals;

TEST(Histogram, IsZeroWhenEmpty) {
  Histogram h;
  EXPECT_EQ(h.Percentile(500), 0ns);
  EXPECT_EQ(h.max(), 0ns);
}

TEST(Histogram, IsExactForSmallValues) {
  Histogram h;
  for (int i = 1; i <= 50; ++i) h.Add(Duration(i));
  EXPECT_EQ(h.Percentile(500), 25ns);
  EXPECT_EQ(h.Percentile(1000), 50ns);
  EXPECT_EQ(h.Percentile(1), 1ns);
}

TEST(Histogram, NeverSaysMoreThanTheMaximum) {
  Histogram h;
  h.Add(1'000'003ns);
  EXPECT_EQ(h.Percentile(500), 1'000'003ns);
  h.Add(std::chrono::hours(100));
  EXPECT_EQ(h.max(), std::chrono::hours(100));
  h.Add(-5ns);  // a clock that is read twice may disagree with itself
  EXPECT_EQ(h.count(), 3u);
}

TEST(Histogram, IsWithinASixtyFourthOfTheTruth) {
  std::mt19937_64 random(7);
  std::vector<std::int64_t> values;
  Histogram h;
  for (int i = 0; i < 50'000; ++i) {
    values.push_back(static_cast<std::int64_t>(random() >> (24 + random() % 30)));
    h.Add(Duration(values.back()));
  }
  std::ranges::sort(values);
  for (unsigned thousandths : {1u, 100u, 500u, 900u, 990u, 999u, 1000u}) {
    const std::int64_t exact = values[(values.size() * thousandths + 999) / 1000 - 1];
    const std::int64_t said = h.Percentile(thousandths).count();
    EXPECT_GE(said, exact) << thousandths;
    EXPECT_LE(said, exact + exact / 64) << thousandths;
  }
}

}  // namespace
}  // namespace hub::load
