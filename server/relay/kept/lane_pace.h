// When those come back that found the lane of their supplier full: about when it has room for them.
#pragma once

#include <algorithm>

#include "server/base/clock.h"

namespace hub::relay {

/// Nobody stays away longer as long as so many are not too many,
inline constexpr Duration kBackMax = std::chrono::minutes(5);
/// and who would has to wait behind that: of all lanes of a class and loop together they come back one by one, so far apart.
inline constexpr Duration kFarEach = std::chrono::microseconds(500);

/// One a class of one loop: places behind kBackMax. Each of those that come back costs a row written anew when its lane is
/// still full: so many a second, however many there are.
class FarBack {
 public:
  TimePoint Next(TimePoint now) {
    last_ = std::max(last_, now + kBackMax) + kFarEach;
    return last_;
  }

 private:
  TimePoint last_{};
};

/// One a lane (supplier and class) of one loop; times are handed in. Measures how fast the lane drains and spreads those
/// that come back over the time in which it will, twice as fast as it did: so that it never runs dry for want of them, and
/// finds out when it could go faster. About one in two finds it full again and is put off once more.
class LanePace {
 public:
  static constexpr Duration kMeasure = std::chrono::seconds(1);
  static constexpr Duration kDrainMin = std::chrono::milliseconds(100);  // a full lane is drained
  static constexpr Duration kDrainMax = std::chrono::seconds(60);        // within these

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
  /// One more found the lane full: when it shall come back. Not earlier than the one before it, but for those that `far`
  /// took: while there is no place within kBackMax.
  TimePoint PutOff(TimePoint now, std::size_t lane_max, FarBack& far) {
    Measure(now);
    const auto most = static_cast<std::int64_t>(lane_max);
    const Duration each = std::clamp(each_, kDrainMin / most, kDrainMax / most);
    const TimePoint back = std::max(back_, now + each * most / 2) + each / 2;
    if (back > now + kBackMax) return far.Next(now);
    back_ = back;
    return back;
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
  TimePoint back_{};        // of the last one that was put off, `far` apart
};

}  // namespace hub::relay
