// Latencies in integers: exact below 64 ns, then within 1/64 of the value, up to hours, in 27 KiB.
#pragma once

#include <array>
#include <cstdint>

#include "server/base/clock.h"

namespace hub::load {

/// Buckets as HdrHistogram lays them out: 64 for each power of two. One thread.
class Histogram {
 public:
  void Add(Duration latency);
  std::uint64_t count() const { return count_; }
  Duration max() const { return Duration(max_); }
  /// The smallest latency that `parts_per_thousand` of the values do not exceed (its bucket's upper end, never more
  /// than max). Zero when empty.
  Duration Percentile(unsigned parts_per_thousand) const;

 private:
  static constexpr unsigned kSubBits = 6;
  static constexpr std::size_t kBuckets = (64 - kSubBits + 1) << kSubBits;

  static std::size_t BucketOf(std::uint64_t value);
  static std::uint64_t UpperEnd(std::size_t bucket);

  std::array<std::uint64_t, kBuckets> buckets_{};
  std::uint64_t count_ = 0;
  std::int64_t max_ = 0;
};

}  // namespace hub::load
