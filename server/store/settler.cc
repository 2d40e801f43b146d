#include "server/store/settler.h"

#include <algorithm>
#include <chrono>
#include <iterator>
#include <utility>

#include "server/base/check.h"
#include "server/base/clock.h"
#include "server/telemetry/log.h"

namespace hub::store {
namespace {

using Millis = std::chrono::milliseconds;

constexpr int kPartitionDaysAhead = 3;
constexpr std::int64_t kPartitionRetryMs = 60'000;
constexpr std::size_t kBunchBatchesMax = 4;  // a bunch of more full batches than this is cut

// PostgreSQL is there and says no to what we sent: data (22), constraints (23), our own functions
// (HB).
bool IsAboutContent(const Error& error) {
  const std::string kind = error.sqlstate.substr(0, 2);
  return kind == "22" || kind == "23" || kind == "HB";
}

}  // namespace

PgSettler::PgSettler(PgOptions connection, const SettleLimits& limits, const NodeEpoch& node,
                     Fence* fence)
    : connection_(std::move(connection)),
      limits_(limits),
      node_(node),
      fence_(fence),
      last_message_id_(node.last_message_id),
      thread_([this] { Run(); }) {}

PgSettler::~PgSettler() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  wake_.notify_all();
  thread_.join();
}

bool PgSettler::Offer(std::vector<Record>&& records) { return Take(std::move(records), false); }

void PgSettler::OfferLast(std::vector<Record>&& records) {
  HUB_CHECK(Take(std::move(records), true));
}

bool PgSettler::Take(std::vector<Record>&& records, bool beyond_limits) {
  if (records.empty()) return true;
  const std::size_t octets = OctetsOf(records);
  bool full_batch = false;
  {
    const std::lock_guard lock(mutex_);
    if (!beyond_limits && !has_room()) return false;
    stats_.octets_waiting += static_cast<std::int64_t>(octets);
    const auto before = static_cast<std::size_t>(stats_.records_waiting);
    stats_.records_waiting += static_cast<std::int64_t>(records.size());
    bunches_.push_back(std::move(records));
    const auto now = static_cast<std::size_t>(stats_.records_waiting);
    // Woken by the first record, to start its interval, and by a full batch; not by each turn of
    // each loop.
    full_batch = before == 0 || (before < limits_.batch_rows_max && now >= limits_.batch_rows_max);
    UpdateRoom();
  }
  records.clear();
  if (full_batch) wake_.notify_one();
  return true;
}

void PgSettler::UpdateRoom() {
  const bool room =
      !stuck_ && static_cast<std::size_t>(stats_.records_waiting) < limits_.backlog_records_max &&
      static_cast<std::size_t>(stats_.octets_waiting) < limits_.backlog_octets_max;
  if (!room && !stuck_ && room_.load(std::memory_order_relaxed)) {
    Log(Event::settle_backlog_full,
        {{"records", stats_.records_waiting}, {"octets", stats_.octets_waiting}});
  }
  fence_->NoteUnsettled(stats_.records_waiting);
  room_.store(room, std::memory_order_relaxed);
}

SettleStats PgSettler::stats() const {
  const std::lock_guard lock(mutex_);
  SettleStats stats = stats_;
  stats.fenced = fence_->tripped();
  return stats;
}

bool PgSettler::Drain(std::int64_t millis) {
  std::unique_lock lock(mutex_);
  draining_ = true;
  wake_.notify_all();
  settled_.wait_for(lock, Millis(millis),
                    [this] { return stats_.records_waiting == 0 || stats_.fenced; });
  draining_ = false;
  return stats_.records_waiting == 0;
}

void PgSettler::Run() {
  // Connected before there is work, so that a lost PostgreSQL is seen early.
  auto connected = Connect();
  if (connected) KeepPartitions();
  while (true) {
    const std::vector<Record> records = TakeBatch();
    if (records.empty()) return;
    const Batch batch =
        BuildBatch({node_.node_id, node_.epoch, ++batch_seq_}, last_message_id_, records);
    last_message_id_ = batch.last_message_id;
    if (!SettleUntilDone(batch, OctetsOf(records))) return;
  }
}

std::vector<Record> PgSettler::TakeBatch() {
  if (cut_.empty()) {
    std::vector<Record> records = TakeBunches();
    if (records.size() <= kBunchBatchesMax * limits_.batch_rows_max) return records;
    for (auto& piece : CutAtMessages(std::move(records), limits_.batch_rows_max)) {
      cut_.push_back(std::move(piece));
    }
  }
  const std::lock_guard lock(mutex_);
  std::vector<Record> records;
  if (stop_) return records;
  records = std::move(cut_.front());
  cut_.pop_front();
  return records;
}

