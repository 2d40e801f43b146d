// When the messages of a steady rate are due.
#pragma once

#include <cstdint>

#include "server/base/clock.h"

namespace hub::load {

/// The nth message, from 0, is due at begin + n / per_second, rounded up to a nanosecond.
class Pace {
 public:
  explicit Pace(std::uint64_t per_second) : per_second_(per_second) {}

  void Begin(TimePoint begin) { begin_ = begin; }
  TimePoint DueAt(std::uint64_t n) const {
    const std::uint64_t nanos = (n % per_second_ * kSecond + per_second_ - 1) / per_second_;
    return begin_ + Duration(static_cast<std::int64_t>(n / per_second_ * kSecond + nanos));
  }
  /// How many are due at `now`: those with DueAt(n) <= now.
  std::uint64_t DueBy(TimePoint now) const {
    if (now < begin_) return 0;
    const auto nanos = static_cast<std::uint64_t>((now - begin_).count());
    return nanos / kSecond * per_second_ + nanos % kSecond * per_second_ / kSecond + 1;
  }

 private:
  static constexpr std::uint64_t kSecond = 1'000'000'000;

  std::uint64_t per_second_;
  TimePoint begin_{};
};

}  // namespace hub::load
