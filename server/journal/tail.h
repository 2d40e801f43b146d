// Where a journal ends, and whether it may end there.
#pragma once

#include <cstdint>

#include "server/base/error.h"
#include "server/journal/disk.h"
#include "server/journal/folder.h"
#include "server/journal/journal.h"
#include "server/journal/segment.h"

namespace hub::journal {

struct Tail {
  Position end = 0;      // behind the last batch that is all there
  Position durable = 0;  // marks prove that everything below had been durable
  bool torn = false;     // there are octets behind the end: of a write that never became durable
};

/// Reads the last segment. An Error when what does not check had been durable: a later mark says so. Changes nothing.
Outcome<Tail> FindTail(Disk* disk, const SegmentInfo& last, const JournalId& journal);

/// Finds the end and makes sure that it stays: what is readable and not proven is written again, unchanged, and synced, for
/// a run that was killed leaves octets in the kernel's memory only, or octets that a failed sync gave up. An empty folder
/// ends at 0. On an Error of FindTail nothing was changed.
Outcome<Tail> RecoverTail(Disk* disk, Folder* folder);

}  // namespace hub::journal
