#include "server/base/timers.h"

namespace hub {

void Timers::Advance(TimePoint now) {
  now_ = now;
  for (std::size_t left = armed_.size(); left > 0 && !armed_.empty(); --left) {
    const Key soonest = *armed_.begin();
    if (soonest.due > now) return;
    armed_.erase(armed_.begin());
    soonest.timer->armed_ = false;
    soonest.timer->fire_();  // may destroy the timer itself, and any other
  }
}

std::optional<TimePoint> Timers::next() const {
  if (armed_.empty()) return std::nullopt;
  return armed_.begin()->due;
}

void Timer::Start(Duration after) {
  Stop();
  due_ = timers_.now_ + after;
  order_ = timers_.order_++;
  timers_.armed_.insert({due_, order_, this});
  armed_ = true;
}

void Timer::Stop() {
  if (!armed_) return;
  timers_.armed_.erase({due_, order_, this});
  armed_ = false;
}

}  // namespace hub
