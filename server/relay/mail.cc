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

PostOffice::PostOffice(unsigned loops) : loops_(loops), boxes_(loops * loops), wakers_(loops) {
  for (Box& each : boxes_) each.ring = std::make_unique<SpscRing<Mail>>(kRingLetters);
}

void PostOffice::Send(unsigned from, unsigned to, Mail&& mail) {
  box(from, to).waiting.push_back(std::move(mail));
}

std::size_t PostOffice::EndTurn(unsigned from) {
  std::size_t left = 0;
  for (unsigned to = 0; to < loops_; ++to) {
    Box& target = box(from, to);
    if (target.waiting.empty()) continue;
    while (!target.waiting.empty() && target.ring->TryPush(std::move(target.waiting.front()))) {
      target.waiting.pop_front();
    }
    wakers_[to]();
    if (!target.waiting.empty()) wakers_[from]();  // come back for the rest
    left += target.waiting.size();
  }
  return left;
}

}  // namespace hub::relay
