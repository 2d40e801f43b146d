// The journal in files of a folder: recovery first, then one thread that writes.
//
//   Open ── locks, lists, finds the end ──► NewReader: settle what earlier runs left ──► Start ── Append ... ──► Close
//
// Loops ──(list without locks)──► writer thread ──► BatchWriter ──► segment        helper thread: Spares, Retention
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "server/base/clock.h"
#include "server/base/error.h"
#include "server/journal/batch_writer.h"
#include "server/journal/bell.h"
#include "server/journal/disk.h"
#include "server/journal/folder.h"
#include "server/journal/inbox.h"
#include "server/journal/journal.h"
#include "server/journal/reader.h"
#include "server/journal/retention.h"
#include "server/journal/spares.h"

namespace hub::journal {

class FileJournal final : public Journal {
 public:
  /// Locks the folder (made if missing) and finds the end of what earlier runs wrote. An unproven tail is cut off: see
  /// torn_tail(). Errors: the folder is locked, is another node's, or is damaged (file, offset and position are named, and
  /// nothing was changed). Blocks: reads the last segment. `disk` and `clock` must outlive the journal.
  static Outcome<std::unique_ptr<FileJournal>> Open(Options options, std::int32_t node_id,
                                                    Disk* disk = PosixDisk(),
                                                    const Clock* clock = MachineClock());
  ~FileJournal() override;  // Close

  /// Made with the folder: "0b3c1b1e-...". For money.node.journal_id.
  const std::string& id() const { return id_; }
  /// Of the oldest segment that is still there; 0 in a new folder.
  Position first_position() const { return folder_->first_position(); }
  /// The last run ended within a write: what had not become durable was cut off.
  bool torn_tail() const { return torn_tail_; }
  /// Where a position lies, for an error: "/var/lib/smpphub/journal/00000000000000000000.journal at 4096".
  std::string PlaceOf(Position position) const;

  /// PostgreSQL has everything below `known_durable`. An Error when the journal ends before it (the disk lost what was
  /// durable) or begins behind it (PostgreSQL forgot what it had settled). Nothing is changed.
  Outcome<Done> Check(Position known_durable) const;

  /// Reads from `from` on; before Start what earlier runs left, up to durable_end(). One reader a thread.
  std::unique_ptr<Reader> NewReader(Position from) const;

  /// Begins a segment behind the end, and the threads. Once. Checks known_durable again. `writers`: at least 1. Removes what
  /// was released before, so Release first: on a full disk the new segment needs that space.
  /// `wake_writer(w)` is called on the writer thread when durable(w) grew; cheap, must not call the journal.
  Outcome<Done> Start(std::int64_t epoch, unsigned writers,
                      std::function<void(unsigned writer)> wake_writer, Position known_durable);

  /// Before Start: next to nothing will be written, so each segment is made when it is needed, and none ahead.
  void MakeNoSpares() { makes_spares_ = false; }

  /// Waits until all that was appended is durable, at most `timeout`; false when it is not. After the loops stopped.
  bool Flush(Duration timeout);
  /// Writes what waits (one try, when the disk refuses), ends the threads. Twice is fine. Error: what could not be written;
  /// no ticket of it was ever durable.
  Outcome<Done> Close();

  // Journal; see there. Before Start only durable_end and stats.
  Ticket Append(unsigned writer, FrameBuffer* frames) override;
  Ticket durable(unsigned writer) const override;
  Position durable_end() const override { return durable_end_.load(std::memory_order_acquire); }
  bool has_room() const override;
  bool AwaitBeyond(Position beyond, Duration timeout) override;
  void Release(Position upto) override;
  Stats stats() const override;

 private:
  std::string WhyNoRoom(const Stats& stats) const;
  // One loop's side and ours, on cache lines of their own.
  struct Writer {
    alignas(64) std::atomic<Ticket> appended{0};  // the loop's
    alignas(64) std::atomic<Ticket> durable{0};   // the writer thread's
    Ticket told = 0;                              // the same: woken for
  };

  FileJournal(Options options, std::unique_ptr<Folder> folder, Disk* disk, const Clock* clock);
  static const Clock* MachineClock();
  Outcome<Done> Recover();

  // Writer thread.
  void Write();
  void Gather();
  bool WriteBatch();
  bool Prove();
  std::size_t BunchesOfBatch() const;
  void Publish(std::size_t bunches);
  void WakeThoseWithNews();
  void PauseAfterFailure();
  void Refused(const Error& error);
  void Accepted(TimePoint began);

  // Helper thread.
  void Help();
  void Note(const Outcome<Done>& done);

  const Options options_;
  Disk* const disk_;
  const Clock* const clock_;
  std::unique_ptr<Folder> folder_;
  std::string id_;
  bool torn_tail_ = false;
  bool makes_spares_ = true;
  Spares spares_;
  Retention retention_;
  std::function<void(unsigned)> wake_writer_;

  std::unique_ptr<Inbox> inbox_;  // from Start on
  std::vector<std::unique_ptr<Writer>> writers_;
  std::atomic<std::uint64_t> waiting_octets_{0};
  Bell work_;  // rung by Append and Close

  // Writer thread's own.
  std::unique_ptr<BatchWriter> batch_writer_;
  std::vector<std::unique_ptr<Bunch>> waiting_;  // taken from the inbox, not durable, oldest first
  std::vector<smpp::Bytes> pieces_;
  std::uint64_t seen_changes_ = 0;  // of the folder

  std::atomic<Position> durable_end_{0};
  std::atomic<bool> healthy_{true};
  std::atomic<bool> closing_{false};
  std::atomic<std::uint64_t> syncs_{0}, frames_{0}, failures_{0};
  mutable std::atomic<std::uint64_t> sync_micros_max_{0};

  // LOCK: between the writer thread and those who wait for it or ask for stats; no loop takes it.
  mutable std::mutex mutex_;
  std::condition_variable durable_grew_;
  std::string last_error_;

  Bell help_;  // rung by Release, a new segment and Close
  std::thread write_thread_, help_thread_;
};

}  // namespace hub::journal
