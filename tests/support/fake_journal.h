// A journal in memory whose disk the test holds in its hand, and a PostgreSQL behind it that knows what the test says.
#pragma once

#include <deque>
#include <functional>
#include <optional>
#include <vector>

#include "server/store/store.h"

namespace hub::test {

/// One writer. Durable at once, unless `slow`: then when the test says so.
class FakeJournal final : public journal::Journal {
 public:
  journal::Ticket Append(unsigned writer, journal::FrameBuffer* frames) override;
  journal::Ticket durable(unsigned) const override { return durable_; }
  journal::Position durable_end() const override { return durable_end_; }
  bool keeps() const override { return keeps_records; }
  bool has_room() const override { return room; }
  bool AwaitBeyond(journal::Position beyond, Duration) override { return durable_end_ > beyond; }
  void Release(journal::Position) override {}
  journal::Stats stats() const override { return {}; }

  /// The disk has everything now.
  void Sync();

  /// All records of the kind, oldest first. Texts borrow from the journal.
  template <class R>
  std::vector<R> All(store::RecordKind kind) const {
    std::vector<R> found;
    for (const Frame& frame : frames_) {
      R record;
      if (frame.kind == kind && store::Decode(frame.payload, &record)) found.push_back(record);
    }
    return found;
  }
  std::size_t frames() const { return frames_.size(); }
  /// Drops what was not durable, as a power loss does.
  void Clear() { frames_.clear(); }

  bool room = true, slow = false;
  bool keeps_records = true;  // false, before a relay is made: durability = none
  std::function<void()> wake = [] {};

 private:
  struct Frame {
    store::RecordKind kind;
    smpp::Bytes payload;
  };
  std::deque<std::vector<std::uint8_t>> bunches_;
  std::vector<Frame> frames_;
  journal::Ticket appended_ = 0, durable_ = 0;
  journal::Position end_ = 0, durable_end_ = 0;
};

template <class R>
store::RecordKind KindOf();
#define HUB_KIND(record, kind)                       \
  template <>                                        \
  inline store::RecordKind KindOf<store::record>() { \
    return store::RecordKind::kind;                  \
  }
HUB_KIND(HandedRecord, kHanded)
HUB_KIND(MessageRecord, kMessage)
HUB_KIND(AttemptRecord, kAttempt)
HUB_KIND(OutcomeRecord, kOutcome)
HUB_KIND(RejectRecord, kReject)
HUB_KIND(QueuedRecord, kQueued)
HUB_KIND(QueueEndRecord, kQueueEnd)
HUB_KIND(ReceiptRecord, kReceipt)
HUB_KIND(ReceiptEndRecord, kReceiptEnd)
HUB_KIND(StrayReceiptRecord, kStrayReceipt)
HUB_KIND(ReplacedRecord, kReplaced)
HUB_KIND(LateAnswerRecord, kLateAnswer)
#undef HUB_KIND

/// Settles everything at once, unless told a position.
class FakeSettler final : public store::Settler {
 public:
  explicit FakeSettler(const FakeJournal& journal) : journal_(journal) {}
  bool has_room() const override { return room; }
  journal::Position settled() const override {
    return behind ? 0 : stays_at.value_or(journal_.durable_end());
  }
  store::SettleStats stats() const override { return {}; }
  bool Drain(std::int64_t) override { return true; }

  bool room = true;
  bool behind = false;                        // PostgreSQL is away: nothing is settled
  std::optional<journal::Position> stays_at;  // no more than this is settled

 private:
  const FakeJournal& journal_;
};

/// Answers from what the test put in; pages of messages and overdue ones, when `hold`, are made at once and told later.
class FakeArchive final : public store::Archive {
 public:
  bool LoadMessages(store::MessageQuery query,
                    std::function<void(store::MessagePage)> done) override;
  bool LoadReceipts(store::ReceiptQuery query,
                    std::function<void(store::ReceiptPage)> done) override;
  bool Find(std::vector<store::UpstreamKey> keys,
            std::function<void(store::FoundPage)> done) override;
  bool LoadByIds(std::vector<MessageId> ids, std::function<void(store::OverduePage)> done) override;
  bool LoadFates(std::vector<MessageId> ids, std::function<void(store::FatePage)> done) override;
  bool LoadChanges(std::vector<MessageId> ids,
                   std::function<void(store::ChangePage)> done) override;
  bool FindOverdue(std::int32_t limit, std::function<void(store::OverduePage)> done) override;
  bool LoadWaiting(std::function<void(Waiting)> done) override;
  /// Tells what was held back.
  void AnswerHeld();

  std::function<void()> refresh = [] {};           // before each page of messages
  std::function<void()> refresh_receipts = [] {};  // before each page of receipts
  std::function<journal::Position()> settled = [] { return journal::Position{0}; };
  std::vector<store::StoredMessage> messages;                           // by next_at
  std::vector<std::pair<std::int64_t, store::StoredReceipt>> receipts;  // client_id; by receipt_id
  std::vector<store::FoundMessage> known;
  std::vector<store::OverdueMessage> overdue;
  std::vector<store::MessageFate> fates;
  std::vector<store::ChangeableMessage> changeable;
  bool overdue_more = false;  // and more
  bool overdue_scan_cut = false;
  bool reachable = true, hold = false, room = true;
  int finds = 0, receipt_pages = 0, message_pages = 0, overdue_pages = 0, fate_pages = 0,
      change_pages = 0;
  std::vector<store::UpstreamKey> last_asked;  // by the last Find
  MessageId recent_from = 0;  // older ones are found only by who asks for older_days

 private:
  void Tell(std::function<void()> answer);

  std::vector<std::function<void()>> held_;
};

}  // namespace hub::test
