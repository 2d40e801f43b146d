// Messages of ours that their clients take back or change while they wait.
#include "server/relay/kept/keeper.h"
#include "server/relay/kept/replacement.h"

namespace hub::relay {

using smpp::MessageState;

Message* Keeper::Find(MessageId id) {
  const auto found = kept_.find(id);
  return found == kept_.end() ? nullptr : flow_.attempts().Find(found->second);
}

bool Keeper::IsOutOfDate(MessageId id, journal::Position settled) const {
  return !recent_.Knows(settled) || recent_.Contains(id);
}

Message* Keeper::Fetch(const store::StoredMessage& stored) {
  const std::optional<MessageClass> c = ParseMessageClass(stored.message_class);
  if (draining_ || !c || FromMicros(stored.expires_at_us) <= context_.wall_now()) return nullptr;
  Message* message = Adopt(*c, stored);
  if (message != nullptr) room_.AddSpilled(*c, -1);
  return message;
}

void Keeper::Cancel(Message& message, Durable& who, std::uint64_t token) {
  context_.metrics.Add(Metric::messages_cancelled);
  ForgetResubmits(message);
  NoteGone(message);
  WriteEnd(message, MessageState::DELETED, store::OutcomeCause::kCancelled);
  records_.Then(who, token);
  Tell(message, MessageState::DELETED);
  LetGo(message);
}

smpp::Status Keeper::Replace(Message& message, const smpp::ReplaceSm& request) {
  const store::ClientRow* row = front_.snapshot()->ClientOf(*message.client);
  if (row == nullptr) return smpp::Status::ESME_RREPLACEFAIL;
  Replacement made;
  const smpp::Status status = MakeReplacement(request, message, *row, context_.wall_now(), &made);
  if (status != smpp::Status::ESME_ROK) return status;
  store::ReplacedRecord record;
  record.message_id = message.id;
  record.next_at_us = ToMicros(made.next_at);
  record.expires_at_us = ToMicros(made.expires_at);
  record.registered_delivery = request.registered_delivery;
  record.pdu = made.pdu.bytes();
  records_.Write(record);
  context_.metrics.Add(Metric::messages_replaced);
  ForgetResubmits(message);
  message.pdu = std::move(made.pdu);
  message.registered_delivery = request.registered_delivery;
  message.next_at = made.next_at;
  message.expires_at = made.expires_at;
  WaitAnew(message);
  return smpp::Status::ESME_ROK;
}

// Who takes a message back and sends it anew means a new one, and not the id of one that was DELETED.
void Keeper::ForgetResubmits(const Message& message) {
  const store::ClientRow* row = front_.snapshot()->ClientOf(*message.client);
  smpp::MessageView view;
  if (row == nullptr || row->dedupe_window_s == 0 ||
      smpp::ViewMessage(message.command_id, message.pdu.bytes(), view) != smpp::Status::ESME_ROK)
    return;
  if (const auto key = DedupeKeyOf(row->dedupe_by, view))
    context_.dedupe.Abandon(message.client->client_id, *key, message.id);
}

// Where it waited it has another number now, so that its place there is nobody's.
void Keeper::WaitAnew(Message& message) {
  NoteGone(message);
  message.again = false;
  message.slot = kept_[message.id] = flow_.attempts().Renew(message.slot);
  if (!room_.HasRoomForLater(message.message_class)) return Spill(message);
  WaitForItsTime(message);
}

// Lanes are swept. What waits for its time would keep its place until then, and who takes back all that he schedules would
// have all places.
void Keeper::NoteGone(const Message& message) {
  if (message.snapshot != nullptr) return;  // in a lane
  room_.NoteGone(message.message_class, [this, going = message.slot](SlotId slot) {
    return slot == going || flow_.attempts().Find(slot) == nullptr;
  });
}

}  // namespace hub::relay
