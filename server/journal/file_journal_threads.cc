// What FileJournal's two threads do.
#include <algorithm>
#include <iterator>

#include "server/base/thread_name.h"
#include "server/journal/file_journal.h"
#include "server/telemetry/log.h"

namespace hub::journal {
namespace {

using std::chrono_literals::operator""h;
using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""s;

constexpr Duration kRestBeforeMark = 5ms;  // after the last batch: then a mark proves it
constexpr Duration kUntilRung = 1h;        // nothing is to be done before
constexpr Duration kTidyInterval = 1s;     // free space and kept segments are looked at so often
constexpr std::size_t kBatchOctetsMax = 8u << 20;

std::uint64_t MicrosSince(TimePoint began, TimePoint now) {
  return static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::microseconds>(now - began).count());
}

}  // namespace

void FileJournal::Write() {
  NameThread("journal");
  for (;;) {
    const bool closing =
        closing_;  // before the look into the inbox: Close comes after the last Append
    inbox_->TakeAll(&waiting_);
    if (waiting_.empty() && batch_writer_->proven()) {
      if (closing) return;
      work_.Await(kUntilRung);
      continue;
    }
    if (waiting_.empty() && !closing && work_.Await(kRestBeforeMark)) continue;
    const bool taken = waiting_.empty() ? Prove() : WriteBatch();
    if (taken) continue;
    if (closing) return;
    PauseAfterFailure();
  }
}

void FileJournal::Gather() {
  if (options_.sync_window_us == 0) return;
  const TimePoint until =
      std::chrono::steady_clock::now() + std::chrono::microseconds(options_.sync_window_us);
  while (BunchesOfBatch() == waiting_.size() && !closing_) {
    if (!work_.Await(until - std::chrono::steady_clock::now())) return;
    inbox_->TakeAll(&waiting_);
  }
}

// Those that wait first, up to the limits: at least one.
std::size_t FileJournal::BunchesOfBatch() const {
  const std::size_t octets_max =
      std::min<std::size_t>(kBatchOctetsMax, options_.segment_octets / 4);
  std::size_t octets = 0, bunches = 0;
  std::int64_t frames = 0;
  while (bunches < waiting_.size()) {
    const FrameBuffer& next = waiting_[bunches]->frames;
    octets += next.octets().size();
    frames += static_cast<std::int64_t>(next.frames());
    if (bunches > 0 && (octets > octets_max || frames > options_.sync_frames_max)) break;
    ++bunches;
  }
  return bunches;
}

bool FileJournal::WriteBatch() {
  Gather();
  const std::size_t bunches = BunchesOfBatch();
  pieces_.clear();
  for (std::size_t i = 0; i < bunches; ++i)
    if (!waiting_[i]->frames.empty()) pieces_.push_back(waiting_[i]->frames.octets());
  if (!pieces_.empty()) {
    const TimePoint began = clock_->Now();
    if (auto written = batch_writer_->Write(pieces_); !written) {
      Refused(written.error());
      return false;
    }
    Accepted(began);
  }
  Publish(bunches);
  return true;
}

bool FileJournal::Prove() {
  const TimePoint began = clock_->Now();
  if (auto written = batch_writer_->Write({}); !written) {
    Refused(written.error());
    return false;
  }
  Accepted(began);
  return true;
}

// durable_end first: whose ticket is durable finds its frames below it. A mark at rest moves it not: the settler would wake up
// for nothing.
void FileJournal::Publish(std::size_t bunches) {
  std::uint64_t octets = 0, frames = 0;
  if (!pieces_.empty()) durable_end_.store(batch_writer_->end(), std::memory_order_release);
  for (std::size_t i = 0; i < bunches; ++i) {
    std::unique_ptr<Bunch> bunch = std::move(waiting_[i]);
    octets += bunch->frames.octets().size();
    frames += bunch->frames.frames();
    writers_[bunch->writer]->durable.store(bunch->ticket, std::memory_order_release);
    inbox_->GiveBack(std::move(bunch));
  }
  waiting_.erase(waiting_.begin(), waiting_.begin() + static_cast<std::ptrdiff_t>(bunches));
  frames_.fetch_add(frames, std::memory_order_relaxed);
  waiting_octets_.fetch_sub(octets, std::memory_order_relaxed);
  WakeThoseWithNews();
  { const std::lock_guard lock(mutex_); }  // who looked before the stores above waits by now
  durable_grew_.notify_all();
}

void FileJournal::WakeThoseWithNews() {
  for (unsigned w = 0; w < writers_.size(); ++w) {
    const Ticket durable = writers_[w]->durable.load(std::memory_order_relaxed);
    if (writers_[w]->told == durable) continue;
    writers_[w]->told = durable;
    if (wake_writer_) wake_writer_(w);
  }
}

void FileJournal::PauseAfterFailure() {
  const TimePoint until =
      std::chrono::steady_clock::now() + std::chrono::milliseconds(options_.retry_ms);
  while (!closing_) {
    const Duration left = until - std::chrono::steady_clock::now();
    if (left <= Duration::zero()) return;
    work_.Await(left);
  }
}

void FileJournal::Refused(const Error& error) {
  failures_.fetch_add(1, std::memory_order_relaxed);
  {
    const std::lock_guard lock(mutex_);
    last_error_ = error.Text();
  }
  if (!healthy_.exchange(false, std::memory_order_relaxed)) return;
  Log(Event::journal_refuses, {{"folder", options_.folder}, {"why", error.Text()}});
}

void FileJournal::Accepted(TimePoint began) {
  const std::uint64_t micros = MicrosSince(began, clock_->Now());
  if (options_.sync) syncs_.fetch_add(1, std::memory_order_relaxed);
  if (micros > sync_micros_max_.load(std::memory_order_relaxed))
    sync_micros_max_.store(micros, std::memory_order_relaxed);
  if (!healthy_.exchange(true, std::memory_order_relaxed))
    Log(Event::journal_recovered, {{"folder", options_.folder}, {"octets", folder_->octets()}});
  if (seen_changes_ == folder_->changes()) return;
  seen_changes_ = folder_->changes();
  help_.Ring();  // a spare was used up
}

void FileJournal::Help() {
  NameThread("journal helper");
  while (!closing_) {
    Note(retention_.Tidy());
    if (makes_spares_) Note(spares_.Prepare());
    help_.Await(kTidyInterval);
  }
}

// What the helper cannot do shows in has_room, or when the writer needs it; until then it is only noted.
void FileJournal::Note(const Outcome<Done>& done) {
  if (done) return;
  const std::lock_guard lock(mutex_);
  last_error_ = done.error().Text();
}

}  // namespace hub::journal
