// What the loops hand over to be settled: plain values, moved through a mailbox, written by binary
// COPY.
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "server/base/message_id.h"
#include "server/base/money.h"

namespace hub::store {

// All rows of a message carry its accept day (DayOf(TimeOf(message_id))), so that any later row
// about it lands in the same partition and collides with a first one.

/// The client got ESME_ROK: this row IS the charge. traffic.message
struct MessageRecord {
  MessageId message_id = 0;
  std::int64_t client_id = 0;
  std::int64_t account_id = 0;
  std::int64_t network_id = 0;
  std::string source_addr;
  std::string destination_addr;  // E.164 digits
  std::string message_class;
  std::uint8_t data_coding = 0;
  std::int32_t segments = 1;
  std::int64_t rate_id = 0;
  Nano rate;    // per unit
  Nano amount;  // charged
  std::int64_t accepted_at_us = 0;
  std::int64_t supplier_id = 0;  // that took it
  std::int32_t attempts = 1;
  std::int64_t script_version = 0;
  std::string
      decision;  // compact text: routes kept and dropped, and why ("beta 0.021 taken; alpha no_rate")
};

enum class AttemptResult : std::uint8_t { kAccepted, kRefused, kTimeout, kLinkLost, kNotSent };

/// One submit to one supplier. traffic.attempt
struct AttemptRecord {
  MessageId message_id = 0;
  std::int16_t attempt_no = 1;
  std::int64_t supplier_id = 0;
  AttemptResult result = AttemptResult::kNotSent;
  std::uint32_t command_status = 0;  // of the response; 0 also when there was none
  std::string upstream_id;           // message_id of the supplier's response
  std::int64_t sent_at_us = 0;
  std::int64_t ended_at_us = 0;
  std::int64_t rate_id = 0;
  Nano rate;
  Nano
      cost;  // what this attempt costs us; 0 unless accepted, "uncertain" in SQL for timeout and link loss
  std::int32_t segments = 1;
};

/// First final state from a receipt. traffic.outcome
struct OutcomeRecord {
  MessageId message_id = 0;
  std::int64_t supplier_id = 0;
  std::uint8_t message_state = 0;  // SMPP v3.4 §5.2.28
  std::string error;               // err: of the receipt, as it came, at most 32 octets
  std::int64_t received_at_us = 0;
};

/// Refused by us or by every supplier: never charged. traffic.reject
struct RejectRecord {
  MessageId message_id = 0;  // the id it would have had; attempts carry it too
  std::int64_t client_id = 0;
  std::int64_t network_id = 0;  // 0: none found
  std::string source_addr;
  std::string destination_addr;
  std::string
      reason;  // no_route, no_client_price, margin_guard, no_credit, throttled, script, supplier, ...
  std::uint32_t command_status = 0;
  std::int64_t at_us = 0;
  std::string decision;
};

using Record =
    std::variant<std::monostate, MessageRecord, AttemptRecord, OutcomeRecord, RejectRecord>;

/// Whose row it is; 0 for none.
MessageId MessageOf(const Record& record);
/// What it takes in memory, about: itself and its texts.
std::size_t OctetsOf(const std::vector<Record>& records);
/// `records` in order, in pieces of `rows` or a little more: neighbours that are of one message stay
/// together. rows > 0.
std::vector<std::vector<Record>> CutAtMessages(std::vector<Record>&& records, std::size_t rows);

}  // namespace hub::store
