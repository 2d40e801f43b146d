// When those come back that found the lane of their supplier full: about when it has room for them.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <utility>

#include "server/base/clock.h"

namespace hub::relay {

/// Those of lanes that are slow or stand come back so far apart, of all such lanes of a class and loop together.
inline constexpr Duration kBackEach = std::chrono::microseconds(500);
/// Not sooner than this,
inline constexpr Duration kBackMin = std::chrono::seconds(1);
/// and no later than this while there are places.
inline constexpr Duration kBackMax = std::chrono::seconds(30);

/// One a class of one loop: places for those whose lanes are slow. Such a lane may be fast the next moment, and what was measured of it knows
/// nothing of that; but each of those that come back costs a row written anew while its lane is still full: so many a second, however
/// many there are. 16 KiB.
class BackPlaces {
 public:
  /// The first free one that is not before `earliest`, which is kBackMax ahead at most.
  TimePoint Find(TimePoint now, TimePoint earliest) {
    Forget(SecondOf(now));
    std::int64_t second = SecondOf(earliest);
    while (second < begin_ + kSeconds - 1 && Taken(second) >= kASecond) ++second;
    const std::int64_t place = std::min(Taken(second), kASecond - 1);
    return std::max(earliest, TimePoint(std::chrono::seconds(second)) + place * kBackEach);
  }
  void Take(TimePoint place) { ++taken_[IndexOf(SecondOf(place))]; }

 private:
  static constexpr std::int64_t kASecond = std::chrono::seconds(1) / kBackEach;
  static constexpr std::int64_t kSeconds = 4'096;  // who finds none in them has the last one

  static std::int64_t SecondOf(TimePoint at) {
    return at.time_since_epoch() / Duration(std::chrono::seconds(1));
  }
  static std::size_t IndexOf(std::int64_t second) {
    return static_cast<std::size_t>(second % kSeconds);
  }
  std::int64_t Taken(std::int64_t second) const { return taken_[IndexOf(second)]; }
  void Forget(std::int64_t now) {
    begin_ = std::max(begin_, now - kSeconds);
    for (; begin_ < now; ++begin_) taken_[IndexOf(begin_)] = 0;
  }

  std::int64_t begin_ = 0;  // the first second that is counted
  std::array<std::uint32_t, kSeconds> taken_{};
};

/// One a lane (supplier and class) of one loop; times are handed in. Measures how fast the lane drains and spreads those
/// that come back over the time in which it will, twice as fast as it did: so that it never runs dry for want of them, and
/// finds out when it could go faster. About one in two finds it full again and is put off once more. Where the lane is slow, or stands, they come
/// back sooner, as far as BackPlaces goes: behind as long as it is slow already, so that a short halt costs little and a long one few rows.
class LanePace {
 public:
  static constexpr Duration kMeasure = std::chrono::seconds(1);
  static constexpr Duration kDrainMin =
      std::chrono::milliseconds(100);  // no lane drains faster from full to empty
  static constexpr Duration kEachMax =
      std::chrono::minutes(2);  // nor is it taken for slower than this

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
  /// One more found the lane full: when it shall come back. holds: what is in the lane; lane_max: what it may hold while memory
  /// has room.
  TimePoint PutOff(TimePoint now, std::size_t holds, std::size_t lane_max, BackPlaces& places) {
    Measure(now);
    if (away_until_ + kBackMax <= now) slow_since_ = now;  // what was before is long over
    const auto most = static_cast<std::int64_t>(lane_max);
    const Duration each = std::max(each_, kDrainMin / most);
    const Duration wait = each * static_cast<std::int64_t>(holds) / 2;
    if (each * most / 2 <= kBackMin) {
      if (std::exchange(slow_, false)) back_ = now;  // its slow pace says nothing of it now
      slow_since_ = now;
    } else {
      slow_ = true;
    }
    const TimePoint own = std::max(back_, now + wait) + each / 2;
    const TimePoint back = slow_ ? Sooner(own, now, places) : own;
    if (back == own) back_ = own;
    away_until_ = std::max(away_until_, back);
    return back;
  }

 private:
  TimePoint Sooner(TimePoint own, TimePoint now, BackPlaces& places) const {
    const Duration slow = now - slow_since_;
    const TimePoint place = places.Find(now, now + std::clamp(slow, kBackMin, kBackMax));
    if (place >= own) return own;
    places.Take(place);
    return place;
  }
  void Measure(TimePoint now) {
    if (now - since_ < kMeasure) return;
    each_ = taken_ == 0 ? kEachMax : std::min<Duration>(kEachMax, (now - since_) / taken_);
    since_ = now;
    taken_ = 0;
  }

  TimePoint since_{};
  std::int64_t taken_ = 0;  // since then
  Duration each_{0};        // between two
  bool slow_ = false;
  TimePoint back_{};        // of the last one that was put off in its own pace
  TimePoint away_until_{};  // all that were put off
  TimePoint slow_since_{};
};

}  // namespace hub::relay
