// The journal's folder: locked, its id, and the list of its segments.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "server/base/error.h"
#include "server/journal/disk.h"
#include "server/journal/journal.h"
#include "server/journal/journal_id.h"
#include "server/journal/segment.h"

namespace hub::journal {

/// Any thread, once opened.
class Folder {
 public:
  /// Makes the folder and its id when they are missing, locks it, and reads the header of every segment. Errors: locked by
  /// another process; of another node; a header that does not check or belongs to another journal; a segment without id.
  static Outcome<std::unique_ptr<Folder>> Open(Disk* disk, const std::string& path,
                                               std::int32_t node_id);

  /// Removes what a crash left unfinished, and syncs the folder: what a killed run renamed keeps its name from now on.
  Outcome<Done> Settle();

  const std::string& path() const { return path_; }
  std::int32_t node_id() const { return node_id_; }
  const JournalId& id() const { return id_; }

  /// The segment that holds `position`, or will: the last one that starts at or before it.
  std::optional<SegmentInfo> Find(Position position) const;
  std::optional<SegmentInfo> Last() const;
  /// The oldest one, when another one follows it.
  std::optional<SegmentInfo> FirstOfSeveral() const;
  /// Oldest first.
  std::vector<SegmentInfo> Segments() const;
  /// 0 without segments.
  Position first_position() const;
  std::uint64_t octets() const;

  /// Grows whenever a segment comes or goes: what Find said stays true as long as this stays.
  std::uint64_t changes() const { return changes_.load(std::memory_order_acquire); }

  /// A segment was made behind the others. One of the same start had nothing durable in it and is replaced.
  void Add(Position start, std::int64_t epoch, std::uint64_t octets);
  /// The last one grew.
  void SetOctetsOfLast(std::uint64_t octets);
  void RemoveFirst();

  std::string PathOf(const std::string& name) const { return path_ + "/" + name; }

 private:
  Folder(Disk* disk, std::string path, std::int32_t node_id);
  Outcome<Done> ReadId(bool have_segments, bool have_id);
  Outcome<Done> MakeId();
  Outcome<Done> ReadSegments(const std::vector<std::string>& names);
  Outcome<SegmentInfo> ReadHeader(const std::string& name, Position start) const;
  SegmentInfo WithEnd(std::size_t index) const;

  Disk* disk_;
  std::string path_;
  std::int32_t node_id_;
  JournalId id_;
  std::unique_ptr<Disk::Lock> lock_;

  // LOCK: writer, helper and settler, a few times a segment; no loop takes it.
  mutable std::mutex mutex_;
  std::atomic<std::uint64_t> changes_{1};
  std::vector<SegmentInfo> segments_;  // ascending; `end` is made from the next one's start
};

/// Files that are made whole before they get their name end like this; what a crash leaves of them is removed at a start.
inline constexpr std::string_view kUnfinishedSuffix = ".new";

}  // namespace hub::journal
