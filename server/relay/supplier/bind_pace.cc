#include "server/relay/supplier/bind_pace.h"

namespace hub::relay {
namespace {

constexpr Duration kSecond = std::chrono::seconds(1);
constexpr std::int64_t kSteps =
    32;  // seconds of good answers from nothing to the rate of the last cut

}  // namespace

TimePoint BindPace::Next(TimePoint now) {
  if (phase_ == Phase::kPaused && paused_until_ <= now) phase_ = Phase::kProbe;
  switch (phase_) {
    case Phase::kPaused:
      return std::max(paused_until_, pacer_.next());
    case Phase::kAsked:
      return TimePoint::max();
    case Phase::kFree:
    case Phase::kProbe:
      break;
  }
  return pacer_.next();
}

void BindPace::OnSent(TimePoint now) {
  pacer_.TryTake(now);
  Measure(now);
  ++sent_;
  if (phase_ == Phase::kProbe) phase_ = Phase::kAsked;
}

void BindPace::Measure(TimePoint now) {
  if (now - second_ < kSecond) return;
  sent_before_ = now - second_ < 2 * kSecond ? sent_ : 0;
  second_ = now;
  sent_ = 0;
}

void BindPace::OnGood(TimePoint sent_at, TimePoint now) {
  if (!Counts(sent_at)) return;
  throttled_since_.reset();
  if (phase_ != Phase::kFree) grown_at_ = now;
  phase_ = Phase::kFree;
  if (cut_rate_ != 0 && now - grown_at_ >= kSecond) Grow(now);
}

void BindPace::Grow(TimePoint now) {
  grown_at_ = now;
  cut_rate_ += std::max<std::int64_t>(1, ceiling_ / kSteps);
  const bool all = limits_.rate_per_second != 0 && cut_rate_ >= limits_.rate_per_second;
  if (all || cut_rate_ > 2 * ceiling_) cut_rate_ = 0;
  SetPacer();
}

void BindPace::OnThrottled(TimePoint sent_at, TimePoint now) {
  if (Counts(sent_at)) Cut(now);
}

void BindPace::Cut(TimePoint now) {
  Measure(now);
  const std::int64_t sent = std::max({sent_, sent_before_, std::int64_t{1}});
  const std::int64_t before = cut_rate_ != 0 ? cut_rate_ : sent;
  if (phase_ == Phase::kFree) ceiling_ = before;
  cut_rate_ = std::max<std::int64_t>(1, before / 2);
  cut_at_ = now;
  paused_until_ = now + limits_.pause;
  phase_ = Phase::kPaused;
  if (!throttled_since_) throttled_since_ = now;
  ++pauses_;
  SetPacer();
}

void BindPace::OnNoAnswer(TimePoint sent_at, TimePoint now) {
  if (phase_ != Phase::kAsked || !Counts(sent_at)) return;
  paused_until_ = now + limits_.pause;
  phase_ = Phase::kPaused;
}

void BindPace::OnLost() {
  if (phase_ == Phase::kAsked) phase_ = Phase::kProbe;
}

Throttle BindPace::state(TimePoint now) const {
  if (phase_ == Phase::kFree) return Throttle::kNone;
  const bool choked = throttled_since_ && now - *throttled_since_ >= limits_.patience;
  if (phase_ == Phase::kProbe) return choked ? Throttle::kChokedProbe : Throttle::kProbe;
  return choked ? Throttle::kChoked : Throttle::kPaused;
}

std::int64_t BindPace::rate() const {
  if (cut_rate_ == 0 || limits_.rate_per_second == 0)
    return std::max(cut_rate_, limits_.rate_per_second);
  return std::min(cut_rate_, limits_.rate_per_second);
}

}  // namespace hub::relay
