#include "server/relay/kept/recent_ends.h"

#include <algorithm>

namespace hub::relay {

void RecentEnds::EndTurn(const Records& records, journal::Position settled) {
  if (const std::size_t now = in_order_.size() - bunched_; now != 0) {
    bunches_.push_back({now, records.Mark(), 0});
    bunched_ += now;
  }
  PlaceBunches(records);
  while (placed_ != 0 && (bunches_.front().below <= settled || in_order_.size() > ids_max_))
    DropFirst();
  Shrink();
}

// Behind an hour in which PostgreSQL was away the table would stay as large as it was then, 48 octets and more an id.
void RecentEnds::Shrink() {
  if (ids_.bucket_count() > kBucketsKept && ids_.size() < ids_.bucket_count() / kSparse)
    ids_.rehash(0);
}

// All that are on disk, not the first alone: what would be asked later would get a place further behind, and settlement would
// never come up with a busy loop.
void RecentEnds::PlaceBunches(const Records& records) {
  for (; placed_ < bunches_.size(); ++placed_) {
    Bunch& next = bunches_[placed_];
    next.below = records.Below(next.mark);
    if (next.below == 0) return;
  }
}

// A page may have been made before what we drop was settled, and come after.
void RecentEnds::DropFirst() {
  const Bunch first = bunches_.front();
  dropped_below_ = std::max(dropped_below_, first.below);
  for (std::size_t i = 0; i < first.ids; ++i) {
    const auto found = ids_.find(in_order_.front());
    if (--found.value() == 0) ids_.erase(found);
    in_order_.pop_front();
  }
  bunched_ -= first.ids;
  bunches_.pop_front();
  --placed_;
}

}  // namespace hub::relay
