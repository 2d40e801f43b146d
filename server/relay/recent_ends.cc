#include "server/relay/recent_ends.h"

#include <algorithm>
#include <utility>

namespace hub::relay {

void RecentEnds::EndTurn(const Records& records, journal::Position settled) {
  if (!now_.empty()) bunches_.push_back({std::exchange(now_, {}), records.Mark(), 0});
  while (!bunches_.empty()) {
    Bunch& first = bunches_.front();
    if (first.below == 0) first.below = records.Below(first.mark);
    if (first.below == 0 || (first.below > settled && ids_.size() <= ids_max_)) return;
    DropFirst();
  }
}

// A page may have been made before what we drop was settled, and come after.
void RecentEnds::DropFirst() {
  dropped_below_ = std::max(dropped_below_, bunches_.front().below);
  for (const MessageId id : bunches_.front().ids) ids_.erase(id);
  bunches_.pop_front();
}

}  // namespace hub::relay
