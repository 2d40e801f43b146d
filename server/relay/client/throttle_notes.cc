#include "server/relay/client/throttle_notes.h"

#include <algorithm>

#include "server/telemetry/log.h"

namespace hub::relay {

ThrottleNotes::ThrottleNotes(Context& context)
    : context_(context), timer_(context.network.timers(), [this] { TellFirst(); }) {}

void ThrottleNotes::Add(const std::shared_ptr<ClientState>& client) {
  client->throttled.fetch_add(1, std::memory_order_relaxed);
  if (client->throttled_untold.fetch_add(1, std::memory_order_relaxed) != 0) return;
  if (notes_.size() >= kClientsMax) {
    client->throttled_untold.store(0, std::memory_order_relaxed);
    return context_.metrics.Add(Metric::throttled_clients_untold);
  }
  notes_.push_back({client, context_.now()});
  if (!timer_.armed()) timer_.Start(kPeriod);
}

void ThrottleNotes::TellFirst() {
  const Note first = std::move(notes_.front());
  notes_.pop_front();
  const TimePoint now = context_.now();
  Log(Event::client_throttled,
      {{"system_id", first.client->system_id},
       {"count", first.client->throttled_untold.exchange(0, std::memory_order_relaxed)},
       {"over_s", std::chrono::duration_cast<std::chrono::seconds>(now - first.since).count()}});
  if (!notes_.empty()) timer_.Start(std::max(kPause, notes_.front().since + kPeriod - now));
}

}  // namespace hub::relay
