// A broadcast_sm on its way in: one route and one price, by its client's row. Behind that it is a message like any other.
#include "protocol/pdu/broadcast_sm.h"
#include "server/base/check.h"
#include "server/relay/flow.h"

namespace hub::relay {

using smpp::Status;

namespace {

void TakeBroadcast(Message& message) {
  const auto body =
      smpp::Decode<smpp::BroadcastSm>(message.pdu.bytes().subspan(smpp::kHeaderOctets));
  HUB_CHECK_SAY(body.ok(), "the session judged it");
  message.source_addr = body->source_addr;
  message.source_ton = body->source_addr_ton;
  message.source_npi = body->source_addr_npi;
  message.data_coding = body->data_coding;
}

}  // namespace

void Flow::OnBroadcast(EsmeEntry& entry, const smpp::Header& header, const Slice& pdu,
                       RateTurn turn) {
  context_.metrics.Add(Metric::messages_received);
  Status status = Admit(entry, turn);
  std::optional<BroadcastTerms> terms;
  if (status == Status::ESME_ROK) {
    terms = BroadcastTermsOf(*front_.snapshot(), *entry.row);
    if (!terms) status = Status::ESME_RINVCMDID;  // taken away since the session asked
  }
  if (status != Status::ESME_ROK) {
    context_.metrics.Add(Metric::messages_rejected);
    entry.client->rejected.fetch_add(1, std::memory_order_relaxed);
    return entry.session->AnswerStatus(header.command_id, status, header.sequence_number);
  }
  auto made = Begin(entry, header, pdu, {0, ids_.Next(context_.wall_now())});
  Message& message = *made;
  TakeBroadcast(message);
  attempts_.Insert(std::move(made));
  if (DecideBroadcast(message, *terms)) Reserve(message.slot);
}

bool Flow::DecideBroadcast(Message& message, const BroadcastTerms& terms) {
  message.sell_rate = message.sell_amount = terms.price;
  // It is accepted when its supplier took it, and has no receipt that could say more: whatever the deck holds back, here there is nothing to
  // wait for.
  message.basis = store::ChargeBasis::kSubmit;
  message.plan[0] = {terms.supplier, 0, terms.cost, terms.cost};
  message.plan_count = 1;
  const routing::Drop drop = JudgeBroadcast(*message.snapshot, *message.row, terms);
  message.decision =
      "broadcast; " + message.SupplierOf(message.plan[0]).name + " " + FormatNano(terms.cost) + " ";
  message.decision += drop == routing::Drop::kNone ? "#1" : routing::Name(drop);
  if (drop == routing::Drop::kNone) return true;
  const bool dear = drop == routing::Drop::kmargin_guard;
  context_.metrics.Add(dear ? Metric::rejected_margin : Metric::rejected_no_route);
  Refuse(message.slot,
         Name(dear ? routing::Refusal::kmargin_guard : routing::Refusal::ksuppliers_down),
         dear ? Status::ESME_RBCASTFAIL : Status::ESME_RSYSERR, false);
  return false;
}

}  // namespace hub::relay
