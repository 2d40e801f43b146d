#include "server/relay/mail.h"

#include <utility>

namespace hub::relay {

Correlate Correlate::Of(const Message& message, KnownAs known, const store::ClientRow* row) {
  return {known.supplier_id,
          std::move(known.upstream_key),
          message.id,
          message.client,
          known.taken_at,
          message.registered_delivery,
          message.MovesMoney(row),
          message.destination_addr,
          std::move(known.sent_as)};
}

Correlate Correlate::Of(Message& message, const PlannedRoute& route) {
  KnownAs known{message.SupplierOf(route).supplier_id, std::move(message.upstream_key),
                message.taken_at, std::move(message.sent_as)};
  return Of(message, std::move(known), message.row);
}

// Of letters to one loop; what a loop that stood still for seconds made of it is given back.
constexpr std::size_t kWaitingOctetsKept = std::size_t{4} << 20;

PostOffice::PostOffice(unsigned loops)
    : loops_(loops), rings_(loops * loops), senders_(loops), wakers_(loops) {
  for (auto& each : rings_) each = std::make_unique<SpscRing<Mail>>(kRingLetters);
  for (Sender& each : senders_) each.waiting.resize(loops);
}

void PostOffice::Send(unsigned from, unsigned to, Mail&& mail) {
  ++senders_[from].sent;
  senders_[from].waiting[to].push_back(std::move(mail));
}

std::size_t PostOffice::EndTurn(unsigned from) {
  std::size_t left = 0;
  for (unsigned to = 0; to < loops_; ++to) {
    Ring<Mail>& waiting = senders_[from].waiting[to];
    if (waiting.empty()) continue;
    SpscRing<Mail>& ring = *rings_[from * loops_ + to];
    while (!waiting.empty() && ring.TryPush(std::move(waiting.front()))) waiting.pop_front();
    wakers_[to]();
    if (!waiting.empty()) wakers_[from]();  // come back for the rest
    if (waiting.memory_octets() > kWaitingOctetsKept) waiting.Rest();
    left += waiting.size();
  }
  return left;
}

}  // namespace hub::relay
