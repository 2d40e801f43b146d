#include "server/telemetry/metrics.h"

namespace hub {
namespace {

constexpr MetricInfo kInfos[] = {
#define METRIC(name, kind, help) {#name, MetricKind::kind, help},
#include "server/telemetry/metrics.def"
#undef METRIC
};
static_assert(std::size(kInfos) == kMetricCount);

}  // namespace

std::span<const MetricInfo> AllMetrics() { return kInfos; }

std::optional<Metric> FindMetric(std::string_view name) {
  for (std::size_t i = 0; i < kMetricCount; ++i) {
    if (kInfos[i].name == name) return static_cast<Metric>(i);
  }
  return std::nullopt;
}

std::uint64_t Sum(std::span<const Metrics* const> loops, Metric metric) {
  std::uint64_t sum = 0;
  for (const Metrics* loop : loops) sum += loop->Get(metric);
  return sum;
}

}  // namespace hub
