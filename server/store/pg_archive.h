// The thread that asks PostgreSQL what memory does not hold. See archive.h for the contract.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "server/base/clock.h"
#include "server/store/archive.h"
#include "server/store/pg.h"
#include "server/store/store.h"

namespace hub::store {

struct ArchiveLimits {
  std::size_t waiting_max = 10'000;           // questions that wait; one more is refused
  std::int64_t dedupe_entries_max = 200'000;  // LoadWaiting: the newest; about 130 octets each
  std::int64_t expire_every_ms = 60'000;      // receipts whose time is over are looked for
};

/// One connection of its own, made by the thread when it is first needed; while PostgreSQL is away, questions are answered
/// unreachable at once, and a connection is tried with a growing pause. Every question is one transaction; Finds that
/// wait together are one statement. Between questions: expires receipts that nobody fetched.
class PgArchive final : public Archive {
 public:
  /// `durable_end`: journal::Journal::durable_end, any thread. What the journal had a while ago must be settled before a
  /// receipt is called expired: its delivery may be in there.
  PgArchive(PgOptions connection, const NodeEpoch& node, const ArchiveLimits& limits,
            std::function<journal::Position()> durable_end);
  /// At once, whatever PostgreSQL does: questions that wait, or are being asked, are answered unreachable.
  ~PgArchive() override;

  bool LoadMessages(MessageQuery query, std::function<void(MessagePage)> done) override;
  bool LoadReceipts(ReceiptQuery query, std::function<void(ReceiptPage)> done) override;
  bool Find(std::vector<UpstreamKey> keys, std::function<void(FoundPage)> done) override;
  bool LoadByIds(std::vector<MessageId> ids, std::function<void(OverduePage)> done) override;
  bool LoadFates(std::vector<MessageId> ids, std::function<void(FatePage)> done) override;
  bool LoadChanges(std::vector<MessageId> ids, std::function<void(ChangePage)> done) override;
  bool FindOverdue(std::int32_t limit, std::function<void(OverduePage)> done) override;
  bool LoadWaiting(std::function<void(Waiting)> done) override;
  Counts counts() const override;

 private:
  /// Answers with what the connection says; unreachable when it is null or fails.
  using Question = std::function<Outcome<Done>(Pg*)>;
  struct FindQuestion {
    std::vector<UpstreamKey> keys;
    std::function<void(FoundPage)> done;
  };
  // What is done before the thread looks at the queues again: Finds do not wait for pages, nor pages for Finds.
  struct Turn {
    bool stop = false;
    std::vector<FindQuestion> finds;
    std::optional<Question> question;
  };

  template <class Page, class Read>
  bool Ask(Read read, std::function<void(Page)> done);
  bool TakeRoom();  // false, and counted: too many wait
  void Run();
  Turn TakeTurn();  // waits, at most until receipts are looked at again
  void AnswerFinds(std::vector<FindQuestion>& finds);
  void Answer(const Question& question);
  void ExpireReceipts();
  Pg* Connect();  // null: PostgreSQL is away
  void Lose(const Error& error);
  void NoteLost(const Error& error);

  const std::shared_ptr<PgInterrupt> interrupt_ = std::make_shared<PgInterrupt>();
  const PgOptions connection_;
  const NodeEpoch node_;
  const ArchiveLimits limits_;
  const std::function<journal::Position()> durable_end_;

  // LOCK: loops ask from their threads, the archive takes from its own. A page holds hundreds of messages, and receipts
  // whose message is not in memory are asked for in bunches: never per message.
  mutable std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<FindQuestion> finds_;
  std::deque<Question> questions_;
  std::int64_t refused_ = 0;
  bool stop_ = false;

  // Of the archive's thread alone.
  std::optional<Pg> pg_;
  TimePoint next_connect_{};
  std::int64_t backoff_ms_ = 0;
  bool lost_ = false;  // and said so in the log
  TimePoint next_expiry_;
  journal::Position durable_then_;  // when receipts were last looked at
  std::thread thread_;
};

}  // namespace hub::store
