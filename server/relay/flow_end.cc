// How a message ends for its client: charged and answered ESME_ROK, or refused and its money back.
#include <array>

#include "protocol/pdu/answer.h"
#include "server/base/check.h"
#include "server/base/crash_point.h"
#include "server/relay/client/id_answer.h"
#include "server/relay/flow.h"
#include "server/telemetry/log.h"

namespace hub::relay {

using smpp::Status;

void Flow::OnReserved(Message& message) {
  if (message.row->answer == store::AnswerMode::kUpstream || message.is_broadcast())
    return attempts_.Start(message);
  message.answered = true;
  message.accepted_at = context_.wall_now();
  message.step = Step::kAccepting;
  records_.Accepted(message, 0);
  records_.Then(*this, message.slot);
}

void Flow::OnTaken(Message& message, const PlannedRoute& route, SubmitResult& result) {
  if (message.answered) return kept_.OnTaken(message, route, result);
  message.accepted_at = context_.wall_now();
  records_.Accepted(message, message.snapshot->catalog->suppliers[route.supplier].supplier_id);
  message.step = Step::kAccepting;
  message.taken_at = result.ended_at;
  message.response_tlvs = std::move(result.response_tlvs);
  records_.Then(*this, message.slot);
}

void Flow::OnFailed(Message& message, Failure failure) {
  if (message.answered) return kept_.OnFailed(message, failure);
  context_.metrics.Add(Metric::rejected_supplier);
  switch (failure) {
    case Failure::kFull:  // a flood that nobody takes must not become a flood of rows
      message.client->credit->Release(message.sell_amount);
      return TurnAway(message.slot, "suppliers_full", message.last_status);
    case Failure::kUsedUp:
      return Refuse(message.slot, "suppliers", message.last_status, true);
    case Failure::kPermanent:
      return Refuse(message.slot, "supplier", message.last_status, true);
    case Failure::kUnknown:  // another route could send it twice: the client decides
      return Refuse(message.slot, "supplier_timeout", Status::ESME_RSYSERR, true);
  }
}

// The charge is on disk: the one place where ESME_ROK leaves.
void Flow::OnDurable(std::uint64_t slot) {
  Message* message = attempts_.Find(slot);
  HUB_CHECK(message != nullptr && message->step == Step::kAccepting);
  Pass(CrashPoint::relay_before_response);
  context_.metrics.Add(Metric::messages_accepted);
  ShareOf(*message).Sub(1);
  if (LogEnabled(Event::message_accepted)) {
    Log(Event::message_accepted, {{"id", message->id},
                                  {"system_id", message->client->system_id},
                                  {"to", MaskNumber(message->destination_addr)},
                                  {"attempts", message->attempts}});
  }
  message->client->of_loop[context_.loop].accepted.Add(1);
  if (message->dedupe_key)
    context_.dedupe.Accept(message->client->client_id, *message->dedupe_key, message->id,
                           context_.wall_now());
  if (message->multi != 0) {
    parts_.OnPartEnd(message->multi, message->id, Status::ESME_ROK, message->id);
  } else {
    AnswerAccepted(*message);
  }
  if (message->answered) return kept_.Keep(*message);
  Accept(attempts_.Take(slot));
}

// Behind the answer: receipts with the supplier's id find this message from now on.
void Flow::Accept(std::unique_ptr<Message> message) {
  const PlannedRoute& route = message->plan[message->next_route - 1];
  if (message->AwaitsReceipt(route))
    sender_.SendCorrelate(Correlate::Of(*message, route), message->HomeOf(route));
}

void Flow::Refuse(SlotId slot, std::string_view reason, Status status, bool reserved) {
  const Message& message = *attempts_.Find(slot);
  if (reserved) message.client->credit->Release(message.sell_amount);
  records_.Rejected(message, reason, status);
  TurnAway(slot, reason, status);
}

void Flow::TurnAway(SlotId slot, std::string_view reason, Status status) {
  const std::unique_ptr<Message> message = attempts_.Take(slot);
  ShareOf(*message).Sub(1);
  if (message->dedupe_key)
    context_.dedupe.Abandon(message->client->client_id, *message->dedupe_key, message->id);
  context_.metrics.Add(Metric::messages_rejected);
  if (LogEnabled(Event::message_rejected)) {
    Log(Event::message_rejected, {{"id", message->id},
                                  {"system_id", message->client->system_id},
                                  {"to", MaskNumber(message->destination_addr)},
                                  {"why", reason}});
  }
  message->client->rejected.fetch_add(1, std::memory_order_relaxed);
  AnswerError(*message, status);
}

// What its supplier said with its answer. Beside much that its client does not read there is no room for it: an ESME_ROK must not be lost to
// a slow_reader's end for a text.
Bytes Flow::TlvsFor(EsmeSession& session, const Message& message) const {
  if (message.response_tlvs.empty() || !session.speaks_tlvs()) return {};
  if (session.keeps_up()) return message.response_tlvs.bytes();
  context_.metrics.Add(Metric::answer_tlvs_dropped);
  return {};
}

void Flow::AnswerError(const Message& message, Status status) {
  if (message.multi != 0) return parts_.OnPartEnd(message.multi, message.id, status, 0);
  EsmeEntry* entry = front_.Find(message.session);
  if (entry == nullptr) return context_.metrics.Add(Metric::answers_too_late);
  EsmeSession& session = *entry->session;
  const Bytes tlvs = TlvsFor(session, message);
  if (tlvs.empty())
    return session.AnswerStatus(message.command_id, status, message.sequence_number);
  WriteIdAnswer({message.command_id, message.sequence_number, message.id, status}, tlvs,
                &response_);
  session.Answer(response_);
}

void Flow::AnswerAccepted(const Message& message) {
  EsmeEntry* entry = front_.Find(message.session);
  if (entry == nullptr) return context_.metrics.Add(Metric::answers_too_late);
  const IdAnswer answer{message.command_id, message.sequence_number, message.id};
  const Bytes tlvs = TlvsFor(*entry->session, message);
  if (tlvs.empty()) {
    std::array<std::uint8_t, smpp::kAnswerOctetsMax> pdu;
    return entry->session->Answer({pdu.data(), WriteIdAnswer(answer, pdu.data())});
  }
  WriteIdAnswer(answer, tlvs, &response_);
  entry->session->Answer(response_);
}

}  // namespace hub::relay
