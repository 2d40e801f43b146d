#include "server/relay/kept/kept_changes.h"

#include "server/relay/client/change_request.h"

namespace hub::relay {
namespace {

using smpp::CommandId;
using smpp::Status;

Status Failed(const ChangeOrder& order) {
  return order.command_id == CommandId::cancel_sm ? Status::ESME_RCANCELFAIL
                                                  : Status::ESME_RREPLACEFAIL;
}

// Somebody else's message is as unknown as none.
bool IsTheirs(const Message& message, const ChangeOrder& order) {
  if (message.client->client_id != order.client_id) return false;
  const ChangeRequest request = ReadChange(order.pdu.bytes());
  if (!request.IsFrom(message.source_ton, message.source_npi, message.source_addr)) return false;
  if (request.destination_addr.empty()) return true;
  smpp::MessageView view;  // the message's own word for it: destination_addr is what we route by
  return smpp::ViewMessage(message.command_id, message.pdu.bytes(), view) == Status::ESME_ROK &&
         request.destination_addr == view.destination_addr;
}

}  // namespace

void KeptChanges::OnOrder(const ChangeOrder& order) {
  Message* message = keeper_.Find(order.message_id);
  const bool fetched = message == nullptr;
  if (fetched) {
    // What PostgreSQL showed was true when it had settled so far: it may have ended since, or gone to a supplier.
    if (order.stored == nullptr || keeper_.IsOutOfDate(order.message_id, order.settled))
      return Reply(order, ChangeEnd::kNotHere);
    // Of a run that kept a journal: it stays as it is.
    if (!records_.keeps()) return Reply(order, ChangeEnd::kAnswer, Failed(order));
    message = keeper_.Fetch(*order.stored);
    if (message == nullptr) return Reply(order, ChangeEnd::kAnswer, Failed(order));
  }
  if (message->step != Step::kKept) {
    if (IsTheirs(*message, order)) return Reply(order, ChangeEnd::kUnderWay);
    return Reply(order, ChangeEnd::kAnswer, Status::ESME_RINVMSGID);
  }
  const Status status = Change(*message, order);
  if (status == Status::ESME_ROK) return;  // OnDurable goes on
  message = keeper_.Find(order.message_id);
  if (fetched && message != nullptr) keeper_.PutBack(*message);
  Reply(order, ChangeEnd::kAnswer, status);
}

Status KeptChanges::Change(Message& message, const ChangeOrder& order) {
  if (!IsTheirs(message, order)) return Status::ESME_RINVMSGID;
  // A supplier may have it, or its time is over and nobody looked yet.
  if (message.possible_duplicate || !records_.HasRoom() || keeper_.EndIfExpired(message))
    return Failed(order);
  if (order.command_id == CommandId::cancel_sm) {
    keeper_.Cancel(message, *this, Owe(order));
    return Status::ESME_ROK;
  }
  const Status status = keeper_.Replace(message, ReadReplace(order.pdu.bytes()));
  if (status == Status::ESME_ROK) records_.Then(*this, Owe(order));
  return status;
}

std::uint64_t KeptChanges::Owe(const ChangeOrder& order) {
  return owed_.Insert(std::make_unique<Owed>(Owed{order.asker, order.change}));
}

void KeptChanges::OnDurable(std::uint64_t slot) {
  const std::unique_ptr<Owed> owed = owed_.Take(slot);
  routes_.SendReply({owed->change, ChangeEnd::kAnswer, Status::ESME_ROK}, owed->asker);
}

void KeptChanges::Reply(const ChangeOrder& order, ChangeEnd end, Status status) {
  routes_.SendReply({order.change, end, status}, order.asker);
}

}  // namespace hub::relay
