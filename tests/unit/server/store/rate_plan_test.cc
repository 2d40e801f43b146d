#include "server/store/rate_plan.h"

#include <gtest/gtest.h>

#include <string>

namespace hub::store {
namespace {

// Timelines in microseconds around now = 100.
constexpr std::int64_t kNow = 100;

struct Line {
  std::int64_t from;
  std::int64_t until;
  std::int64_t price;
};
constexpr std::int64_t kOpen = INT64_MAX;
constexpr std::int64_t kUnsaid = INT64_MIN;

struct PlanCase {
  const char* name;
  std::vector<Line> stored;
  std::vector<Line> described;
  const char* plan;  // "drop 0; close 0 at 100; add 100-open:3"
};

std::string At(std::int64_t t) {
  return t == kOpen ? "open" : t == kUnsaid ? "ever" : std::to_string(t);
}

std::string Text(const RatePlan& plan) {
  std::string text;
  const auto add = [&](const std::string& step) { text += (text.empty() ? "" : "; ") + step; };
  for (const RateRow* row : plan.drop) add("drop " + std::to_string(row->rate_id));
  for (const RateClose& close : plan.close) {
    add("close " + std::to_string(close.row->rate_id) + " at " + At(close.until_us));
  }
  for (const RateInsert& insert : plan.insert) {
    add("add " + At(insert.valid.from_us) + "-" + At(insert.valid.until_us) + ":" +
        std::to_string(insert.entry->rate.price.units));
  }
  return text;
}

const PlanCase kPlanCases[] = {
    {"NewKeyBeginsNow", {}, {{kUnsaid, kOpen, 2}}, "add 100-open:2"},
    {"NewKeyMayBeginInThePast", {}, {{10, kOpen, 2}}, "add 10-open:2"},
    {"SamePriceStays", {{0, kOpen, 2}}, {{kUnsaid, kOpen, 2}}, ""},
    {"SamePriceWithAnotherPastStays", {{0, kOpen, 2}}, {{50, kOpen, 2}}, ""},
    {"NewPriceFromNow", {{0, kOpen, 2}}, {{kUnsaid, kOpen, 3}}, "close 0 at 100; add 100-open:3"},
    {"NewPriceLater", {{0, kOpen, 2}}, {{150, kOpen, 3}}, "close 0 at 150; add 150-open:3"},
    {"BackdatedPriceBeginsNow",
     {{0, kOpen, 2}},
     {{10, kOpen, 3}},
     "close 0 at 100; add 100-open:3"},
    {"TwoSteps",
     {{0, kOpen, 2}},
     {{kUnsaid, 150, 2}, {150, kOpen, 3}},
     "close 0 at 150; add 150-open:3"},
    {"TwoStepsStand", {{0, 150, 2}, {150, kOpen, 3}}, {{kUnsaid, 150, 2}, {150, kOpen, 3}}, ""},
    {"ScheduledPriceChanges",
     {{0, 150, 2}, {150, kOpen, 3}},
     {{kUnsaid, 150, 2}, {150, kOpen, 4}},
     "drop 1; add 150-open:4"},
    {"ScheduledPriceIsCalledOff",
     {{0, 150, 2}, {150, kOpen, 3}},
     {{kUnsaid, kOpen, 2}},
     "drop 1; close 0 at 100; add 100-open:2"},
    {"EarlierEnd", {{0, kOpen, 2}}, {{kUnsaid, 180, 2}}, "close 0 at 180"},
    {"WhatIsOverIsLeftAlone", {{0, 50, 2}}, {{0, 50, 9}, {kUnsaid, kOpen, 2}}, "add 100-open:2"},
    {"GapStaysAGap", {{0, 120, 2}}, {{150, kOpen, 3}}, "add 150-open:3"},
};

class PlanTest : public testing::TestWithParam<PlanCase> {};
INSTANTIATE_TEST_SUITE_P(Timelines, PlanTest, testing::ValuesIn(kPlanCases),
                         [](const auto& c) { return std::string(c.param.name); });

TEST_P(PlanTest, BringsTheTimelineWithoutTouchingThePast) {
  std::vector<RateRow> stored;
  for (const Line& line : GetParam().stored) {
    RateRow row;
    row.rate_id = static_cast<std::int64_t>(stored.size());
    row.price = {line.price};
    row.valid = {line.from, line.until};
    stored.push_back(row);
  }
  std::vector<RateEntry> entries(GetParam().described.size());
  std::vector<const RateEntry*> described;
  for (std::size_t i = 0; i < entries.size(); ++i) {
    const Line& line = GetParam().described[i];
    entries[i].rate.price = {line.price};
    entries[i].rate.valid = {line.from, line.until};
    described.push_back(&entries[i]);
  }
  EXPECT_EQ(Text(PlanRates(stored, described, kNow)), GetParam().plan);
}

}  // namespace
}  // namespace hub::store
