#include "server/store/settler.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "server/base/thread_name.h"
#include "server/telemetry/log.h"

namespace hub::store {
namespace {

using Millis = std::chrono::milliseconds;

constexpr int kPartitionDaysAhead = 3;
constexpr std::int64_t kPartitionRetryMs = 60'000;
constexpr std::int64_t kIdleMs = 100;  // an empty journal is looked at so often, to see a stop
constexpr std::int64_t kGatherMs =
    20;  // a batch that is not due: not once for each sync of the journal
constexpr std::int64_t kReleaseMs = 200;

TimePoint Now() { return SystemClock().Now(); }

// PostgreSQL is there and says no to what we sent: data (22), constraints (23), statements (42), our own functions (HB, but
// for HB007: it stands elsewhere). So is a journal that cannot be read, which has no SQLSTATE but a place.
bool IsAboutContent(const Error& error) {
  if (error.sqlstate == "HB007") return false;
  const std::string kind = error.sqlstate.substr(0, 2);
  return kind == "22" || kind == "23" || kind == "42" || kind == "HB" ||
         (error.sqlstate.empty() && !error.place.empty());
}

}  // namespace

PgSettler::PgSettler(SettleRun run, const SettleLimits& limits, journal::FileJournal* journal,
                     Fence* fence)
    : limits_(limits),
      journal_(journal),
      fence_(fence),
      settled_(run.settled()),
      run_(std::move(run)),
      thread_([this] { Run(); }) {}

PgSettler::~PgSettler() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  run_.Interrupt();
  wake_.notify_all();
  thread_.join();
}

SettleStats PgSettler::stats() const {
  const journal::Position end = journal_->durable_end();
  const std::lock_guard lock(mutex_);
  SettleStats stats = stats_;
  stats.settled = settled();
  stats.octets_waiting = static_cast<std::int64_t>(end - std::min(end, stats.settled));
  stats.fenced = fence_->tripped();
  return stats;
}

bool PgSettler::Drain(std::int64_t millis) {
  const TimePoint until = Now() + Millis(millis);
  // What the loops wrote last may still be on its way to the disk: without it nothing is done.
  if (!journal_->Flush(until - Now())) return false;
  const auto done = [this] { return settled() >= journal_->durable_end(); };
  std::unique_lock lock(mutex_);
  draining_.store(true);
  wake_.notify_all();
  settled_grew_.wait_until(lock, until, [&] { return done() || fence_->tripped(); });
  draining_.store(false);
  return done();
}

void PgSettler::Run() {
  NameThread("settle");
  while (Step()) {
    if (stopping()) return;
  }
}

bool PgSettler::stopping() const {
  const std::lock_guard lock(mutex_);
  return stop_;
}

// Connected before there is work, so that a lost PostgreSQL is seen early.
bool PgSettler::Step() {
  auto ready = run_.Connect();
  if (!ready) return Failed(ready.error());
  KeepPartitions();
  const bool was_empty = run_.records() == 0;
  auto gathered = run_.Gather(journal_->durable_end());
  if (!gathered) return Failed(gathered.error());
  const TimePoint now = Now();
  if (was_empty) gathered_since_ = now;
  Publish();
  Release(now);
  if (run_.records() == 0) {
    // Nothing is to be written: only its end of the connection tells that it went away, or came back.
    NoteReached();
    while (run_.pg().NextNotice()) {
    }
    journal_->AwaitBeyond(settled(), Millis(kIdleMs));
    return true;
  }
  if (!IsDue(now)) {
    Pause(std::min(kGatherMs, limits_.interval_ms));
    return true;
  }
  auto done = run_.Settle();
  if (!done) return Failed(done.error());
  NoteSettled();
  return true;
}

bool PgSettler::IsDue(TimePoint now) const {
  return run_.is_full() || draining_.load(std::memory_order_relaxed) ||
         now - gathered_since_ >= Millis(limits_.interval_ms);
}

