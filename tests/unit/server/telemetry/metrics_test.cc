#include "server/telemetry/metrics.h"

#include <gtest/gtest.h>

#include <memory>
#include <set>
#include <string>

namespace hub {
namespace {

TEST(Metrics, ACellCountsOnlyItself) {
  const auto metrics = std::make_unique<Metrics>();
  metrics->Add(Metric::messages_received);
  metrics->Add(Metric::messages_received, 41);
  EXPECT_EQ(metrics->Get(Metric::messages_received), 42u);
  EXPECT_EQ(metrics->Get(Metric::messages_accepted), 0u);
}

TEST(Metrics, AGaugeGoesDownAndMayBeNegativeOnOneLoop) {
  const auto one = std::make_unique<Metrics>();
  const auto other = std::make_unique<Metrics>();
  one->Sub(Metric::binds_esme, 2);  // opened on the other loop, closed here
  other->Add(Metric::binds_esme, 5);
  const Metrics* const loops[] = {one.get(), other.get()};
  EXPECT_EQ(static_cast<std::int64_t>(one->Get(Metric::binds_esme)), -2);
  EXPECT_EQ(Sum(loops, Metric::binds_esme), 3u);
  one->Set(Metric::binds_esme, -5);
  EXPECT_EQ(Sum(loops, Metric::binds_esme), 0u);
}

TEST(Metrics, TwoLoopsNeverShareACacheLine) {
  EXPECT_EQ(alignof(Metrics), 64u);
  EXPECT_EQ(sizeof(Metrics) % 64, 0u);
}

TEST(Metrics, EveryRowHasAUniqueNameAndASentence) {
  std::set<std::string> names;
  for (const MetricInfo& info : AllMetrics()) {
    EXPECT_TRUE(names.emplace(info.name).second) << info.name << " stands twice";
    EXPECT_GT(info.help.size(), 5u) << info.name;
    EXPECT_EQ(info.name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_"),
              std::string_view::npos)
        << info.name;
    EXPECT_FALSE(info.name.ends_with("_total")) << info.name << ": the exporter adds _total";
  }
}

TEST(Metrics, IsFoundByTheNameOfItsRow) {
  EXPECT_EQ(FindMetric("failovers"), Metric::failovers);
  EXPECT_EQ(Info(Metric::failovers).name, "failovers");
  EXPECT_EQ(FindMetric("no_such_metric"), std::nullopt);
}

}  // namespace
}  // namespace hub