std::vector<Record> PgSettler::TakeBunches() {
  std::unique_lock lock(mutex_);
  wake_.wait(lock, [this] { return stop_ || !bunches_.empty(); });
  wake_.wait_for(lock, Millis(limits_.interval_ms), [this] {
    return stop_ || draining_ ||
           static_cast<std::size_t>(stats_.records_waiting) >= limits_.batch_rows_max;
  });
  std::vector<Record> records;
  if (stop_) return records;
  // Whole bunches: a batch may pass its limit by one of them, and a loop's turn is never torn.
  while (!bunches_.empty() && records.size() < limits_.batch_rows_max) {
    std::vector<Record>& bunch = bunches_.front();
    if (records.empty()) {
      records = std::move(bunch);
      bunches_.pop_front();
      continue;
    }
    records.insert(records.end(), std::make_move_iterator(bunch.begin()),
                   std::make_move_iterator(bunch.end()));
    bunches_.pop_front();
  }
  return records;
}

bool PgSettler::SettleUntilDone(const Batch& batch, std::size_t octets) {
  while (true) {
    const Answer answer = TryOnce(batch);
    if (answer == Answer::kFenced) return false;
    if (answer == Answer::kSettled) {
      NoteSettled(batch, octets);
      return true;
    }
    if (!Pause(limits_.retry_ms)) return false;
  }
}

PgSettler::Answer PgSettler::TryOnce(const Batch& batch) {
  auto outcome = Connect();
  if (outcome) {
    KeepPartitions();
    outcome = SettleBatch(*pg_, batch);
    if (outcome) return Answer::kSettled;
  }
  if (outcome.error().sqlstate == kEpochClosed && fence_->Trip()) {
    NoteFenced(outcome.error());
    return Answer::kFenced;  // for good: no record of this epoch is ever taken again
  }
  const bool refused = IsAboutContent(outcome.error());
  NoteFailure(batch, outcome.error(), refused);
  if (!refused) pg_.reset();  // whatever state it was in: the next try starts clean
  return refused ? Answer::kRefused : Answer::kTryAgain;
}

Outcome<Done> PgSettler::Connect() {
  if (pg_ && pg_->alive()) return Done{};
  auto pg = Pg::Connect(connection_);
  if (!pg) return Err{pg.error()};
  auto ready = PrepareToSettle(*pg);
  if (!ready) return ready;
  pg_.emplace(std::move(*pg));
  return Done{};
}

// Once a day. A failure is no reason to stop, nor to ask before each batch: rows without a day of
// their own go to the default partition.
void PgSettler::KeepPartitions() {
  const std::int32_t today = DayOf(SystemClock().WallNow());
  const TimePoint now = SystemClock().Now();
  if (partitions_day_ == today || now < partitions_next_) return;
  auto made = pg_->Run("make partitions", "SELECT ops.ensure_partitions($1)",
                       {ToParam(kPartitionDaysAhead)});
  if (made) {
    partitions_day_ = today;
  } else {
    partitions_next_ = now + Millis(kPartitionRetryMs);
    Log(Event::settle_failed, {{"why", made.error().Text()}});
  }
}

void PgSettler::NoteFenced(const Error& error) {
  const std::lock_guard lock(mutex_);
  ++stats_.failures;
  stats_.last_error = error.Text();
  stats_.fenced = true;
  settled_.notify_all();
}

void PgSettler::NoteFailure(const Batch& batch, const Error& error, bool refused) {
  const std::lock_guard lock(mutex_);
  ++stats_.failures;
  stats_.last_error = error.Text();
  if (refused) {
    if (!stuck_) ++stats_.quarantined;
    stuck_ = true;
    Log(Event::settle_quarantined,
        {{"batch", batch.key.batch_seq}, {"sqlstate", error.sqlstate}, {"why", stats_.last_error}});
  } else if (stats_.reachable) {
    Log(Event::database_lost, {{"of", "settle"}, {"why", stats_.last_error}});
  } else {
    Log(Event::settle_failed,
        {{"batch", batch.key.batch_seq}, {"sqlstate", error.sqlstate}, {"why", stats_.last_error}});
  }
  stats_.reachable = refused;
  UpdateRoom();
}

void PgSettler::NoteSettled(const Batch& batch, std::size_t octets) {
  const std::lock_guard lock(mutex_);
  if (!stats_.reachable) Log(Event::database_restored, {{"of", "settle"}});
  stats_.reachable = true;
  stats_.quarantined = 0;
  stuck_ = false;
  ++stats_.batches_settled;
  stats_.records_settled += batch.records;
  stats_.records_waiting -= batch.records;
  stats_.octets_waiting -= static_cast<std::int64_t>(octets);
  HUB_CHECK(stats_.records_waiting >= 0 && stats_.octets_waiting >= 0);
  UpdateRoom();
  Log(Event::settle_done, {{"batch", batch.key.batch_seq}, {"records", batch.records}});
  if (stats_.records_waiting == 0) settled_.notify_all();
}

bool PgSettler::Pause(std::int64_t millis) {
  std::unique_lock lock(mutex_);
  wake_.wait_for(lock, Millis(millis), [this] { return stop_; });
  return !stop_;
}

}  // namespace hub::store
