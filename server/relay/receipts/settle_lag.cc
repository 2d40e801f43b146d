#include "server/relay/receipts/settle_lag.h"

#include <utility>

namespace hub::relay {

Duration SettleLag::Look(TimePoint now, journal::Position durable_end, journal::Position settled) {
  while (!samples_.empty() && samples_.front().end <= settled) samples_.pop_front();
  const bool grew = samples_.empty() || samples_.back().end < durable_end;
  if (durable_end > settled && grew) {
    if (samples_.size() >= kSamplesMax) Thin();
    samples_.push_back({now, durable_end});
  }
  return samples_.empty() ? Duration{0} : now - samples_.front().at;
}

// Every second one goes. The first stays: it tells for how long nothing was settled.
void SettleLag::Thin() {
  std::deque<Sample> kept;
  for (std::size_t i = 0; i < samples_.size(); i += 2) kept.push_back(samples_[i]);
  samples_ = std::move(kept);
}

}  // namespace hub::relay
