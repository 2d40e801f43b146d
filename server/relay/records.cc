#include "server/relay/records.h"

namespace hub::relay {
namespace {

store::AttemptResult ResultOf(const SubmitResult& result) {
  switch (result.end) {
    case JobEnd::kAnswered:
      return result.status == smpp::Status::ESME_ROK ? store::AttemptResult::kAccepted
                                                     : store::AttemptResult::kRefused;
    case JobEnd::kTimeout:
      return store::AttemptResult::kTimeout;
    case JobEnd::kLinkLost:
      return store::AttemptResult::kLinkLost;
    case JobEnd::kNotSent:
      break;
  }
  return store::AttemptResult::kNotSent;
}

std::int64_t SupplierIdOf(const Message& message, const PlannedRoute& route) {
  return message.snapshot->catalog->suppliers[route.supplier].supplier_id;
}

}  // namespace

void Records::Handed(const Message& message, const PlannedRoute& route) {
  if (!keeps_) return;
  store::HandedRecord row;
  row.message_id = message.id;
  row.attempt_no = static_cast<std::int16_t>(message.attempts + 1);
  row.supplier_id = SupplierIdOf(message, route);
  row.rate_id = route.rate_id;
  row.rate = route.rate;
  row.segments = message.segments;
  row.at_us = ToMicros(context_.wall_now());
  row.answered = message.answered;
  row.possible_duplicate = message.possible_duplicate;
  if (!message.answered) {
    row.client_id = message.client->client_id;
    row.network_id = message.network_id;
    row.source_addr = message.source_addr;
    row.destination_addr = message.destination_addr;
  }
  Write(row);
}

void Records::Accepted(const Message& message, std::int64_t supplier_id) {
  if (!keeps_) return;
  store::MessageRecord row;
  row.message_id = message.id;
  row.client_id = message.client->client_id;
  row.account_id = message.client->credit->account_id();
  row.network_id = message.network_id;
  row.source_addr = message.source_addr;
  row.destination_addr = message.destination_addr;
  row.message_class = message.is_broadcast() ? store::kBroadcastClass : message.row->message_class;
  row.source_addr_ton = message.source_ton;
  row.source_addr_npi = message.source_npi;
  row.dest_addr_ton = message.dest_ton;
  row.dest_addr_npi = message.dest_npi;
  row.data_coding = message.data_coding;
  row.registered_delivery = message.registered_delivery;
  row.esm_class = message.esm_class;
  row.segments = message.segments;
  row.rate_id = message.sell_rate_id;
  row.rate = message.sell_rate;
  row.amount = message.sell_amount;
  row.basis = message.basis;
  row.accepted_at_us = ToMicros(message.accepted_at);
  row.supplier_id = supplier_id;
  row.attempts = message.attempts;
  row.script_version = message.script_version;
  row.decision = message.decision;
  if (message.dedupe_key)
    row.dedupe_key = {reinterpret_cast<const char*>(message.dedupe_key->data()),
                      message.dedupe_key->size()};
  if (message.answered) {
    row.priority = message.priority;
    row.next_at_us = ToMicros(message.next_at);
    row.expires_at_us = ToMicros(message.expires_at);
    row.pdu = message.pdu.bytes();
  }
  Write(row);
}

void Records::Rejected(const Message& message, std::string_view reason, smpp::Status status) {
  if (!keeps_) return;
  store::RejectRecord row;
  row.message_id = message.id;
  row.client_id = message.client->client_id;
  row.network_id = message.network_id;
  row.source_addr = message.source_addr;
  row.destination_addr = message.destination_addr;
  row.reason = reason;
  row.command_status = static_cast<std::uint32_t>(status);
  row.at_us = ToMicros(context_.wall_now());
  row.decision = message.decision;
  Write(row);
}

void Records::Attempted(const Message& message, const PlannedRoute& route,
                        const SubmitResult& result, std::string_view upstream_key) {
  if (!keeps_) return;
  store::AttemptRecord row;
  row.message_id = message.id;
  row.attempt_no = static_cast<std::int16_t>(message.attempts);
  row.supplier_id = SupplierIdOf(message, route);
  row.result = ResultOf(result);
  row.possible_duplicate = message.possible_duplicate;
  row.command_status = static_cast<std::uint32_t>(result.status);
  row.upstream_id = result.upstream_id;
  row.upstream_key = upstream_key;
  row.sent_at_us = ToMicros(result.sent_at);
  row.ended_at_us = ToMicros(result.ended_at);
  row.rate_id = route.rate_id;
  row.rate = route.rate;
  row.segments = message.segments;
  // After a timeout or a lost link nobody knows: bill.v_uncertain_cost tells what it may cost.
  if (row.result == store::AttemptResult::kAccepted) {
    row.cost = route.cost;
    row.resolves_hold = message.basis == store::ChargeBasis::kUpstreamAck;
  }
  Write(row);
}

void Records::AnsweredLate(const LateAnswer& late, std::string_view upstream_key) {
  store::LateAnswerRecord row;
  row.message_id = late.message_id;
  row.attempt_no = static_cast<std::int16_t>(late.attempt_no);
  row.command_status = static_cast<std::uint32_t>(late.status);
  row.at_us = ToMicros(late.at);
  row.accepted = late.status == smpp::Status::ESME_ROK;
  if (row.accepted) {
    row.cost = late.cost;
    row.resolves_hold = late.resolves_hold;
    row.upstream_id = late.upstream_id;
    row.upstream_key = upstream_key;
  }
  Write(row);
}

void Records::Then(Durable& who, std::uint64_t token) { waiting_.push_back({Mark(), &who, token}); }

void Records::Poll() {
  const journal::Ticket durable = context_.journal.durable(context_.loop);
  for (std::size_t n = 0; n < kAhead; ++n) Expect(n, durable);
  while (!waiting_.empty() && waiting_.front().ticket <= durable) {
    Expect(kAhead, durable);
    const Waiting next = waiting_.Pop();
    next.who->OnDurable(next.token);
  }
}

// Thousands wait for the disk, and none of them was touched meanwhile.
void Records::Expect(std::size_t n, journal::Ticket durable) {
  if (n < waiting_.size() && waiting_[n].ticket <= durable)
    waiting_[n].who->ExpectDurable(waiting_[n].token);
}

void Records::EndTurn() {
  if (!frames_.empty() || fence_) {
    fence_ = false;
    context_.metrics.Add(Metric::records_offered, frames_.frames());
    appended_ = context_.journal.Append(context_.loop, &frames_);
  }
  // The journal wakes this loop for what it writes, and this is written already.
  if (!waiting_.empty() && waiting_.front().ticket <= context_.journal.durable(context_.loop))
    context_.run_on_loop([] {});
  context_.metrics.Set(Metric::durability_waiting, static_cast<std::int64_t>(waiting_.size()));
}

}  // namespace hub::relay
