// A batch of records as PostgreSQL gets it: one transaction from one position of the journal to another, built once, sent as
// often as it takes.
//
// What begins and ends within a batch leaves no row: most queued messages, and most receipts, never reach a table.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "server/base/error.h"
#include "server/base/money.h"
#include "server/journal/journal.h"
#include "server/store/batch_rows.h"
#include "server/store/copy_rows.h"
#include "server/store/id_index.h"
#include "server/store/pg.h"
#include "server/store/records.h"

namespace hub::store {

/// Filled record by record, reused: its memory stays. One thread's. Texts of records are copied.
class Batch {
 public:
  Batch(std::int32_t node_id, std::string journal_id)
      : journal_id_(std::move(journal_id)), place_{node_id, 0} {}

  /// Empties it. All its records are of this epoch.
  void Begin(std::int64_t epoch, journal::Position from);
  void Add(const HandedRecord& r) { Note(r.message_id); }  // brings no row
  void Add(const MessageRecord& r);
  void Add(const AttemptRecord& r);
  void Add(const OutcomeRecord& r);
  void Add(const RejectRecord& r);
  void Add(const QueuedRecord& r);
  void Add(const QueueEndRecord& r);
  void Add(const ReceiptRecord& r);
  void Add(const ReceiptEndRecord& r);
  void Add(const StrayReceiptRecord& r);
  void Add(const ReplacedRecord& r);
  void Add(const LateAnswerRecord& r);
  /// Nothing comes any more: it can be sent. `to`: behind its last record.
  void End(journal::Position to);

  std::int64_t epoch() const { return place_.epoch; }
  journal::Position from() const { return from_; }
  journal::Position to() const { return to_; }
  std::size_t records() const { return records_; }

  /// Of this batch and all before: no id up to it may be given again.
  MessageId last_message_id() const { return last_message_id_; }
  void NoteLast(MessageId id) { last_message_id_ = std::max(last_message_id_, id); }

 private:
  friend class BatchSender;

  struct AccountUse {
    std::int64_t account_id = 0;
    NanoSum charged = 0, held = 0;
  };
  // What happened to a queued message. `inserted`: its row begins in this batch.
  struct QueueChange {
    QueueRow row;  // texts stand in octets_, at:
    std::size_t class_at = 0, pdu_at = 0;
    std::uint8_t registered_delivery = 0;  // when replaced
    bool inserted = false, updated = false, replaced = false, ended = false;
  };
  struct ReceiptChange {
    ReceiptRecord row;
    std::size_t pdu_at = 0;
    std::int32_t tries = 0;
    bool inserted = false, updated = false, ended = false;
  };
  struct OutcomeKept {
    OutcomeRecord row;
    std::size_t error_at = 0;
    ReceiptEndRecord told;
    bool is_told = false;
  };
  struct LateAnswer {
    LateAnswerRecord row;  // its texts stand beside it
    std::string upstream_id, upstream_key;
  };
  // An end that may move money: an outcome, or an attempt that a supplier took.
  struct Resolution {
    MessageId message_id = 0;
    std::uint8_t state = 0;
    const char* cause = "";
    bool outcome = false;  // else an attempt
  };

  void Note(MessageId id) {
    ++records_;
    NoteLast(id);
  }
  std::array<CopyRows*, 9> streams() {
    return {&messages_, &attempts_, &rejects_,        &outcomes_, &outcomes_late_,
            &queue_,    &receipts_, &receipt_events_, &strays_};
  }
  void Charge(const MessageRecord& r);
  QueueChange& QueueOf(MessageId id);
  ReceiptChange& ReceiptOf(std::uint64_t id);
  void NoteTold(const ReceiptEndRecord& r);
  std::size_t Keep(std::string_view octets);
  std::string_view Kept(std::size_t at, std::size_t size) const {
    return std::string_view(octets_).substr(at, size);
  }
  std::string_view PduOf(const QueueChange& change) const {
    return Kept(change.pdu_at, change.row.pdu.size());
  }
  void EndQueue();
  void EndReceipts();
  void EndOutcomes();

  const std::string journal_id_;
  BatchPlace place_;
  journal::Position from_ = 0, to_ = 0;
  std::size_t records_ = 0;
  MessageId last_message_id_ = 0;

  CopyRows messages_, attempts_, rejects_, outcomes_, outcomes_late_, queue_, receipts_,
      receipt_events_, strays_;
  std::vector<std::size_t> batch_seqs_;  // places in messages_

  std::vector<AccountUse>
      uses_;  // after End: ascending, the order in which everybody locks accounts
  IdIndex use_of_;
  NanoSum total_ = 0;
  std::vector<Resolution> resolutions_;

  // Kept back until it is known whether they end in this batch.
  std::string octets_;  // their texts
  std::vector<QueueChange> queue_changes_;
  IdIndex queue_of_;
  std::vector<ReceiptChange> receipt_changes_;
  IdIndex receipt_of_;
  std::vector<OutcomeKept> outcomes_kept_;
  IdIndex outcome_of_;
  std::vector<ReceiptEndRecord> told_before_;    // of outcomes in earlier batches
  std::vector<ReceiptEndRecord> events_before_;  // of receipts in earlier batches
  std::vector<LateAnswer> late_answers_;
  IdIndex late_key_of_;  // messages that are known by one of these
};

/// What a settling session needs once, after it was connected.
Outcome<Done> PrepareToSettle(Pg& pg);

/// One transaction: position, rows, money. Done also when PostgreSQL had it already. After an error nothing is known when the
/// connection was lost (ask SettledPosition), and nothing was written otherwise.
Outcome<Done> SettleBatch(Pg& pg, const Batch& batch);

}  // namespace hub::store
