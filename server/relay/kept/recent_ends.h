// Ids whose last word is written and not yet in PostgreSQL: what it still shows of them is out of date.
#pragma once

#include <tsl/robin_map.h>

#include <deque>

#include "server/base/message_id.h"
#include "server/journal/journal.h"
#include "server/relay/records.h"

namespace hub::relay {

/// One loop's. Dropped when they are settled, the oldest also when there are more than ids_max; a page that is older than
/// what was dropped is of no use (see Knows).
class RecentEnds {
 public:
  /// knows_from  what a start wrote lies below: older pages are of no use
  explicit RecentEnds(std::size_t ids_max, journal::Position knows_from = 0)
      : ids_max_(ids_max), dropped_below_(knows_from) {}

  /// The record about it is written, this turn or earlier. Each of several counts: a message that was let go may be taken up again
  /// (Keeper::TakeHeld) and let go once more, and only the last word is the last.
  void Note(MessageId id) {
    ++ids_[id];
    in_order_.push_back(id);
  }
  /// Once a turn, when the turn's records are written.
  void EndTurn(const Records& records, journal::Position settled);

  /// Whether a page that shows what lies below `settled` can be read with these ids.
  bool Knows(journal::Position settled) const { return settled >= dropped_below_; }
  bool Contains(MessageId id) const { return ids_.contains(id); }
  std::size_t size() const { return ids_.size(); }
  std::size_t buckets() const { return ids_.bucket_count(); }

 private:
  struct Bunch {  // of one turn
    std::size_t ids;
    journal::Ticket mark;
    journal::Position below;  // 0: not on disk yet
  };
  void PlaceBunches(const Records& records);
  void DropFirst();
  void Shrink();

  static constexpr std::size_t kBucketsKept = 65'536;  // 1.5 MiB, however few ids there are
  static constexpr std::size_t kSparse =
      16;  // one id in so many buckets: to give memory back is worth a look at all of them

  const std::size_t ids_max_;
  tsl::robin_map<MessageId, std::uint32_t, IdHash> ids_;  // how often each stands in in_order_
  std::deque<MessageId> in_order_;                        // as they ended
  std::size_t bunched_ = 0;                               // of these: what is behind is this turn's
  std::deque<Bunch> bunches_;
  std::size_t placed_ = 0;  // of these: the first so many are on disk
  journal::Position dropped_below_;
};

}  // namespace hub::relay
