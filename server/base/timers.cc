#include "server/base/timers.h"

#include <algorithm>

namespace hub {

Timers::Armed* Timers::Soonest() {
  if (punctual_.empty()) return patient_.empty() ? nullptr : &patient_;
  if (patient_.empty()) return &punctual_;
  return *patient_.begin() < *punctual_.begin() ? &patient_ : &punctual_;
}

void Timers::Advance(TimePoint now) {
  now_ = now;
  for (std::size_t left = punctual_.size() + patient_.size(); left > 0; --left) {
    Armed* const among = Soonest();
    if (among == nullptr || among->begin()->due > now) return;
    Timer& timer = *among->begin()->timer;
    timer.spare_ = among->extract(among->begin());
    timer.armed_in_ = nullptr;
    timer.fire_();  // may destroy the timer itself, and any other
  }
}

std::optional<TimePoint> Timers::next() const {
  std::optional<TimePoint> next;
  if (!punctual_.empty()) next = punctual_.begin()->due;
  if (!patient_.empty()) {
    const TimePoint latest = patient_.begin()->due + kPatience;
    next = std::min(next.value_or(latest), latest);
  }
  return next;
}

void Timer::Start(Duration after) { Arm(timers_.punctual_, after); }

void Timer::StartPatiently(Duration after) { Arm(timers_.patient_, after); }

void Timer::Arm(Timers::Armed& among, Duration after) {
  Stop();
  due_ = timers_.now_ + after;
  order_ = timers_.order_++;
  if (spare_.empty()) {
    among.insert({due_, order_, this});
  } else {
    spare_.value() = {due_, order_, this};
    among.insert(std::move(spare_));
  }
  armed_in_ = &among;
}

void Timer::Stop() {
  if (!armed()) return;
  spare_ = armed_in_->extract({due_, order_, this});
  armed_in_ = nullptr;
}

}  // namespace hub
