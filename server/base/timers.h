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

/// All armed timers of one loop, soonest first. One thread. Must outlive its timers.
class Timers {
 public:
  /// Fires what is due at `now`, in order of deadline, then of arming. A timer may re-arm itself.
  /// Fires at most as many as were armed at entry, so a zero timer cannot hold the loop.
  void Advance(TimePoint now);
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
  std::set<Key> armed_;
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
  void Stop();
  bool armed() const { return armed_; }

 private:
  friend class Timers;
  Timers& timers_;
  std::function<void()> fire_;
  TimePoint due_{};
  std::uint64_t order_ = 0;
  bool armed_ = false;
};

}  // namespace hub
