// The wall clock as it stood when the loop's turn began.
#pragma once

#include "server/base/clock.h"

namespace hub::net {

/// Rows, ids and deadlines of a turn carry one moment, and the clock is read once for hundreds of messages. Intervals are
/// measured anew. One thread.
class TurnClock final : public Clock {
 public:
  explicit TurnClock(const Clock& real) : real_(real), wall_(real.WallNow()) {}

  void BeginTurn() { wall_ = real_.WallNow(); }
  TimePoint Now() const override { return real_.Now(); }
  WallTime WallNow() const override { return wall_; }

 private:
  const Clock& real_;
  WallTime wall_;
};

}  // namespace hub::net
