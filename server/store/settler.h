// The thread that brings the journal into PostgreSQL. See Settler in store.h for the contract.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "server/base/clock.h"
#include "server/journal/file_journal.h"
#include "server/store/fence.h"
#include "server/store/pg.h"
#include "server/store/settle_run.h"
#include "server/store/store.h"

namespace hub::store {

/// One transaction in flight. A batch is cut when it is full or interval_ms old, and kept until PostgreSQL has it.
class PgSettler final : public Settler {
 public:
  /// `run` goes on from where a start left it.
  PgSettler(SettleRun run, const SettleLimits& limits, journal::FileJournal* journal, Fence* fence);
  /// At once, whatever PostgreSQL does; what was not settled by then stays in the journal.
  ~PgSettler() override;

  bool has_room() const override {
    return room_.load(std::memory_order_relaxed) && !fence_->tripped();
  }
  journal::Position settled() const override { return settled_.load(std::memory_order_acquire); }
  SettleStats stats() const override;
  bool Drain(std::int64_t millis) override;

 private:
  void Run();
  bool stopping() const;
  bool Step();  // false: fenced
  bool IsDue(TimePoint now) const;
  void Settle();
  void KeepPartitions();
  void Publish();
  void PublishLocked();
  void Release(TimePoint now);
  bool Failed(const Error& error);  // false: fenced
  void NoteFailure(const Error& error, bool refused);
  void NoteReached();
  void NoteReachedLocked();
  void NoteSettled();
  bool Pause(std::int64_t millis);  // false when stopping

  const SettleLimits limits_;
  journal::FileJournal* const journal_;
  Fence* const fence_;

  // LOCK: the settling thread, and whoever asks for stats or drains. No loop takes it.
  mutable std::mutex mutex_;
  std::condition_variable wake_;          // the settling thread waits on it
  std::condition_variable settled_grew_;  // Drain waits on it
  SettleStats stats_;
  bool stop_ = false;
  std::atomic<bool> draining_{false};
  std::atomic<bool> room_{true};
  std::atomic<journal::Position> settled_;

  // Of the settling thread alone.
  SettleRun run_;
  TimePoint gathered_since_{};  // the batch's first record was read
  TimePoint release_next_{};
  std::optional<std::int32_t> partitions_day_;  // the day for which partitions were last made
  TimePoint partitions_next_{};                 // after a failure: not before
  std::thread thread_;
};

}  // namespace hub::store
