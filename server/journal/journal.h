// The journal: what PostgreSQL does not have yet, on this machine's disk, in order.
//
//   loops ── Append(turn's frames) ──► one writer thread: write, fdatasync ──► durable(loop) ── wake ──► loops answer
//                                           │ durable_end
//                                           └──► settler: Reader from the settled position ──► PostgreSQL ──► Release
//
// README.md of this folder has the format, octet by octet.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "server/base/clock.h"
#include "server/base/error.h"
#include "server/journal/frame_buffer.h"

namespace hub::journal {

/// Octets since the journal's birth. Grows over segments and restarts; never used twice with different content that was
/// durable.
using Position = std::uint64_t;

/// Counts the Append calls of one writer: the first is 1.
using Ticket = std::uint64_t;

struct Stats {
  Position durable_end = 0;
  Position released = 0;     // everything below may be gone
  std::uint64_t octets = 0;  // of segments on disk
  std::uint64_t syncs = 0;
  std::uint64_t frames = 0;
  std::uint64_t sync_micros_max = 0;          // longest write + fdatasync since the last look
  std::uint64_t failures = 0;                 // writes and syncs that failed
  std::uint64_t appended_octets_waiting = 0;  // handed over, not durable yet
  bool healthy = true;  // false: the disk refuses; Appends wait, has_room is false
  std::string refuses;  // why has_room is false: "the disk refuses: ..."; "": it has room
  std::string
      last_error;  // "write /var/lib/smpphub/journal/0000.journal at 4096: No space left on device"
};

/// What loops and settler need of it. Implemented by FileJournal, and by a fake in tests.
class Journal {
 public:
  virtual ~Journal() = default;

  /// Takes a turn's frames and leaves an empty buffer (with some old capacity) in their place. `writer`: 0..writers-1, each
  /// one thread. Cheap, never waits, never fails: what the disk refuses is kept and written again until the disk takes
  /// it. Ask has_room before promising anything.
  virtual Ticket Append(unsigned writer, FrameBuffer* frames) = 0;

  /// Every Append of this writer up to this ticket is on disk for good. Grows; the writer is woken when it did.
  virtual Ticket durable(unsigned writer) const = 0;

  /// Everything below is on disk for good. When durable(w) >= t, the frames of ticket t lie below a durable_end read later.
  virtual Position durable_end() const = 0;

  /// False: nothing that it is given is ever read (journal.durability = "none"), so nothing need be written. It is durable at once.
  virtual bool keeps() const { return true; }

  /// False while the disk refuses, or too much waits for it, or journal.octets_max or octets_free_min is reached: then
  /// nothing more may be accepted (ESME_RMSGQFUL). Any thread, one load.
  virtual bool has_room() const = 0;

  /// Waits until durable_end passes `beyond`, at most `timeout`. For the settler. When the journal closes it waits no more.
  virtual bool AwaitBeyond(Position beyond, Duration timeout) = 0;

  /// Segments that lie wholly below `upto` may go (after journal.keep_settled). For the settler.
  virtual void Release(Position upto) = 0;

  virtual Stats stats() const = 0;
};

struct Options {
  std::string folder;  // made if missing (0700); locked for the life of the process
  std::uint64_t segment_octets = 64u << 20;
  std::uint64_t octets_max = 16ull << 30;        // of all segments, whole files; above: no room
  std::uint64_t octets_free_min = 256u << 20;    // of the file system; below: no room
  std::uint64_t waiting_octets_max = 64u << 20;  // handed over and not durable; above: no room
  std::int64_t sync_window_us = 0;        // gather for so long; 0: what came during the last sync
  std::int64_t sync_frames_max = 10'000;  // a sync at the latest after so many frames
  std::int64_t retry_ms = 200;            // after the disk refused
  // Settled segments stay so long, for a PostgreSQL that forgets (fail-over). They go earlier when there is no room.
  std::int64_t keep_settled_s = 0;
  bool sync = true;  // false: no fdatasync; survives kill -9, not power loss
};

}  // namespace hub::journal
