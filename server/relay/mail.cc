#include "server/relay/mail.h"

#include "server/relay/id_profile.h"

namespace hub::relay {

Correlate Correlate::Of(const Message& message, const PlannedRoute& route) {
  const store::SupplierRow& supplier = message.SupplierOf(route);
  return {supplier.supplier_id,
          std::string(
              smpp::CanonicalId(ProfileOf(supplier.id_form), message.upstream_id, false).view()),
          message.id,
          message.client,
          message.registered_delivery,
          message.MovesMoney(),
          message.destination_addr};
}

PostOffice::PostOffice(unsigned loops) : loops_(loops), boxes_(loops * loops), wakers_(loops) {
  for (Box& each : boxes_) each.ring = std::make_unique<SpscRing<Mail>>(kRingLetters);
}

void PostOffice::Send(unsigned from, unsigned to, Mail&& mail) {
  Box& target = box(from, to);
  target.dirty = true;
  // Order is kept: nothing overtakes what waits.
  if (!target.waiting.empty() || !target.ring->TryPush(std::move(mail))) {
    target.waiting.push_back(std::move(mail));
  }
}

void PostOffice::EndTurn(unsigned from) {
  for (unsigned to = 0; to < loops_; ++to) {
    Box& target = box(from, to);
    while (!target.waiting.empty() && target.ring->TryPush(std::move(target.waiting.front()))) {
      target.waiting.pop_front();
    }
    if (!target.dirty) continue;
    target.dirty = !target.waiting.empty();
    wakers_[to]();
    if (target.dirty) wakers_[from]();  // come back for the rest
  }
}

}  // namespace hub::relay
