// Which segments may go, and whether there is room for more.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>

#include "server/base/clock.h"
#include "server/journal/disk.h"
#include "server/journal/folder.h"
#include "server/journal/journal.h"

namespace hub::journal {

/// Tidy: the helper thread. The rest: any thread.
class Retention {
 public:
  Retention(Disk* disk, Folder* folder, const Options& options, const Clock* clock);

  /// PostgreSQL has everything below `upto`. Never moves back.
  void Release(Position upto);
  Position released() const { return released_.load(std::memory_order_acquire); }

  /// Removes settled segments, oldest first: those that were kept for keep_settled_s, and when there is no room all of
  /// them. Then looks whether there is room.
  Outcome<Done> Tidy();
  /// False: octets_max is reached, or less than octets_free_min is free.
  bool has_space() const { return has_space_.load(std::memory_order_relaxed); }

 private:
  Outcome<bool> HasSpace();
  bool KeptLongEnough(const SegmentInfo& segment);
  Outcome<Done> RemoveFirst(const SegmentInfo& segment);
  void NoteNewlySettled();
  void Tell(bool has_space);

  Disk* disk_;
  Folder* folder_;
  const std::uint64_t octets_max_, octets_free_min_;
  const std::chrono::seconds keep_settled_;
  const Clock* clock_;
  std::atomic<Position> released_{0};
  std::atomic<bool> has_space_{true};
  std::map<Position, TimePoint>
      settled_since_;  // start of a segment -> when we first saw it settled
};

}  // namespace hub::journal
