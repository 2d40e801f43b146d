// A clock that stands still until a test moves it.
#pragma once

#include "server/base/clock.h"

namespace hub::test {

class FakeClock final : public Clock {
 public:
  TimePoint Now() const override { return now_; }
  WallTime WallNow() const override { return wall_; }

  void Advance(Duration by) {
    now_ += by;
    nanos_ += by;
    wall_ = kStart + std::chrono::floor<std::chrono::microseconds>(nanos_);
  }

 private:
  static constexpr WallTime kStart =
      std::chrono::sys_days{std::chrono::year{2026} / 11 / 20} + std::chrono::hours(12);

  TimePoint now_{std::chrono::hours(1)};  // not zero: a forgotten initialisation shows
  Duration nanos_{0};
  WallTime wall_ = kStart;
};

}  // namespace hub::test