void PgSettler::Publish() {
  if (run_.settled() == settled()) return;
  const std::lock_guard lock(mutex_);
  PublishLocked();
}

void PgSettler::PublishLocked() {
  settled_.store(run_.settled(), std::memory_order_release);
  settled_grew_.notify_all();
}

void PgSettler::Release(TimePoint now) {
  if (now < release_next_) return;
  release_next_ = now + Millis(kReleaseMs);
  journal_->Release(run_.Releasable());
}

// Once a day. A failure is no reason to stop, nor to ask before each batch: rows without a day of
// their own go to the default partition.
void PgSettler::KeepPartitions() {
  const std::int32_t today = DayOf(SystemClock().WallNow());
  const TimePoint now = Now();
  if (partitions_day_ == today || now < partitions_next_) return;
  auto made = run_.pg().Run("make partitions", "SELECT ops.ensure_partitions($1)",
                            {ToParam(kPartitionDaysAhead)});
  if (made) {
    partitions_day_ = today;
  } else {
    partitions_next_ = now + Millis(kPartitionRetryMs);
    if (!stopping()) Log(Event::settle_failed, {{"why", made.error().Text()}});
  }
}

bool PgSettler::Failed(const Error& error) {
  if (stopping()) return true;  // interrupted: not PostgreSQL's failure
  if (error.sqlstate == kEpochClosed && fence_->Trip()) {
    const std::lock_guard lock(mutex_);
    ++stats_.failures;
    stats_.last_error = error.Text();
    settled_grew_.notify_all();
    return false;  // for good: no record of this epoch is ever taken again
  }
  const bool refused = IsAboutContent(error);
  NoteFailure(error, refused);
  if (!refused) run_.Disconnect();  // whatever state it was in: the next try starts clean
  Pause(limits_.retry_ms);
  return true;
}

void PgSettler::NoteFailure(const Error& error, bool refused) {
  const std::lock_guard lock(mutex_);
  ++stats_.failures;
  stats_.last_error = error.Text();
  if (refused) {
    stats_.quarantined = 1;
    room_.store(false, std::memory_order_relaxed);
    Log(Event::settle_quarantined, {{"position", run_.batch_begin()},
                                    {"file", journal_->PlaceOf(run_.batch_begin())},
                                    {"records", run_.records()},
                                    {"sqlstate", error.sqlstate},
                                    {"why", stats_.last_error}});
  } else if (stats_.reachable) {
    Log(Event::database_lost, {{"of", "settle"}, {"why", stats_.last_error}});
  } else {
    Log(Event::settle_failed, {{"position", run_.batch_begin()},
                               {"sqlstate", error.sqlstate},
                               {"why", stats_.last_error}});
  }
  if (!refused && stats_.reachable) stats_.lost_since_us = ToMicros(SystemClock().WallNow());
  stats_.reachable = refused;
}

void PgSettler::NoteReached() {
  const std::lock_guard lock(mutex_);
  NoteReachedLocked();
}

void PgSettler::NoteReachedLocked() {
  if (!stats_.reachable) Log(Event::database_restored, {{"of", "settle"}});
  stats_.reachable = true;
  stats_.lost_since_us = 0;
}

void PgSettler::NoteSettled() {
  const std::lock_guard lock(mutex_);
  NoteReachedLocked();
  stats_.quarantined = 0;
  room_.store(true, std::memory_order_relaxed);
  stats_.batches_settled = run_.batches_settled();
  stats_.records_settled = run_.records_settled();
  PublishLocked();  // last: who drains looks at the rest then
  Log(Event::settle_done, {{"position", settled()}, {"records", run_.records_settled()}});
}

bool PgSettler::Pause(std::int64_t millis) {
  std::unique_lock lock(mutex_);
  const bool draining = draining_.load();
  wake_.wait_for(lock, Millis(millis), [&] { return stop_ || draining_.load() != draining; });
  return !stop_;
}

}  // namespace hub::store
