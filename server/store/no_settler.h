// journal.durability = "none": what the loops wrote is as good as settled, for nobody kept it.
#pragma once

#include "server/journal/no_journal.h"
#include "server/store/store.h"

namespace hub::store {

/// Before the loops' eyes, in front of the settler of what the start wrote down.
class NoSettler final : public Settler {
 public:
  /// Borrows `start`, whose room, fence and failures are the loops' too.
  explicit NoSettler(Settler& start) : start_(start) {}

  bool has_room() const override { return start_.has_room(); }
  journal::Position settled() const override { return journal::NoJournal::kEnd; }
  SettleStats stats() const override { return start_.stats(); }
  bool Drain(std::int64_t millis) override { return start_.Drain(millis); }

 private:
  Settler& start_;
};

}  // namespace hub::store
