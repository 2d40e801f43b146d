// When the next submit to a supplier may go: its rate, shared by all its links on all loops.
#pragma once

#include <atomic>
#include <cstdint>

#include "server/base/clock.h"

namespace hub::relay {

/// How far behind its time a submit may go and still keep it: a timer that fires late costs no throughput.
inline constexpr Duration kPaceLate = std::chrono::milliseconds(10);

/// GCRA with one atomic, "the time of the next one". Any thread, no lock. In no window of one second does the peer see more
/// than per_second submits:
///
///   gap     = (1 s + margin + kPaceLate) / per_second, rounded up
///   a submit may go at t when  next - kPaceLate <= t;  then  next = max(next, t) + gap
///   so of any n that follow each other the last goes at least  (n - 1) * gap - kPaceLate  behind the first,
///   and n = per_second + 1 of them span at least  1 s + margin.
///
/// `margin` is what the way to the peer may take off that span: t is the beginning of a loop's turn and the octets leave at
/// its end, and networks hold up one packet and not the next. The price is throughput: (10 ms + margin) / 1 s of the rate, 3.5 %
/// with the default margin of 25 ms.
class SubmitPacer {
 public:
  /// per_second  0: no limit. Holds from now on: what went before is not remembered.
  void Set(std::int64_t per_second, Duration margin) {
    const std::int64_t span = (std::chrono::seconds(1) + margin + kPaceLate).count();
    gap_ns_.store(per_second == 0 ? 0 : span / per_second + 1, std::memory_order_relaxed);
  }

  /// True takes the next place; false takes none.
  bool TryTake(TimePoint now) {
    const std::int64_t gap = gap_ns_.load(std::memory_order_relaxed);
    if (gap == 0) return true;
    const std::int64_t t = now.time_since_epoch().count();
    std::int64_t next = next_ns_.load(std::memory_order_relaxed);
    while (next - kPaceLate.count() <= t) {
      const std::int64_t behind = (next > t ? next : t) + gap;
      if (next_ns_.compare_exchange_weak(next, behind, std::memory_order_relaxed)) return true;
    }
    return false;
  }

  /// From then on TryTake may succeed.
  TimePoint next() const {
    if (gap_ns_.load(std::memory_order_relaxed) == 0) return TimePoint::min();
    return TimePoint(Duration(next_ns_.load(std::memory_order_relaxed))) - kPaceLate;
  }

 private:
  std::atomic<std::int64_t> gap_ns_{0};
  std::atomic<std::int64_t> next_ns_{0};
};

}  // namespace hub::relay
