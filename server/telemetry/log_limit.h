// So many lines a second of one event; the rest is counted and told by the next line.
#pragma once

#include <atomic>
#include <cstdint>

#include "server/base/clock.h"

namespace hub {

/// One event's budget. Any thread, no lock. Two threads that meet at the turn of a second may let a line or two more
/// through: the limit protects a disk, not a promise.
class LogLimit {
 public:
  /// True: write the line, which also tells the `suppressed` ones before it. False: it was counted.
  bool Take(TimePoint now, std::uint64_t per_second_max, std::uint64_t* suppressed) {
    const std::int64_t second = SecondOf(now);
    std::int64_t seen = second_.load(std::memory_order_relaxed);
    if (seen != second && second_.compare_exchange_strong(seen, second)) {
      lines_.store(0, std::memory_order_relaxed);
    }
    if (lines_.fetch_add(1, std::memory_order_relaxed) >= per_second_max) {
      suppressed_.fetch_add(1, std::memory_order_relaxed);
      return false;
    }
    *suppressed = suppressed_.exchange(0, std::memory_order_relaxed);
    return true;
  }

  /// What nobody told yet, once the second is over: for the writer, when no next line comes. 0: nothing.
  std::uint64_t Leftover(TimePoint now) {
    if (second_.load(std::memory_order_relaxed) == SecondOf(now)) return 0;
    return suppressed_.exchange(0, std::memory_order_relaxed);
  }
  std::uint64_t LeftoverAtEnd() { return suppressed_.exchange(0, std::memory_order_relaxed); }

 private:
  static std::int64_t SecondOf(TimePoint t) {
    return std::chrono::floor<std::chrono::seconds>(t.time_since_epoch()).count();
  }

  std::atomic<std::int64_t> second_{-1};
  std::atomic<std::uint64_t> lines_{0};
  std::atomic<std::uint64_t> suppressed_{0};
};

}  // namespace hub
