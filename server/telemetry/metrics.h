// Counters and gauges: one table (metrics.def), one cell a metric and loop, no lock and no locked instruction.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace hub {

enum class MetricKind : std::uint8_t { counter, gauge };

enum class Metric : std::uint16_t {
#define METRIC(name, kind, help) name,
#include "server/telemetry/metrics.def"
#undef METRIC
};

inline constexpr std::size_t kMetricCount = 0
#define METRIC(name, kind, help) +1
#include "server/telemetry/metrics.def"
#undef METRIC
    ;

/// One row of metrics.def.
struct MetricInfo {
  std::string_view name;  // "messages_received"
  MetricKind kind;
  std::string_view help;
};

/// Every row, indexed by Metric.
std::span<const MetricInfo> AllMetrics();
inline const MetricInfo& Info(Metric metric) {
  return AllMetrics()[static_cast<std::size_t>(metric)];
}
/// nullopt for a name that is in no row.
std::optional<Metric> FindMetric(std::string_view name);

/// The cells of one loop. ONE thread writes: its loop; any thread reads. A load and a store, so a count costs what an
/// ordinary variable costs. Aligned, so that two loops never share a cache line.
class alignas(64) Metrics {
 public:
  Metrics() = default;
  Metrics(const Metrics&) = delete;
  Metrics& operator=(const Metrics&) = delete;

  /// Counters, and gauges that go up.
  void Add(Metric metric, std::uint64_t n = 1) {
    std::atomic<std::uint64_t>& cell = cells_[static_cast<std::size_t>(metric)];
    cell.store(cell.load(std::memory_order_relaxed) + n, std::memory_order_relaxed);
  }
  /// Gauges only: takes away what Add gave.
  void Sub(Metric metric, std::uint64_t n = 1) { Add(metric, std::uint64_t{0} - n); }
  /// Gauges only.
  void Set(Metric metric, std::int64_t value) {
    cells_[static_cast<std::size_t>(metric)].store(static_cast<std::uint64_t>(value),
                                                   std::memory_order_relaxed);
  }
  /// Any thread. A gauge below zero comes back as two's complement: see Sum.
  std::uint64_t Get(Metric metric) const {
    return cells_[static_cast<std::size_t>(metric)].load(std::memory_order_relaxed);
  }

 private:
  std::array<std::atomic<std::uint64_t>, kMetricCount> cells_{};
};

/// The metric over all loops, modulo 2^64; cast a gauge to int64. Any thread; not a snapshot of one moment.
std::uint64_t Sum(std::span<const Metrics* const> loops, Metric metric);

}  // namespace hub
