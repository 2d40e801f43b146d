// Reads frames from a position on: what earlier runs left, and what the writer makes durable while we read.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "server/base/error.h"
#include "server/journal/disk.h"
#include "server/journal/folder.h"
#include "server/journal/frame_cursor.h"
#include "server/journal/journal.h"

namespace hub::journal {

/// A frame as it was appended. `payload` borrows from the reader: good until its next call.
struct Frame {
  std::uint8_t kind = 0;
  smpp::Bytes payload;
  Position at = 0;         // of this frame
  Position next = 0;       // behind it: settled up to here when this one is settled
  std::int64_t epoch = 0;  // of the run that wrote it
};

/// One thread's; made by FileJournal::NewReader, must not outlive the journal. Takes no lock that the writer holds while it
/// writes. Reads 128 KiB at a time.
class Reader {
 public:
  /// `from`: a position that a frame's `next`, `position()`, `durable_end()` or `first_position()` gave.
  Reader(Disk* disk, const Folder* folder, Position from);

  /// The next frame that lies below `end`, which is what durable_end() said, now or earlier. False: there is none; ask again
  /// with a later end. An Error names file, offset and position: below `end` everything was durable, so octets that do not
  /// check are damage and not the end; calling again gives the same Error.
  Outcome<bool> Next(Position end, Frame* frame);

  /// Where the next frame begins; when Next said false, `end`: everything below was read.
  Position position() const { return position_; }

 private:
  Outcome<Done> EnterSegment();
  Outcome<Done> CheckMark(smpp::Bytes payload) const;
  Error Damage(const ParsedFrame& frame, Position limit) const;

  Disk* disk_;
  const Folder* folder_;
  Position position_;
  std::optional<FrameCursor> cursor_;  // over segment_
  SegmentInfo segment_;
  std::uint64_t seen_changes_ = 0;  // of the folder, when segment_ was asked for
};

}  // namespace hub::journal
