// The thread that brings records into PostgreSQL. See Settler in store.h for the contract.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "server/base/clock.h"
#include "server/store/batch.h"
#include "server/store/fence.h"
#include "server/store/pg.h"
#include "server/store/store.h"

namespace hub::store {

/// One transaction in flight; the batch under way keeps its key and its octets until PostgreSQL has
/// it.
class PgSettler final : public Settler {
 public:
  PgSettler(PgOptions connection, const SettleLimits& limits, const NodeEpoch& node, Fence* fence);
  ~PgSettler() override;  // stops; what was not settled by then is lost: call Drain before

  bool Offer(std::vector<Record>&& records) override;
  void OfferLast(std::vector<Record>&& records) override;
  bool has_room() const override {
    return room_.load(std::memory_order_relaxed) && !fence_->tripped();
  }
  SettleStats stats() const override;
  bool Drain(std::int64_t millis) override;

 private:
  enum class Answer { kSettled, kTryAgain, kRefused, kFenced };

  void Run();
  bool Take(std::vector<Record>&& records, bool beyond_limits);
  std::vector<Record> TakeBatch();  // waits; empty when stopping
  std::vector<Record> TakeBunches();
  bool SettleUntilDone(const Batch& batch, std::size_t octets);  // false when stopping or fenced
  Answer TryOnce(const Batch& batch);
  Outcome<Done> Connect();
  void KeepPartitions();
  void NoteFailure(const Batch& batch, const Error& error, bool refused);
  void NoteSettled(const Batch& batch, std::size_t octets);
  void NoteFenced(const Error& error);
  bool Pause(std::int64_t millis);  // false when stopping
  void UpdateRoom();                // with mutex_ held

  const PgOptions connection_;
  const SettleLimits limits_;
  const NodeEpoch node_;
  Fence* const fence_;

  // LOCK: many loops offer, one thread takes. Taken once a loop turn, never per message; nothing
  // waits inside.
  mutable std::mutex mutex_;
  std::condition_variable wake_;     // the settling thread waits on it
  std::condition_variable settled_;  // Drain waits on it
  std::deque<std::vector<Record>> bunches_;
  SettleStats stats_;
  bool stop_ = false;
  bool draining_ = false;
  bool stuck_ = false;  // PostgreSQL refuses the batch for its content
  std::atomic<bool> room_{true};

  // Of the settling thread alone.
  std::optional<Pg> pg_;
  std::int64_t batch_seq_ = 0;
  MessageId last_message_id_ = 0;
  std::deque<std::vector<Record>> cut_;         // of a bunch that was too large for one batch
  std::optional<std::int32_t> partitions_day_;  // the day for which partitions were last made
  TimePoint partitions_next_{};                 // after a failure: not before
  std::thread thread_;
};

}  // namespace hub::store
