#include "server/store/batch_rows.h"

namespace hub::store {
namespace {

std::int64_t Id(MessageId id) { return static_cast<std::int64_t>(id); }  // 63 bits

void PutKey(CopyRows& to, MessageId id) {
  to.Date(DayOf(TimeOf(id)));
  to.Int8(Id(id));
}

const char* ResultName(AttemptResult result) {
  switch (result) {
    case AttemptResult::kAccepted:
      return "accepted";
    case AttemptResult::kRefused:
      return "refused";
    case AttemptResult::kTimeout:
      return "timeout";
    case AttemptResult::kLinkLost:
      return "link_lost";
    case AttemptResult::kUnknown:
      return "unknown";
    case AttemptResult::kNotSent:
      break;
  }
  return "not_sent";
}

// Sent, and nobody told us whether it was taken: uncertain.
const char* CostStateName(AttemptResult result) {
  switch (result) {
    case AttemptResult::kAccepted:
      return "certain";
    case AttemptResult::kTimeout:
    case AttemptResult::kLinkLost:
    case AttemptResult::kUnknown:
      return "uncertain";
    case AttemptResult::kRefused:
    case AttemptResult::kNotSent:
      break;
  }
  return "none";
}

const char* BasisName(ChargeBasis basis) {
  switch (basis) {
    case ChargeBasis::kUpstreamAck:
      return "upstream_ack";
    case ChargeBasis::kDelivered:
      return "delivered";
    case ChargeBasis::kSubmit:
      break;
  }
  return "submit";
}

// Of an MO; a receipt's message knows its own.
void PutSupplier(CopyRows& to, const ReceiptRecord& r) {
  if (r.supplier_id == 0) return to.Null();
  to.Int8(r.supplier_id);
}

}  // namespace

const char* CauseName(OutcomeCause cause) {
  switch (cause) {
    case OutcomeCause::kHubFault:
      return "hub_fault";
    case OutcomeCause::kUpstreamReject:
      return "upstream_reject";
    case OutcomeCause::kNoReceipt:
      return "no_receipt";
    case OutcomeCause::kUnknown:
      return "unknown";
    case OutcomeCause::kCancelled:
      return "cancelled";
    case OutcomeCause::kReceipt:
      break;
  }
  return "receipt";
}

const char* EndName(ReceiptEnd end) {
  switch (end) {
    case ReceiptEnd::kRefused:
      return "refused";
    case ReceiptEnd::kExpired:
      return "expired";
    case ReceiptEnd::kDelivered:
    case ReceiptEnd::kTriedAgain:  // is no event
      break;
  }
  return "delivered";
}

// The columns of each COPY, and below them the fields in the same order.

const char* const kCopyMessage =
    "COPY traffic.message (accept_day, message_id, client_id, account_id, network_id, source_addr, "
    "destination_addr, class, data_coding, segments, rate_id, rate, amount, accepted_at, "
    "supplier_id, attempts, script_version, decision, basis, registered_delivery, "
    "source_addr_ton, source_addr_npi, dest_addr_ton, dest_addr_npi, dedupe_key, esm_class, "
    "node_id, epoch, batch_seq) FROM STDIN (FORMAT binary)";

std::size_t PutMessage(CopyRows& to, const MessageRecord& r, const BatchPlace& place) {
  to.Begin(29);
  PutKey(to, r.message_id);
  to.Int8(r.client_id);
  to.Int8(r.account_id);
  to.Int8(r.network_id);
  to.Text(r.source_addr);
  to.Text(r.destination_addr);
  to.Text(r.message_class);
  to.Int2(r.data_coding);
  to.Int4(r.segments);
  to.Int8(r.rate_id);
  to.Numeric(r.rate.units);
  to.Numeric(r.amount.units);
  to.Timestamp(r.accepted_at_us);
  to.Int8(r.supplier_id);
  to.Int4(r.attempts);
  to.Int8(r.script_version);
  to.Text(r.decision);
  to.Text(BasisName(r.basis));
  to.Int2(r.registered_delivery);
  to.Int2(r.source_addr_ton);
  to.Int2(r.source_addr_npi);
  to.Int2(r.dest_addr_ton);
  to.Int2(r.dest_addr_npi);
  if (r.dedupe_key.size() == 16) {
    to.Octets(smpp::AsBytes(r.dedupe_key));
  } else {
    to.Null();
  }
  if (r.esm_class == kNoEsmClass) {
    to.Null();
  } else {
    to.Int2(r.esm_class);
  }
  to.Int4(place.node_id);
  to.Int8(place.epoch);
  return to.Int8Later();
}

const char* const kCopyAttempt =
    "COPY traffic.attempt (accept_day, message_id, attempt_no, supplier_id, result, "
    "command_status, upstream_id, upstream_key, sent_at, ended_at, rate_id, rate, segments, cost, "
    "cost_state, possible_duplicate) FROM STDIN (FORMAT binary)";

void PutAttempt(CopyRows& to, const AttemptRecord& r) {
  to.Begin(16);
  PutKey(to, r.message_id);
  to.Int2(r.attempt_no);
  to.Int8(r.supplier_id);
  to.Text(ResultName(r.result));
  to.Int8(r.command_status);
  to.Text(r.upstream_id);
  to.Text(r.upstream_key);
  to.Timestamp(r.sent_at_us);
  to.Timestamp(r.ended_at_us);
  to.Int8(r.rate_id);
  to.Numeric(r.rate.units);
  to.Int4(r.segments);
  to.Numeric(r.cost.units);
  to.Text(CostStateName(r.result));
  to.Bool(r.possible_duplicate);
}

#define OUTCOME_COLUMNS                                                                        \
  " (accept_day, message_id, supplier_id, message_state, error, received_at, cause, told_at, " \
  "told_tries) FROM STDIN (FORMAT binary)"
const char* const kCopyOutcome = "COPY pg_temp.outcome_in" OUTCOME_COLUMNS;
const char* const kCopyOutcomeLate = "COPY traffic.outcome_late" OUTCOME_COLUMNS;
#undef OUTCOME_COLUMNS

void PutOutcome(CopyRows& to, const OutcomeRecord& r, const ReceiptEndRecord* told) {
  to.Begin(9);
  PutKey(to, r.message_id);
  to.Int8(r.supplier_id);
  to.Int2(r.message_state);
  to.Text(r.error);
  to.Timestamp(r.received_at_us);
  to.Text(CauseName(r.cause));
  if (told == nullptr) {
    to.Null();
    to.Null();
  } else {
    to.Timestamp(told->at_us);
    to.Int4(told->tries);
  }
}

const char* const kCopyReject =
    "COPY traffic.reject (accept_day, message_id, client_id, network_id, source_addr, "
    "destination_addr, reason, command_status, at, decision) FROM STDIN (FORMAT binary)";

void PutReject(CopyRows& to, const RejectRecord& r) {
  to.Begin(10);
  PutKey(to, r.message_id);
  to.Int8(r.client_id);
  to.Int8(r.network_id);
  to.Text(r.source_addr);
  to.Text(r.destination_addr);
  to.Text(r.reason);
  to.Int8(r.command_status);
  to.Timestamp(r.at_us);
  to.Text(r.decision);
}

const char* const kCopyQueue =
    "COPY traffic.queue (message_id, node_id, client_id, class, priority, next_at, expires_at, "
    "cycles, attempts, possible_duplicate, pdu) FROM STDIN (FORMAT binary)";

void PutQueue(CopyRows& to, const QueueRow& r, const BatchPlace& place) {
  to.Begin(11);
  to.Int8(Id(r.message_id));
  to.Int4(place.node_id);
  to.Int8(r.client_id);
  to.Text(r.message_class);
  to.Int2(r.priority);
  to.Timestamp(r.next_at_us);
  to.Timestamp(r.expires_at_us);
  to.Int4(r.cycles);
  to.Int4(r.attempts);
  to.Bool(r.possible_duplicate);
  to.Octets(r.pdu);
}

const char* const kCopyReceipt =
    "COPY traffic.receipt (receipt_id, message_id, node_id, epoch, client_id, message_state, "
    "is_final, tries, received_at, expires_at, pdu, supplier_id) FROM STDIN (FORMAT binary)";

void PutReceipt(CopyRows& to, const ReceiptRecord& r, std::int32_t tries, const BatchPlace& place) {
  to.Begin(12);
  to.Int8(Id(r.receipt_id));
  to.Int8(Id(r.message_id));
  to.Int4(place.node_id);
  to.Int8(place.epoch);
  to.Int8(r.client_id);
  to.Int2(r.message_state);
  to.Bool(r.is_final);
  to.Int4(tries);
  to.Timestamp(r.received_at_us);
  to.Timestamp(r.expires_at_us);
  to.Octets(r.pdu);
  PutSupplier(to, r);
}

const char* const kCopyReceiptEvent =
    "COPY traffic.receipt_event (at, message_id, receipt_id, what, tries, possible_duplicate, "
    "command_status, client_id, supplier_id) FROM STDIN (FORMAT binary)";

void PutReceiptEvent(CopyRows& to, const ReceiptEndRecord& r, const ReceiptRecord& of) {
  to.Begin(9);
  to.Timestamp(r.at_us);
  to.Int8(Id(r.message_id));
  to.Int8(Id(r.receipt_id));
  to.Text(EndName(r.end));
  to.Int4(r.tries);
  to.Bool(r.possible_duplicate);
  to.Int8(r.command_status);
  to.Int8(of.client_id);
  PutSupplier(to, of);
}

const char* const kCopyStrayReceipt =
    "COPY traffic.stray_receipt (received_at, supplier_id, upstream_id, message_state, error, "
    "destination_addr) FROM STDIN (FORMAT binary)";

void PutStrayReceipt(CopyRows& to, const StrayReceiptRecord& r) {
  to.Begin(6);
  to.Timestamp(r.received_at_us);
  to.Int8(r.supplier_id);
  to.Text(r.upstream_id);
  to.Int2(r.message_state);
  to.Text(r.error);
  to.Text(r.destination_addr);
}

}  // namespace hub::store
