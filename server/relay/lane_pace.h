// When those come back that found the lane of their supplier full: about when it has room for them.
#pragma once

#include <algorithm>

#include "server/base/clock.h"

namespace hub::relay {

/// One a lane (supplier and class) of one loop; times are handed in. Measures how fast the lane drains and spreads those
/// that come back over the time in which it will, twice as fast as it did: so that it never runs dry for want of them, and
/// finds out when it could go faster. About one in two finds it full again and is put off once more.
class LanePace {
 public:
  static constexpr Duration kMeasure = std::chrono::seconds(1);
  static constexpr Duration kDrainMin = std::chrono::milliseconds(100);  // a full lane is drained
  static constexpr Duration kDrainMax = std::chrono::seconds(60);        // within these
  static constexpr Duration kBackMax = std::chrono::minutes(5);          // nobody stays away longer

  /// The lane was empty, and is not any more: what was measured before says nothing. Taken for fast until it is known.
  void Begin(TimePoint now) {
    since_ = now;
    taken_ = 0;
    each_ = Duration{0};
  }
  /// One left the lane for the supplier.
  void Took(TimePoint now) {
    Measure(now);
    ++taken_;
  }
  /// One more found the lane full: when it shall come back. Never earlier than the one before it, but for kBackMax.
  TimePoint PutOff(TimePoint now, std::size_t lane_max) {
    Measure(now);
    const auto most = static_cast<std::int64_t>(lane_max);
    const Duration each = std::clamp(each_, kDrainMin / most, kDrainMax / most);
    back_ = std::min(std::max(back_, now + each * most / 2) + each / 2, now + kBackMax);
    return back_;
  }

 private:
  void Measure(TimePoint now) {
    if (now - since_ < kMeasure) return;
    each_ = taken_ == 0 ? kDrainMax : (now - since_) / taken_;
    since_ = now;
    taken_ = 0;
  }

  TimePoint since_{};
  std::int64_t taken_ = 0;  // since then
  Duration each_{0};        // between two
  TimePoint back_{};        // of the last one that was put off
};

}  // namespace hub::relay
