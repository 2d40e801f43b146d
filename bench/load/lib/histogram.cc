#include "bench/load/lib/histogram.h"

#include <algorithm>
#include <bit>

namespace hub::load {

// Values below 2^kSubBits have a bucket each. Above, the top bit gives the power of two (`shift` more octaves), the
// kSubBits bits behind it the bucket within.
std::size_t Histogram::BucketOf(std::uint64_t value) {
  const auto width = static_cast<unsigned>(std::bit_width(value));
  if (width <= kSubBits) return value;
  const unsigned shift = width - kSubBits - 1;
  return (static_cast<std::size_t>(shift + 1) << kSubBits) + (value >> shift) - (1u << kSubBits);
}

std::uint64_t Histogram::UpperEnd(std::size_t bucket) {
  if (bucket < 1u << kSubBits) return bucket;
  const std::size_t shift = (bucket >> kSubBits) - 1;
  const std::uint64_t within = (bucket & ((1u << kSubBits) - 1)) + (1u << kSubBits);
  return ((within + 1) << shift) - 1;
}

void Histogram::Add(Duration latency) {
  const std::int64_t value = std::max<std::int64_t>(0, latency.count());
  ++buckets_[BucketOf(static_cast<std::uint64_t>(value))];
  ++count_;
  max_ = std::max(max_, value);
}

Duration Histogram::Percentile(unsigned parts_per_thousand) const {
  std::uint64_t rank = (count_ * parts_per_thousand + 999) / 1000;
  for (std::size_t i = 0; i < kBuckets; ++i) {
    if (buckets_[i] >= rank && rank > 0) {
      return Duration(std::min(max_, static_cast<std::int64_t>(UpperEnd(i))));
    }
    rank -= buckets_[i];
  }
  return Duration(0);
}

}  // namespace hub::load
