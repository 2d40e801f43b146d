// What has to happen to the stored rates of one key so that a described timeline holds from now on.
// Pure: no SQL.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "server/store/catalog.h"
#include "server/store/description.h"

namespace hub::store {

struct RateClose {
  const RateRow* row;
  std::int64_t until_us;
};

struct RateInsert {
  const RateEntry* entry;
  Validity valid;  // the entry's, from now on where it began before
};

struct RatePlan {
  std::vector<const RateRow*> drop;  // scheduled, and no longer described
  std::vector<RateClose> close;
  std::vector<RateInsert> insert;
  std::int64_t same = 0;
};

/// The first entry that overlaps the one before it. `entries` is sorted by start.
const RateEntry* FindOverlap(const std::vector<const RateEntry*>& entries);

/// `stored` and `described` are of one key, sorted by start, each without overlap.
RatePlan PlanRates(const std::vector<RateRow>& stored,
                   const std::vector<const RateEntry*>& described, std::int64_t now_us);

}  // namespace hub::store
