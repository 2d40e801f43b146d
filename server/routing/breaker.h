// Leaves a script alone that fails again and again.
#pragma once

#include <array>

#include "server/routing/router.h"

namespace hub::routing {

/// Opens for kBreakerPause when kBreakerErrors errors fell within kBreakerWithin. Time is handed in; one thread.
class Breaker {
 public:
  WallTime open_until() const { return open_until_; }  // 1970: it never opened
  bool IsOpen(WallTime at) const { return at < open_until_ && at >= opened_at_; }

  void OnError(WallTime at) {
    const WallTime oldest = errors_[next_];
    errors_[next_] = at;
    next_ = (next_ + 1) % errors_.size();
    if (count_ < kBreakerErrors) ++count_;
    // `oldest` is the error kBreakerErrors - 1 before this one: the ring holds one less.
    if (count_ < kBreakerErrors || at - oldest > kBreakerWithin) return;
    opened_at_ = at;
    open_until_ = at + kBreakerPause;
    count_ = 0;  // a script that was mended meanwhile starts with a clean sheet
  }

  void Reset() { *this = Breaker(); }

 private:
  std::array<WallTime, kBreakerErrors - 1> errors_{};
  std::size_t next_ = 0, count_ = 0;
  WallTime opened_at_{}, open_until_{};
};

}  // namespace hub::routing
