// How near the process is to the end of its memory, and this loop to the end of its time.
//
//   level           from                                    then
//   kNoStrangers    80 % of the memory, or a loop that lags   connections from unknown addresses are closed at once, clients'
//                                                           windows are halved
//   kNoBursts       90 %                                    clients have their rates without a burst
//   kNoMessages     95 %                                    each message is answered ESME_RTHROTTLED
//
// Who is bound stays bound, receipts and MO go on, and what was accepted is handed on: all that makes room.
#pragma once

#include <cstdint>
#include <functional>

#include "server/base/timers.h"
#include "server/base/token_bucket.h"
#include "server/relay/context.h"

namespace hub::relay {

enum class OverloadLevel : std::uint8_t { kNone, kNoStrangers, kNoBursts, kNoMessages };

/// One loop's. Looks by a timer, a few times a second; level() is a load.
class Overload {
 public:
  /// changed: told of a new level after it holds.
  Overload(Context& context, std::function<void()> changed);

  OverloadLevel level() const { return level_; }
  bool Is(OverloadLevel at_least) const { return level_ >= at_least; }
  /// What clients have of their rates' bursts now.
  TokenBucket::Burst burst() const {
    return Is(OverloadLevel::kNoBursts) ? TokenBucket::Burst::kNone : TokenBucket::Burst::kAgreed;
  }
  /// What they have of their windows now; 1 at least.
  std::uint32_t WindowOf(std::uint32_t agreed) const {
    return Is(OverloadLevel::kNoStrangers) ? (agreed + 1) / 2 : agreed;
  }

 private:
  void Look();
  OverloadLevel OfMemory(std::uint64_t resident) const;
  OverloadLevel OfLag(Duration lag);
  void Purge();
  void Enter(OverloadLevel level, std::uint64_t resident, Duration lag);

  Context& context_;
  const std::function<void()> changed_;
  Timer timer_;
  TimePoint due_{};
  TimePoint watches_lag_from_{};
  int late_looks_ = 0;  // more of late than of those in time
  bool lags_ = false;
  OverloadLevel of_memory_ = OverloadLevel::kNone;
  TimePoint purged_{};
  OverloadLevel level_ = OverloadLevel::kNone;
};

}  // namespace hub::relay
