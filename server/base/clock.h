// Time is handed in, so that a test can hold it still.
#pragma once

#include <chrono>
#include <cstdint>

namespace hub {

using Duration = std::chrono::nanoseconds;
using TimePoint = std::chrono::steady_clock::time_point;            // for intervals: never jumps
using WallTime = std::chrono::sys_time<std::chrono::microseconds>;  // for rows, logs and rates

class Clock {
 public:
  virtual ~Clock() = default;
  virtual TimePoint Now() const = 0;
  virtual WallTime WallNow() const = 0;
};

/// The machine's clocks. Any thread.
class SystemClock final : public Clock {
 public:
  TimePoint Now() const override { return std::chrono::steady_clock::now(); }
  WallTime WallNow() const override {
    return std::chrono::time_point_cast<std::chrono::microseconds>(
        std::chrono::system_clock::now());
  }
};

/// Microseconds since 1970, as rows and rates carry them.
constexpr std::int64_t ToMicros(WallTime t) { return t.time_since_epoch().count(); }
constexpr WallTime FromMicros(std::int64_t us) { return WallTime(std::chrono::microseconds(us)); }

/// Days since 1970-01-01 UTC: the accounting day of a moment.
constexpr std::int32_t DayOf(WallTime t) {
  return static_cast<std::int32_t>(
      std::chrono::floor<std::chrono::days>(t).time_since_epoch().count());
}

}  // namespace hub
