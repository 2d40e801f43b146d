#include "bench/load/lib/histogram.h"

namespace hub::load {

std::uint64_t Histogram::UpperEnd(std::size_t bucket) {
  if (bucket < 1u << kSubBits) return bucket;
  const std::size_t shift = (bucket >> kSubBits) - 1;
  const std::uint64_t within = (bucket & ((1u << kSubBits) - 1)) + (1u << kSubBits);
  return ((within + 1) << shift) - 1;
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
