// Writes batches at the journal's end, one at a time, and knows what is durable.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "server/base/error.h"
#include "server/journal/disk.h"
#include "server/journal/folder.h"
#include "server/journal/frame.h"
#include "server/journal/journal.h"
#include "server/journal/spares.h"

namespace hub::journal {

/// One thread's: the writer's.
class BatchWriter {
 public:
  /// What a run of the writer keeps to.
  struct Limits {
    std::uint64_t segment_octets = 0;  // of a file; a longer batch gets a longer file
    bool sync = true;
  };

  /// Writes from `end` on, into a segment that the first Write begins, or BeginSegment.
  BatchWriter(Disk* disk, Folder* folder, Spares* spares, Limits limits, std::int64_t epoch,
              Position end);

  /// A segment from end() on.
  Outcome<Done> BeginSegment();

  /// Writes a mark and the pieces (whole frames), and syncs. On success all of it is durable, and end() lies behind it. On
  /// Error none of it is; call again with the same pieces first. After a sync that failed the file is given up: the next
  /// call begins a segment at end(), so what the kernel dropped cannot matter. The same after a write that failed, unless
  /// the disk was full. No pieces: a mark alone.
  Outcome<Done> Write(std::span<const smpp::Bytes> pieces);

  /// Everything below is durable.
  Position end() const { return end_; }
  /// The last batch is covered by a mark behind it.
  bool proven() const { return proven_; }

 private:
  Outcome<Done> WriteAndSync(std::span<const smpp::Bytes> pieces, std::size_t octets);
  Outcome<Done> WritePieces(std::span<const smpp::Bytes> pieces, std::size_t octets);
  Outcome<std::unique_ptr<File>> NameSegment(Spare* spare);
  bool Fits(std::size_t octets) const;
  smpp::Bytes Padding(std::size_t octets) const;

  Disk* disk_;
  Folder* folder_;
  Spares* spares_;
  const Limits limits_;
  const std::int64_t epoch_;
  Position end_;
  Position start_ = 0;          // of the segment in file_
  std::unique_ptr<File> file_;  // null: the next batch begins a segment
  std::uint64_t file_octets_ = 0;
  bool proven_ = true;
  std::vector<smpp::Bytes> pieces_;  // mark, pieces and padding of the batch under way
};

}  // namespace hub::journal
