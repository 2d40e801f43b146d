// When the messages of a steady rate, or of bursts, are due.
#pragma once

#include <algorithm>
#include <cstdint>

#include "server/base/clock.h"

namespace hub::load {

/// Bursts: `length` of messages out of every `every`, from the beginning on. Zero: always.
struct Bursts {
  std::chrono::seconds length{0};
  std::chrono::seconds every{0};
};

/// The nth message, from 0, is due at begin + n / per_second, rounded up to a nanosecond. In bursts: as long behind the beginning of
/// its burst, and each burst has per_second * length messages.
class Pace {
 public:
  explicit Pace(std::uint64_t per_second, Bursts bursts = {})
      : per_second_(per_second),
        burst_messages_(per_second * static_cast<std::uint64_t>(bursts.length.count())),
        every_(bursts.every) {}

  void Begin(TimePoint begin) { begin_ = begin; }
  TimePoint DueAt(std::uint64_t n) const {
    if (burst_messages_ == 0) return begin_ + Offset(n);
    return begin_ + every_ * static_cast<std::int64_t>(n / burst_messages_) +
           Offset(n % burst_messages_);
  }
  /// How many are due at `now`: those with DueAt(n) <= now.
  std::uint64_t DueBy(TimePoint now) const {
    if (now < begin_) return 0;
    const Duration since = now - begin_;
    if (burst_messages_ == 0) return DueWithin(since);
    const auto burst = static_cast<std::uint64_t>(since / every_);
    return burst * burst_messages_ + std::min(burst_messages_, DueWithin(since % every_));
  }

 private:
  static constexpr std::uint64_t kSecond = 1'000'000'000;

  Duration Offset(std::uint64_t n) const {
    const std::uint64_t nanos = (n % per_second_ * kSecond + per_second_ - 1) / per_second_;
    return Duration(static_cast<std::int64_t>(n / per_second_ * kSecond + nanos));
  }
  std::uint64_t DueWithin(Duration since) const {
    const auto nanos = static_cast<std::uint64_t>(since.count());
    return nanos / kSecond * per_second_ + nanos % kSecond * per_second_ / kSecond + 1;
  }

  std::uint64_t per_second_;
  std::uint64_t burst_messages_;  // of one burst; 0: a steady rate
  Duration every_;
  TimePoint begin_{};
};

}  // namespace hub::load
