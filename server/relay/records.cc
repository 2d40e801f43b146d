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

}  // namespace

void Records::Accepted(const Message& message, std::int64_t supplier_id) {
  store::MessageRecord row;
  row.message_id = message.id;
  row.client_id = message.client->client_id;
  row.account_id = message.client->credit->account_id();
  row.network_id = message.network_id;
  row.source_addr = message.source_addr;
  row.destination_addr = message.destination_addr;
  row.message_class = message.row->message_class;
  row.data_coding = message.data_coding;
  row.segments = message.segments;
  row.rate_id = message.sell_rate_id;
  row.rate = message.sell_rate;
  row.amount = message.sell_amount;
  row.accepted_at_us = ToMicros(context_.wall_now());
  row.supplier_id = supplier_id;
  row.attempts = message.attempts;
  row.script_version = message.script_version;
  row.decision = message.decision;
  records_.emplace_back(std::move(row));
}

void Records::Rejected(const Message& message, std::string_view reason, smpp::Status status) {
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
  records_.emplace_back(std::move(row));
}

void Records::Attempted(const Message& message, const PlannedRoute& route,
                        const SubmitResult& result) {
  store::AttemptRecord row;
  row.message_id = message.id;
  row.attempt_no = message.attempts;
  row.supplier_id = message.snapshot->catalog->suppliers[route.supplier].supplier_id;
  row.result = ResultOf(result);
  row.command_status = static_cast<std::uint32_t>(result.status);
  row.upstream_id = result.upstream_id;
  row.sent_at_us = ToMicros(result.sent_at);
  row.ended_at_us = ToMicros(result.ended_at);
  row.rate_id = route.rate_id;
  row.rate = route.rate;
  // After a timeout or a lost link nobody knows: bill.v_uncertain_cost tells what it may cost.
  if (row.result == store::AttemptResult::kAccepted) row.cost = route.cost;
  row.segments = message.segments;
  records_.emplace_back(std::move(row));
}

void Records::Outcome(MessageId id, std::int64_t supplier_id, std::uint8_t message_state,
                      std::string_view error) {
  store::OutcomeRecord row;
  row.message_id = id;
  row.supplier_id = supplier_id;
  row.message_state = message_state;
  row.error = error.substr(0, 32);
  row.received_at_us = ToMicros(context_.wall_now());
  records_.emplace_back(std::move(row));
}

void Records::EndTurn() {
  if (records_.empty()) return;
  const std::size_t count = records_.size();
  if (!context_.settler.Offer(std::move(records_)))
    return context_.metrics.Add(Metric::backlog_full);
  context_.metrics.Add(Metric::records_offered, count);
  records_.clear();
}

}  // namespace hub::relay
