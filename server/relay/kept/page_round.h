// The way through what PostgreSQL has of a class for one loop: page by page, each behind the last, then from the beginning again.
#pragma once

#include <algorithm>
#include <cstdint>

#include "server/base/clock.h"
#include "server/relay/limits.h"
#include "server/store/archive.h"

namespace hub::relay {

/// One round; times are handed in. What a page shows and what lies in memory already, or stays where it is, is passed over: it cost
/// a row read for nothing. A row may come to stand before the place reached (its record was settled late; it was put back with the
/// time that it had), so that a round is followed by another one: kept_load_pause behind its end for each kept_page of rows that
/// it passed over, and no later than kept_load_pause_max behind the first that it took into memory.
class PageRound {
 public:
  const store::QueuePlace& behind() const { return behind_; }  // the next page is
  TimePoint over_at() const { return over_at_; }

  void PassOver(const store::QueuePlace& row) {
    behind_ = row;
    ++passed_;
  }
  void Take(const store::QueuePlace& row, TimePoint now, const Limits& limits) {
    behind_ = row;
    over_at_ = std::min(over_at_, now + limits.kept_load_pause_max);
  }
  /// The page was looked at to its end.
  void MoveTo(const store::QueuePlace& end) { behind_ = end; }
  /// Nothing that is due stands behind the place reached.
  void ReachEnd(TimePoint now, const Limits& limits) {
    const Duration cost = passed_ * limits.kept_load_pause / limits.kept_page;
    over_at_ = std::min(over_at_,
                        now + std::clamp(cost, limits.kept_load_pause, limits.kept_load_pause_max));
  }

  /// Something of the class waits in PostgreSQL that this round may not have seen, or that it left there.
  void NoteLeft() { left_ = true; }
  bool left() const { return left_; }

 private:
  store::QueuePlace behind_;
  std::int64_t passed_ = 0;
  bool left_ = false;
  TimePoint over_at_ = TimePoint::max();
};

}  // namespace hub::relay
