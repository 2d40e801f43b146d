// One node of the credit model: the real AccountCredit, CreditBook, PgLeaseDesk and Fence over a journal that is a vector.
#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "server/billing/credit.h"
#include "server/store/lease_desk.h"
#include "tests/support/lossy_proxy.h"
#include "tests/support/plain_batch.h"

namespace hub::test {

/// Time as the model tells it; read by desks' threads.
class ModelClock final : public Clock {
 public:
  TimePoint Now() const override { return TimePoint(Duration(now_.load())); }
  WallTime WallNow() const override {
    return SystemClock().WallNow();  // ids: partitions are by day
  }
  void Advance(Duration by) { now_ += by.count(); }

 private:
  std::atomic<std::int64_t> now_{3'600'000'000'000};
};

/// A durable record: a message, or the end of one.
struct ModelEntry {
  std::int64_t epoch = 0;
  std::optional<PlainMessage> message;
  std::optional<PlainEnd> end;
};

class ModelNode {
 public:
  ModelNode(std::string database, int id, int journal, const Clock& clock);

  /// A new desk and an empty book for the epoch that was just started.
  void Begin(std::int64_t epoch);
  /// All that was in memory is gone; the journal stays. `pg` makes sure that its session is gone too: the next life takes the
  /// node's lock at once.
  void Crash(store::Pg& pg);
  bool up() const { return desk_ != nullptr; }
  /// Another start or an operator ended our epoch, and our desk has noticed.
  bool fenced() const { return fence_ && fence_->tripped(); }

  /// TryReserve until it says something other than kWait, as the relay does with a message that waits.
  billing::Reserve Reserve(std::int64_t account_id, Nano amount);
  billing::AccountCredit& credit(std::int64_t account_id) { return *book_->Of(account_id); }
  store::LeaseDesk& desk() { return *desk_; }
  LossyProxy& proxy() { return proxy_; }

  /// The first batch of what is not settled, at most so many entries, all of one epoch. Empty (from = to): none.
  PlainBatch NextBatch(std::int64_t entries_max) const;
  /// Another journal, for this one is lost.
  void LoseJournal();

  const int id;
  int journal_number;  // of JournalOf
  std::vector<ModelEntry> journal;
  std::int64_t epoch = 0;
  std::int64_t settled = 0;  // as far as the node knows
  bool answer_lost = false;  // of the batch that begins at `settled`
  bool owns_journal = true;  // false: somebody took its lock while we were paused
  int paused_steps = 0;

 private:
  const store::PgOptions connection_;
  const Clock& clock_;
  LossyProxy proxy_;
  std::mutex mutex_;  // LOCK: the desk's thread tells that an answer came
  std::condition_variable answered_;
  std::unique_ptr<store::Fence> fence_;
  std::unique_ptr<billing::CreditBook> book_;  // outlives the desk
  std::unique_ptr<store::PgLeaseDesk> desk_;
};

}  // namespace hub::test
