// Where a message may wait: a part with the part before it, a client's messages in its share of what is short.
#include "server/relay/attempts.h"
#include "server/relay/supplier/link_choice.h"

namespace hub::relay {

// In its plan, from where it stands; plan_count: nowhere.
std::uint8_t Attempts::FollowedAt(const Message& message, const PartPins::Pin& pin) const {
  for (std::uint8_t i = message.next_route; i < message.plan_count; ++i) {
    const PlannedRoute& route = message.plan[i];
    if (message.SupplierOf(route).supplier_id != pin.supplier_id) continue;
    return IsWorthWaiting(LinksOf(message, route)) ? i : message.plan_count;
  }
  return message.plan_count;
}

const SupplierEntry* Attempts::Followed(const Message& message) const {
  const auto pin = PinOf(message);
  const std::uint8_t at = pin ? FollowedAt(message, *pin) : message.plan_count;
  return at == message.plan_count ? nullptr : &LinksOf(message, message.plan[at]);
}

// True: its next route is the one that it waits for. Who was throttled has its own patience with its supplier, wherever others are.
bool Attempts::Follow(Message& message, const PartPins::Pin& pin) const {
  const std::uint8_t at = FollowedAt(message, pin);
  if (at == message.plan_count || (message.again && at != message.next_route)) return false;
  PutNext(message, at);
  return true;
}

void Attempts::NoteWaiting(const Message& message, std::int64_t supplier_id) {
  if (message.parts_key == 0) return;
  const auto pin = PinOf(message);
  const bool known = pin && pin->supplier_id == supplier_id;
  context_.parts.Note(message.parts_key, {supplier_id, known ? pin->link : nullptr},
                      context_.now());
}

// Who was throttled had its place before.
bool Attempts::HasShareOf(const Message& message, const SupplierEntry& supplier,
                          const LinkState* link) const {
  const std::int64_t client = message.client->client_id;
  if (link == nullptr) NoteWant(supplier, client, context_.now());
  if (link == nullptr || message.again || HasShare(supplier, *link, client, context_.now()))
    return true;
  context_.metrics.Add(Metric::queue_share_full);
  return false;
}

}  // namespace hub::relay
