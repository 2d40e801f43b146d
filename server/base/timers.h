// Timers of one loop, driven by whoever owns the clock: libevent in the daemon, a test by hand.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <utility>

#include "server/base/clock.h"

namespace hub {

class Timer;

/// How late a patient timer may be where nothing else wakes its loop (Timer::StartPatiently).
inline constexpr Duration kPatience = std::chrono::milliseconds(100);

/// All armed timers of one loop, soonest first. One thread. Must outlive its timers.
class Timers {
 public:
  /// Fires what is due at `now`, in order of deadline, then of arming. A timer may re-arm itself.
  /// Fires at most as many as were armed at entry, so a zero timer cannot hold the loop.
  void Advance(TimePoint now);
  /// When to be called again at the latest. Patient timers that are due earlier fire whenever it is called.
  std::optional<TimePoint> next() const;
  TimePoint now() const { return now_; }
  void set_now(TimePoint now) { now_ = now; }

 private:
  friend class Timer;
  struct Key {
    TimePoint due;
    std::uint64_t order;
    Timer* timer;
    bool operator<(const Key& other) const {
      return std::pair(due, order) < std::pair(other.due, other.order);
    }
  };
  using Armed = std::set<Key>;
  Armed* Soonest();  // null: none is armed

  Armed punctual_, patient_;
  TimePoint now_{};
  std::uint64_t order_ = 0;
};

/// One timer: at most one deadline. Stops when it dies, so its callback never meets a dead owner.
class Timer {
 public:
  Timer(Timers& timers, std::function<void()> fire) : timers_(timers), fire_(std::move(fire)) {}
  ~Timer() { Stop(); }
  Timer(const Timer&) = delete;
  Timer& operator=(const Timer&) = delete;

  void Start(Duration after);  // from Timers::now(); an earlier deadline is forgotten
  /// The same for what may be late by kPatience: the loop does not wake for it alone before that, so that the many of 10,000 idle
  /// binds share a turn. Never early, and exact while the loop turns for other reasons.
  void StartPatiently(Duration after);
  void Stop();
  bool armed() const { return armed_in_ != nullptr; }

 private:
  friend class Timers;
  void Arm(Timers::Armed& among, Duration after);

  Timers& timers_;
  std::function<void()> fire_;
  TimePoint due_{};
  std::uint64_t order_ = 0;
  Timers::Armed* armed_in_ = nullptr;  // null: stopped
  Timers::Armed::node_type
      spare_;  // its place among those armed, kept: to arm it again allocates nothing
};

}  // namespace hub
