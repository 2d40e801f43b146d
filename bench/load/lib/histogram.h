// Latencies in integers: exact below 64 ns, then within 1/64 of the value, up to hours, in 27 KiB.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>

#include "server/base/clock.h"

namespace hub::load {

/// Buckets as HdrHistogram lays them out: 64 for each power of two. One thread.
class Histogram {
 public:
  void Add(Duration latency) {
    const std::int64_t value = std::max<std::int64_t>(0, latency.count());
    ++buckets_[BucketOf(static_cast<std::uint64_t>(value))];
    ++count_;
    max_ = std::max(max_, value);
  }
  std::uint64_t count() const { return count_; }
  Duration max() const { return Duration(max_); }
  /// The smallest latency that `parts_per_thousand` of the values do not exceed (its bucket's upper end, never more
  /// than max). Zero when empty.
  Duration Percentile(unsigned parts_per_thousand) const;

 private:
  static constexpr unsigned kSubBits = 6;
  static constexpr std::size_t kBuckets = (64 - kSubBits + 1) << kSubBits;

  // Values below 2^kSubBits have a bucket each. Above, the top bit gives the power of two (`shift` more octaves), the
  // kSubBits bits behind it the bucket within.
  static std::size_t BucketOf(std::uint64_t value) {
    const auto width = static_cast<unsigned>(std::bit_width(value));
    if (width <= kSubBits) return value;
    const unsigned shift = width - kSubBits - 1;
    return (static_cast<std::size_t>(shift + 1) << kSubBits) + (value >> shift) - (1u << kSubBits);
  }
  static std::uint64_t UpperEnd(std::size_t bucket);

  std::array<std::uint64_t, kBuckets> buckets_{};
  std::uint64_t count_ = 0;
  std::int64_t max_ = 0;
};

}  // namespace hub::load
