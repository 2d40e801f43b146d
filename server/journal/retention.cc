#include "server/journal/retention.h"

#include <cerrno>

#include "server/telemetry/log.h"

namespace hub::journal {

Retention::Retention(Disk* disk, Folder* folder, const Options& options, const Clock* clock)
    : disk_(disk),
      folder_(folder),
      octets_max_(options.octets_max),
      octets_free_min_(options.octets_free_min),
      keep_settled_(options.keep_settled_s),
      clock_(clock) {}

void Retention::Release(Position upto) {
  Position now = released();
  while (now < upto && !released_.compare_exchange_weak(now, upto)) {
  }
}

Outcome<Done> Retention::Tidy() {
  NoteNewlySettled();
  auto has_space = HasSpace();
  if (!has_space) return Err{has_space.error()};
  for (;;) {
    const std::optional<SegmentInfo> first = folder_->FirstOfSeveral();
    if (!first || first->end > released()) break;
    // Room for traffic comes before keeping what PostgreSQL has already.
    if (*has_space && !KeptLongEnough(*first)) break;
    if (auto removed = RemoveFirst(*first); !removed) return removed;
    has_space = HasSpace();
    if (!has_space) return Err{has_space.error()};
  }
  Tell(*has_space);
  return Done{};
}

void Retention::NoteNewlySettled() {
  const Position released_now = released();
  const TimePoint now = clock_->Now();
  for (const SegmentInfo& segment : folder_->Segments())
    if (segment.end <= released_now) settled_since_.try_emplace(segment.start, now);
}

bool Retention::KeptLongEnough(const SegmentInfo& segment) {
  const auto since = settled_since_.find(segment.start);
  return since != settled_since_.end() && clock_->Now() - since->second >= keep_settled_;
}

// Synced one by one: after a power loss no segment is missing between two that are there.
Outcome<Done> Retention::RemoveFirst(const SegmentInfo& segment) {
  auto removed = disk_->Unlink(segment.path);
  if (!removed && removed.error().system_errno != ENOENT)
    return removed;  // an operator may be quicker
  folder_->RemoveFirst();
  settled_since_.erase(segment.start);
  return disk_->SyncFolder(folder_->path());
}

Outcome<bool> Retention::HasSpace() {
  if (folder_->octets() > octets_max_) return false;
  auto free = disk_->FreeOctets(folder_->path());
  if (!free) return Err{free.error()};
  return *free >= octets_free_min_;
}

void Retention::Tell(bool has_space) {
  if (has_space_.exchange(has_space, std::memory_order_relaxed) == has_space) return;
  if (has_space)
    return Log(Event::journal_recovered,
               {{"folder", folder_->path()}, {"octets", folder_->octets()}});
  Log(Event::journal_full, {{"folder", folder_->path()},
                            {"octets", folder_->octets()},
                            {"octets_max", octets_max_},
                            {"octets_free_min", octets_free_min_}});
}

}  // namespace hub::journal
