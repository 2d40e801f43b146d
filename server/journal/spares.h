// The next segment's file, made before it is needed: written full of zeroes past the page cache, so that a sync of frames
// later changes no metadata (measured: 0.09 ms zero-filled, 0.14 fallocated, 0.18 growing).
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>

#include "server/base/error.h"
#include "server/journal/disk.h"
#include "server/journal/folder.h"

namespace hub::journal {

struct Spare {
  std::unique_ptr<File> file;
  std::string path;
};

/// Any thread.
class Spares {
 public:
  /// `octets`: of a file. `sync` false: zeroes are not synced.
  Spares(Disk* disk, const Folder* folder, std::uint64_t octets, bool sync);

  /// The spare, or a new one when there is none. Waits for one that is being made.
  Outcome<Spare> Take();
  /// Makes one, slowly, when there is none. For the helper thread: other syncs of the same disk shall not wait behind it.
  Outcome<Done> Prepare();
  /// Prepare ends soon.
  void Stop();

 private:
  /// Who takes one meanwhile waits for it; `lock` is held again in the end.
  Outcome<Spare> MakeUnlocked(std::unique_lock<std::mutex>& lock, bool slowly);
  Outcome<Spare> Make(bool slowly);
  Outcome<Done> Fill(File* file, bool slowly);
  bool Pause();

  Disk* disk_;
  const Folder* folder_;
  const std::uint64_t octets_;
  const bool sync_;

  // LOCK: writer and helper, once a segment.
  std::mutex mutex_;
  std::condition_variable changed_;
  std::unique_ptr<Spare> spare_;
  bool making_ = false;
  bool hurry_ = false;  // somebody waits in Take
  bool stopped_ = false;
  std::uint64_t made_ = 0;  // numbers the names
};

}  // namespace hub::journal
