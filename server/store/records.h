// What loops write into the journal and the settler brings into PostgreSQL: one kind of record for each fact. Texts borrow:
// from the message while a record is written, from the journal's octets while it is settled.
//
// A record is a fact for good and stands alone: settlement needs no other record to write its rows. All rows of a message
// carry its accept day (DayOf(TimeOf(message_id))), so that a later row lands in the same partition and collides with a
// first one.
//
// One order is the writer's to keep, of one message: its MessageRecord stands before its OutcomeRecord, QueuedRecord,
// ReplacedRecord, QueueEndRecord and ReceiptRecords, and (answer = accepted) before its AttemptRecords. An AttemptRecord stands
// before its LateAnswerRecord.
#pragma once

#include <cstdint>
#include <string_view>

#include "protocol/wire/bytes.h"
#include "server/base/message_id.h"
#include "server/base/money.h"
#include "server/journal/frame_buffer.h"

namespace hub::store {

using smpp::Bytes;

/// The kind octet of a frame. Numbers are for ever: they stand in journals on disk. A record that gets a field is another kind;
/// the one before (V1) is read as long as there may be a journal with it, and written no more.
enum class RecordKind : std::uint8_t {
  kHanded = 1,
  kMessageV1 = 2,
  kAttempt = 3,
  kOutcome = 4,
  kReject = 5,
  kQueued = 6,
  kQueueEnd = 7,
  kReceiptV1 = 8,
  kReceiptEnd = 9,
  kStrayReceipt = 10,
  kReplaced = 13,
  kMessage = 14,
  kReceipt = 15,
  kLateAnswer = 16,
};

/// When a message is charged. rate.deck.charge_basis.
enum class ChargeBasis : std::uint8_t {
  kSubmit,       // when accepted
  kUpstreamAck,  // when a supplier took it; held until then
  kDelivered,    // when its receipt says DELIVRD; held until then
};

/// The next submit of a message leaves for this supplier as soon as this record is durable. Settled as nothing; a
/// journal that ends without the attempt's AttemptRecord means: nobody knows whether the supplier took it. `answered`
/// false: the client waits for the supplier's answer (answer = upstream), and the start after a crash writes the
/// RejectRecord as well, for which the lower half is here.
struct HandedRecord {
  MessageId message_id = 0;
  std::int16_t attempt_no = 1;
  std::int64_t supplier_id = 0;
  std::int64_t rate_id = 0;
  Nano rate;
  std::int32_t segments = 1;
  std::int64_t at_us = 0;
  bool answered = false;
  bool possible_duplicate = false;  // an earlier attempt's outcome is unknown
  std::int64_t client_id = 0;
  std::int64_t network_id = 0;
  std::string_view source_addr;
  std::string_view destination_addr;
};

/// Instead of an esm_class of 0 to 255: an earlier version wrote the row, and did not say.
inline constexpr std::int16_t kNoEsmClass = -1;

/// MessageRecord::message_class of a broadcast_sm, which has no destination and no network. No client and no rate has this class.
inline constexpr std::string_view kBroadcastClass = "broadcast";

/// The client gets ESME_ROK: this row IS the charge (or the hold, by its basis). traffic.message; with a `pdu` also
/// traffic.queue, unless its QueueEnd is in the same batch.
struct MessageRecord {
  MessageId message_id = 0;
  std::int64_t client_id = 0;
  std::int64_t account_id = 0;
  std::int64_t network_id = 0;
  std::string_view source_addr;
  std::string_view destination_addr;  // E.164 digits; "" of a broadcast_sm
  std::string_view message_class;
  std::uint8_t source_addr_ton = 0, source_addr_npi = 0, dest_addr_ton = 0, dest_addr_npi = 0;
  std::uint8_t data_coding = 0;
  std::uint8_t registered_delivery = 0;
  std::int16_t esm_class = kNoEsmClass;
  std::int32_t segments = 1;
  std::int64_t rate_id = 0;
  Nano rate;    // per unit
  Nano amount;  // charged or held
  ChargeBasis basis = ChargeBasis::kSubmit;
  std::int64_t accepted_at_us = 0;
  std::int64_t supplier_id = 0;  // that took it; 0: none yet (answer = accepted), attempts tell
  std::int32_t attempts = 1;
  std::int64_t script_version = 0;
  std::string_view
      decision;  // compact text: routes kept and dropped, and why ("beta 0.021 taken; alpha no_rate")
  std::string_view dedupe_key;  // 16 octets, or empty: idempotent resubmits are off for the client
  // answer = accepted:
  std::uint8_t priority = 0;       // 0 first ... of its class, see relay
  std::int64_t next_at_us = 0;     // not before (schedule_delivery_time)
  std::int64_t expires_at_us = 0;  // validity_period, class TTL
  Bytes pdu;                       // the whole request; empty: nothing to queue
};

/// As it was before it told its esm_class.
struct MessageRecordV1 : MessageRecord {};

enum class AttemptResult : std::uint8_t {
  kAccepted,
  kRefused,
  kTimeout,
  kLinkLost,
  kNotSent,
  kUnknown,  // handed over, and then we crashed
};

/// One submit to one supplier came to its end. traffic.attempt
struct AttemptRecord {
  MessageId message_id = 0;
  std::int16_t attempt_no = 1;
  std::int64_t supplier_id = 0;
  AttemptResult result = AttemptResult::kNotSent;
  bool possible_duplicate = false;
  bool resolves_hold = false;        // accepted, and the basis is upstream_ack: charge what is held
  std::uint32_t command_status = 0;  // of the response; 0 also when there was none
  std::string_view upstream_id;      // message_id of the supplier's response
  std::string_view upstream_key;     // its canonical form: what receipts are looked up by
  std::int64_t sent_at_us = 0;
  std::int64_t ended_at_us = 0;
  std::int64_t rate_id = 0;
  Nano rate;
  Nano cost;  // 0 unless accepted, "uncertain" in SQL for timeout, link loss and unknown
  std::int32_t segments = 1;
};

/// A submit that had ended as kTimeout was answered after all: now it is known whether the supplier took it. UPDATE
/// traffic.attempt; its AttemptRecord stands before it. Accepted, it is a QueueEnd too: in one record, for a message of which
/// only one of the two is known would be sent again, or its receipts would find nothing.
struct LateAnswerRecord {
  MessageId message_id = 0;
  std::int16_t attempt_no = 1;
  bool accepted = false;              // else refused
  bool resolves_hold = false;         // as of AttemptRecord
  std::uint32_t command_status = 0;   // of the response
  std::int64_t at_us = 0;             // when it came; AttemptRecord::ended_at_us stays
  Nano cost;                          // 0 unless accepted
  std::string_view upstream_id = {};  // message_id of the response
  /// Its canonical form. Not noted when the message is known by another supplier's id: two would be two authors of its final
  /// state. Empty also of a message that is nobody's (answer = upstream).
  std::string_view upstream_key = {};
};

/// Why a message has its final state: decides about refund and release.
enum class OutcomeCause : std::uint8_t {
  kReceipt,         // a supplier's receipt says so
  kHubFault,        // the hub gave up: expired in the queue, no route, every supplier failed
  kUpstreamReject,  // a supplier refused it for good
  kNoReceipt,       // the receipt did not come in time
  kUnknown,         // handed over, outcome unknown, the supplier's on_unknown = fail
  kCancelled,       // its client took it back before a supplier got it
};

/// First final state of a message. traffic.outcome; a second one goes to traffic.outcome_late.
struct OutcomeRecord {
  MessageId message_id = 0;
  std::int64_t supplier_id = 0;    // 0: the hub itself
  std::uint8_t message_state = 0;  // SMPP v3.4 §5.2.28
  OutcomeCause cause = OutcomeCause::kReceipt;
  bool moves_money =
      false;  // the charge is held, or a refund may be due: SQL looks at the client's contract
  std::string_view error;  // err: of the receipt, as it came, at most 32 octets
  std::int64_t received_at_us = 0;
};

/// Refused by us or by every supplier: never charged. traffic.reject
struct RejectRecord {
  MessageId message_id = 0;  // the id it would have had; attempts carry it too
  std::int64_t client_id = 0;
  std::int64_t network_id = 0;  // 0: none found
  std::string_view source_addr;
  std::string_view destination_addr;
  std::string_view
      reason;  // no_route, no_client_price, margin_guard, no_credit, throttled, script, supplier, crash, ...
  std::uint32_t command_status = 0;
  std::int64_t at_us = 0;
  std::string_view decision;
};

/// A queued message (answer = accepted) will be tried again. UPDATE traffic.queue
struct QueuedRecord {
  MessageId message_id = 0;
  std::int64_t next_at_us = 0;  // INT64_MAX: held, outcome unknown
  std::int32_t cycles = 0;      // times that all routes were tried
  std::int32_t attempts = 0;
  bool possible_duplicate = false;  // of the next attempt
};

/// Its client changed a queued message (replace_sm): another text and other times, the same price. UPDATE traffic.queue and
/// traffic.message
struct ReplacedRecord {
  MessageId message_id = 0;
  std::int64_t next_at_us = 0;
  std::int64_t expires_at_us = 0;
  std::uint8_t registered_delivery = 0;
  Bytes pdu;  // the whole request as it is sent from now on
};

/// A queued message needs no more trying: taken by a supplier, or final. DELETE traffic.queue
struct QueueEndRecord {
  MessageId message_id = 0;
};

/// A receipt that the client wants, with the id it knows; or an MO that waits for it (message_id 0). traffic.receipt until its
/// ReceiptEnd.
struct ReceiptRecord {
  std::uint64_t receipt_id = 0;  // from the loop's MessageIdSource: grows in a message's order
  MessageId message_id = 0;
  std::int64_t client_id = 0;
  std::uint8_t message_state = 0;
  bool is_final = false;
  std::int64_t received_at_us = 0;
  std::int64_t expires_at_us = 0;
  std::int64_t supplier_id = 0;  // that an MO came from; 0: a receipt, its message knows
  Bytes pdu;  // deliver_sm or data_sm as the client shall get it, sequence_number free
};

/// As it was before it told where an MO came from.
struct ReceiptRecordV1 : ReceiptRecord {};

enum class ReceiptEnd : std::uint8_t {
  kDelivered,
  kRefused /* the client said so, for good */,
  kExpired,
  kTriedAgain  // not an end: `tries` is noted, the row stays
};

/// What became of a receipt. Notes told_at in traffic.outcome; DELETE traffic.receipt; anything but "delivered at the first
/// try" also in traffic.receipt_event.
struct ReceiptEndRecord {
  std::uint64_t receipt_id = 0;
  MessageId message_id = 0;
  ReceiptEnd end = ReceiptEnd::kDelivered;
  std::int32_t tries = 1;
  bool possible_duplicate = false;  // an earlier try may have reached the client
  bool is_final = false;
  std::uint32_t command_status = 0;  // the client's
  std::int64_t at_us = 0;
};

/// A receipt whose id belongs to no message that we know, or a second final one. traffic.stray_receipt
struct StrayReceiptRecord {
  std::int64_t supplier_id = 0;
  std::string_view upstream_id;  // as it stood there
  std::uint8_t message_state = 0;
  std::string_view error;
  std::string_view destination_addr;
  std::int64_t received_at_us = 0;
};

// Encode appends one frame. Decode reads its payload; false when the octets are not such a record (a journal of another
// version: HUB_CHECK says so, CRC was right).
void Encode(const HandedRecord& record, journal::FrameBuffer* to);
void Encode(const MessageRecord& record, journal::FrameBuffer* to);
void Encode(const MessageRecordV1& record, journal::FrameBuffer* to);
void Encode(const AttemptRecord& record, journal::FrameBuffer* to);
void Encode(const OutcomeRecord& record, journal::FrameBuffer* to);
void Encode(const RejectRecord& record, journal::FrameBuffer* to);
void Encode(const QueuedRecord& record, journal::FrameBuffer* to);
void Encode(const QueueEndRecord& record, journal::FrameBuffer* to);
void Encode(const ReceiptRecord& record, journal::FrameBuffer* to);
void Encode(const ReceiptRecordV1& record, journal::FrameBuffer* to);
void Encode(const ReceiptEndRecord& record, journal::FrameBuffer* to);
void Encode(const StrayReceiptRecord& record, journal::FrameBuffer* to);
void Encode(const ReplacedRecord& record, journal::FrameBuffer* to);
void Encode(const LateAnswerRecord& record, journal::FrameBuffer* to);

bool Decode(Bytes payload, HandedRecord* record);
bool Decode(Bytes payload, MessageRecord* record);
bool Decode(Bytes payload, MessageRecordV1* record);
bool Decode(Bytes payload, AttemptRecord* record);
bool Decode(Bytes payload, OutcomeRecord* record);
bool Decode(Bytes payload, RejectRecord* record);
bool Decode(Bytes payload, QueuedRecord* record);
bool Decode(Bytes payload, QueueEndRecord* record);
bool Decode(Bytes payload, ReceiptRecord* record);
bool Decode(Bytes payload, ReceiptRecordV1* record);
bool Decode(Bytes payload, ReceiptEndRecord* record);
bool Decode(Bytes payload, StrayReceiptRecord* record);
bool Decode(Bytes payload, ReplacedRecord* record);
bool Decode(Bytes payload, LateAnswerRecord* record);

/// Decodes the payload of a frame and calls `take(record)`. False: of no kind that we know, or not such a record; `take` was
/// not called then. Texts of the record borrow from `payload`.
template <class Take>
bool DecodeAny(std::uint8_t kind, Bytes payload, Take&& take) {
  switch (static_cast<RecordKind>(kind)) {
#define RECORD(name, Type)                       \
  case RecordKind::name: {                       \
    Type record;                                 \
    if (!Decode(payload, &record)) return false; \
    take(record);                                \
    return true;                                 \
  }
#include "server/store/records.def"
#undef RECORD
  }
  return false;
}

}  // namespace hub::store
