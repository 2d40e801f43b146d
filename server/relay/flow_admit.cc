// What is judged of a message before there is one: its octets, and the limits that need no look at them.
#include "server/relay/flow.h"

namespace hub::relay {

using smpp::Status;

Status Flow::View(const smpp::Header& header, const Slice& pdu, smpp::MessageView& view) {
  const Status body = smpp::ViewMessage(header.command_id, pdu.bytes(), view);
  if (body != Status::ESME_ROK || view.tlv_count <= context_.limits.esme.pdu_tlvs_max) return body;
  context_.metrics.Add(Metric::rejected_tlvs);
  return Status::ESME_RINVTLVSTREAM;
}

Status Flow::Admit(EsmeEntry& entry, RateTurn turn) {
  // The client is gone from the database; what its session had received already is all that still comes.
  if (entry.row == nullptr) return Status::ESME_RSUBMITFAIL;
  if (overload_.Is(OverloadLevel::kNoMessages)) {
    context_.metrics.Add(Metric::rejected_overload);
    return Status::ESME_RTHROTTLED;
  }
  if (turn == RateTurn::kToTake && !entry.IsDelayed() && !front_.TakeTurn(entry)) {
    front_.NoteThrottled(entry);
    return Status::ESME_RTHROTTLED;
  }
  if (!records_.HasRoom()) {
    context_.metrics.Add(Metric::rejected_backlog);
    return Status::ESME_RMSGQFUL;
  }
  // Those of ours have limits of their own.
  if (attempts_.size() >= context_.limits.messages_max + kept_.kept()) {
    context_.metrics.Add(Metric::messages_full);
    return Status::ESME_RMSGQFUL;
  }
  if (entry.client->of_loop[context_.loop].unanswered.value() >=
      context_.limits.client_messages_max) {
    context_.metrics.Add(Metric::messages_share_full);
    return Status::ESME_RMSGQFUL;
  }
  return Status::ESME_ROK;
}

}  // namespace hub::relay
