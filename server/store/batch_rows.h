// The columns of each table that a batch writes into, and the records in them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "server/store/copy_rows.h"
#include "server/store/records.h"

namespace hub::store {

/// Of the batch under way: stands in rows.
struct BatchPlace {
  std::int32_t node_id = 0;
  std::int64_t epoch = 0;
};

/// A row of traffic.queue, of a message that did not end in its batch.
struct QueueRow {
  MessageId message_id = 0;
  std::int64_t client_id = 0;
  std::string_view message_class;
  std::uint8_t priority = 0;
  std::int64_t next_at_us = 0, expires_at_us = 0;
  std::int32_t cycles = 0, attempts = 0;
  bool possible_duplicate = false;
  Bytes pdu;
};

// COPY statements.
extern const char* const kCopyMessage;
extern const char* const kCopyAttempt;
extern const char* const
    kCopyOutcome;  // into pg_temp.outcome_in: see kTakeOutcomes in batch_send.cc
extern const char* const kCopyOutcomeLate;  // the same columns
extern const char* const kCopyReject;
extern const char* const kCopyQueue;
extern const char* const kCopyReceipt;
extern const char* const kCopyReceiptEvent;
extern const char* const kCopyStrayReceipt;

/// Where the row's batch_seq stands: filled in when the batch ends.
std::size_t PutMessage(CopyRows& to, const MessageRecord& r, const BatchPlace& place);
void PutAttempt(CopyRows& to, const AttemptRecord& r);
void PutReject(CopyRows& to, const RejectRecord& r);
/// `told` is null when the client did not acknowledge the message's final receipt within the batch.
void PutOutcome(CopyRows& to, const OutcomeRecord& r, const ReceiptEndRecord* told);
void PutQueue(CopyRows& to, const QueueRow& r, const BatchPlace& place);
void PutReceipt(CopyRows& to, const ReceiptRecord& r, std::int32_t tries, const BatchPlace& place);
/// `of`: the receipt or MO that ended.
void PutReceiptEvent(CopyRows& to, const ReceiptEndRecord& r, const ReceiptRecord& of);
void PutStrayReceipt(CopyRows& to, const StrayReceiptRecord& r);

/// As SQL spells it: "no_receipt".
const char* CauseName(OutcomeCause cause);
/// Of an event: not of kTriedAgain.
const char* EndName(ReceiptEnd end);

}  // namespace hub::store
