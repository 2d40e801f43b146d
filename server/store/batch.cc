#include "server/store/batch.h"

#include <algorithm>

namespace hub::store {

void Batch::Begin(std::int64_t epoch, journal::Position from) {
  place_.epoch = epoch;
  from_ = to_ = from;
  records_ = 0;
  for (CopyRows* rows : streams()) rows->Clear();
  batch_seqs_.clear();
  uses_.clear();
  use_of_.Clear();
  total_ = 0;
  resolutions_.clear();
  octets_.clear();
  queue_changes_.clear();
  queue_of_.Clear();
  receipt_changes_.clear();
  receipt_of_.Clear();
  outcomes_kept_.clear();
  outcome_of_.Clear();
  told_before_.clear();
  events_before_.clear();
  late_answers_.clear();
  late_key_of_.Clear();
}

std::size_t Batch::Keep(std::string_view octets) {
  octets_ += octets;
  return octets_.size() - octets.size();
}

void Batch::Add(const MessageRecord& r) {
  Note(r.message_id);
  batch_seqs_.push_back(PutMessage(messages_, r, place_));
  if (r.amount.units != 0) Charge(r);
  if (r.pdu.empty()) return;
  QueueChange& change = QueueOf(r.message_id);
  change.inserted = true;
  change.row = {.message_id = r.message_id,
                .client_id = r.client_id,
                .message_class = r.message_class,
                .priority = r.priority,
                .next_at_us = r.next_at_us,
                .expires_at_us = r.expires_at_us,
                .pdu = r.pdu};
  change.class_at = Keep(r.message_class);
  change.pdu_at = Keep(smpp::AsText(r.pdu));
}

void Batch::Charge(const MessageRecord& r) {
  std::uint32_t place = use_of_.Find(static_cast<std::uint64_t>(r.account_id));
  if (place == IdIndex::kNone) {
    place = static_cast<std::uint32_t>(uses_.size());
    use_of_.Add(static_cast<std::uint64_t>(r.account_id), place);
    uses_.push_back({.account_id = r.account_id});
  }
  NanoSum& sum = r.basis == ChargeBasis::kSubmit ? uses_[place].charged : uses_[place].held;
  sum += r.amount.units;
  total_ += r.amount.units;
  // A supplier took it before the client was answered: its attempt may stand in the batch before.
  if (r.basis == ChargeBasis::kUpstreamAck && r.supplier_id != 0)
    resolutions_.push_back({r.message_id, 0, "upstream_ack", false});
}

void Batch::Add(const AttemptRecord& r) {
  Note(r.message_id);
  PutAttempt(attempts_, r);
  if (r.resolves_hold) resolutions_.push_back({r.message_id, 0, "upstream_ack", false});
}

void Batch::Add(const LateAnswerRecord& r) {
  Note(r.message_id);
  late_answers_.push_back({r, std::string(r.upstream_id), std::string(r.upstream_key)});
  if (r.resolves_hold) resolutions_.push_back({r.message_id, 0, "upstream_ack", false});
  if (!r.accepted) return;
  QueueOf(r.message_id).ended = true;
  if (r.upstream_key.empty()) return;
  if (late_key_of_.Find(r.message_id) == IdIndex::kNone) return late_key_of_.Add(r.message_id, 0);
  late_answers_.back().upstream_key.clear();  // of two, the message is known by the first
}

void Batch::Add(const OutcomeRecord& r) {
  Note(r.message_id);
  if (outcome_of_.Find(r.message_id) != IdIndex::kNone)  // the first one stands
    return PutOutcome(outcomes_late_, r, nullptr);
  outcome_of_.Add(r.message_id, static_cast<std::uint32_t>(outcomes_kept_.size()));
  outcomes_kept_.push_back({.row = r, .error_at = Keep(r.error), .told = {}});
  if (r.moves_money)
    resolutions_.push_back({r.message_id, r.message_state, CauseName(r.cause), true});
}

void Batch::Add(const RejectRecord& r) {
  Note(r.message_id);
  PutReject(rejects_, r);
}

Batch::QueueChange& Batch::QueueOf(MessageId id) {
  const std::uint32_t place = queue_of_.Find(id);
  if (place != IdIndex::kNone) return queue_changes_[place];
  queue_of_.Add(id, static_cast<std::uint32_t>(queue_changes_.size()));
  queue_changes_.emplace_back().row.message_id = id;
  return queue_changes_.back();
}

void Batch::Add(const QueuedRecord& r) {
  Note(r.message_id);
  QueueChange& change = QueueOf(r.message_id);
  change.updated = true;
  change.row.next_at_us = r.next_at_us;
  change.row.cycles = r.cycles;
  change.row.attempts = r.attempts;
  change.row.possible_duplicate = r.possible_duplicate;
}

void Batch::Add(const ReplacedRecord& r) {
  Note(r.message_id);
  QueueChange& change = QueueOf(r.message_id);
  change.replaced = true;
  change.row.next_at_us = r.next_at_us;
  change.row.expires_at_us = r.expires_at_us;
  change.row.pdu = r.pdu;
  change.pdu_at = Keep(smpp::AsText(r.pdu));
  change.registered_delivery = r.registered_delivery;
}

void Batch::Add(const QueueEndRecord& r) {
  Note(r.message_id);
  QueueOf(r.message_id).ended = true;
}

Batch::ReceiptChange& Batch::ReceiptOf(std::uint64_t id) {
  const std::uint32_t place = receipt_of_.Find(id);
  if (place != IdIndex::kNone) return receipt_changes_[place];
  receipt_of_.Add(id, static_cast<std::uint32_t>(receipt_changes_.size()));
  receipt_changes_.emplace_back().row.receipt_id = id;
  return receipt_changes_.back();
}

void Batch::Add(const ReceiptRecord& r) {
  Note(r.receipt_id);  // of the same source as messages' ids
  ReceiptChange& change = ReceiptOf(r.receipt_id);
  change.inserted = true;
  change.row = r;
  change.pdu_at = Keep(smpp::AsText(r.pdu));
}

void Batch::Add(const ReceiptEndRecord& r) {
  Note(r.message_id);
  ReceiptChange& change = ReceiptOf(r.receipt_id);
  change.tries = r.tries;
  if (r.end == ReceiptEnd::kTriedAgain) {
    change.updated = true;
    return;
  }
  change.ended = true;
  if (r.is_final && r.end == ReceiptEnd::kDelivered) NoteTold(r);
  const bool plain = r.end == ReceiptEnd::kDelivered && r.tries <= 1 && !r.possible_duplicate;
  if (plain) return;
  if (!change.inserted) return events_before_.push_back(r);  // whose it is, its row knows
  PutReceiptEvent(receipt_events_, r, change.row);
}

void Batch::NoteTold(const ReceiptEndRecord& r) {
  const std::uint32_t place = outcome_of_.Find(r.message_id);
  if (place == IdIndex::kNone) return told_before_.push_back(r);
  outcomes_kept_[place].told = r;
  outcomes_kept_[place].is_told = true;
}

void Batch::Add(const StrayReceiptRecord& r) {
  ++records_;
  PutStrayReceipt(strays_, r);
}

void Batch::End(journal::Position to) {
  to_ = to;
  for (const std::size_t place : batch_seqs_) messages_.Fill(place, static_cast<std::int64_t>(to));
  std::sort(uses_.begin(), uses_.end(),
            [](const AccountUse& a, const AccountUse& b) { return a.account_id < b.account_id; });
  EndQueue();
  EndReceipts();
  EndOutcomes();
  for (CopyRows* rows : streams()) rows->Finish();
}

void Batch::EndQueue() {
  for (QueueChange& change : queue_changes_) {
    if (!change.inserted || change.ended) continue;
    change.row.message_class = Kept(change.class_at, change.row.message_class.size());
    change.row.pdu = smpp::AsBytes(PduOf(change));
    PutQueue(queue_, change.row, place_);
  }
}

void Batch::EndReceipts() {
  for (ReceiptChange& change : receipt_changes_) {
    if (!change.inserted || change.ended) continue;
    change.row.pdu = smpp::AsBytes(Kept(change.pdu_at, change.row.pdu.size()));
    PutReceipt(receipts_, change.row, change.tries, place_);
  }
}

void Batch::EndOutcomes() {
  for (OutcomeKept& kept : outcomes_kept_) {
    kept.row.error = Kept(kept.error_at, kept.row.error.size());
    PutOutcome(outcomes_, kept.row, kept.is_told ? &kept.told : nullptr);
  }
}

}  // namespace hub::store
