// How many messages may wait at one bind while more come than it takes.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

#include "server/base/clock.h"

namespace hub::relay {

/// A queue takes up a burst, and is of no use to a load that does not end: it stays full, each message waits the whole length of it, and as
/// many are turned away as without it. So from the first message that found no room until none did for kCalm, the queue holds what its bind
/// sends within `wait`, and no message waits longer. kCalm is a part of a second, for a load that the bind carries finds a short queue full too when
/// the machine pauses for as long as `wait`: an overload turns somebody away all the time, and a pause that comes now and then must not keep it short.
///
/// That number is measured, not known: a window, a rate or the supplier's own pace may be what ends first. The most of the last second counts, so that a
/// supplier that stood still for a moment is not taken for a slow one. Those that wait for the disk on their way to the bind have places
/// besides, as many as are there on average: else a slow disk would be a limit of the rate.
///
/// One loop; times are handed in.
class QueueRoom {
 public:
  static constexpr std::int32_t kAll = INT32_MAX;  // as many as there are places
  static constexpr Duration kCalm = std::chrono::milliseconds(300);
  static constexpr Duration kMeasure = std::chrono::milliseconds(100);
  static constexpr std::int64_t kLeast = 8;  // a bind with nothing to send finds out no pace

  /// wait  0: never fewer than all
  explicit QueueRoom(Duration wait) : wait_(wait) {}

  void OnSent() { ++sent_; }
  /// How many may wait from now on, on their way or in the queue.
  /// promised     on their way now: see LinkState
  /// turned_away  a message found no room since the last time
  std::int32_t Places(TimePoint now, std::int32_t promised, bool turned_away) {
    if (wait_ == Duration{0}) return kAll;
    promised_ += promised;
    ++looks_;
    if (now - since_ >= kMeasure) Measure(now);
    if (turned_away) short_until_ = now + kCalm;
    return now < short_until_ ? places_ : kAll;
  }

 private:
  void Measure(TimePoint now) {
    const std::int64_t within = sent_ * wait_.count() / (now - since_).count();
    within_[next_++ % within_.size()] = within + promised_ / looks_;
    const std::int64_t most = *std::max_element(within_.begin(), within_.end());
    places_ = static_cast<std::int32_t>(std::clamp<std::int64_t>(most, kLeast, kAll - 1));
    since_ = now;
    sent_ = promised_ = looks_ = 0;
  }

  const Duration wait_;
  TimePoint since_{};
  TimePoint short_until_{};
  std::int64_t sent_ = 0, promised_ = 0, looks_ = 0;  // since then
  std::array<std::int64_t, 10> within_{};             // of the last ten kMeasure
  std::size_t next_ = 0;
  std::int32_t places_ = kLeast;
};

}  // namespace hub::relay
