#include "server/relay/mail.h"

#include "server/relay/receipts/id_profile.h"
#include "server/relay/supplier/submit_rewrite.h"

namespace hub::relay {
namespace {

// By the same rules as when it was sent: the snapshot is that of the attempt.
std::unique_ptr<const SentAs> SentAsOf(const Message& message,
                                       const store::SupplierProfile& profile) {
  smpp::MessageView view;
  if (!profile.ChangesAddresses() ||
      smpp::ViewMessage(message.command_id, message.pdu.bytes(), view) != smpp::Status::ESME_ROK)
    return nullptr;
  return AddressesSent(profile, view);
}

}  // namespace

Correlate Correlate::Of(const Message& message, const PlannedRoute& route) {
  const store::SupplierRow& supplier = message.SupplierOf(route);
  return {supplier.supplier_id,
          std::string(
              smpp::CanonicalId(ProfileOf(supplier.id_form), message.upstream_id, false).view()),
          message.id,
          message.client,
          message.taken_at,
          message.registered_delivery,
          message.MovesMoney(),
          message.destination_addr,
          SentAsOf(message, supplier.profile)};
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
