#include "server/store/rate_plan.h"

#include <algorithm>

namespace hub::store {
namespace {

bool SamePrice(const RateRow& a, const RateRow& b) {
  return a.blocked == b.blocked && (a.blocked || a.price == b.price);
}

// Both in force already count as the same start: when a row began is history.
bool SameStart(const Validity& a, const Validity& b, std::int64_t now_us) {
  return a.from_us == b.from_us || (a.from_us <= now_us && b.from_us <= now_us);
}

// Takes the first entry out of `open` for which `fits` is true.
template <class Fits>
const RateEntry* TakeFirst(std::vector<const RateEntry*>* open, const Fits& fits) {
  const auto it =
      std::find_if(open->begin(), open->end(), [&](const RateEntry* e) { return fits(e->rate); });
  if (it == open->end()) return nullptr;
  const RateEntry* entry = *it;
  open->erase(it);
  return entry;
}

// An entry that began in the past begins now, unless nothing was priced then: that changes no
// charge.
std::int64_t StartOf(const RateEntry& entry, const std::vector<RateRow>& stored,
                     std::int64_t now_us) {
  const std::int64_t from = entry.rate.valid.from_us;
  if (from > now_us) return from;
  const bool priced_then = std::any_of(
      stored.begin(), stored.end(), [&](const RateRow& row) { return row.valid.until_us > from; });
  return from == INT64_MIN || priced_then ? now_us : from;
}

}  // namespace

const RateEntry* FindOverlap(const std::vector<const RateEntry*>& entries) {
  for (std::size_t i = 1; i < entries.size(); ++i) {
    if (entries[i]->rate.valid.from_us < entries[i - 1]->rate.valid.until_us) return entries[i];
  }
  return nullptr;
}

RatePlan PlanRates(const std::vector<RateRow>& stored,
                   const std::vector<const RateEntry*>& described, std::int64_t now_us) {
  RatePlan plan;
  std::vector<const RateEntry*> open;  // described, not yet found
  std::int64_t first_start = INT64_MAX;
  for (const RateEntry* entry : described) {
    if (entry->rate.valid.until_us <= now_us) {
      ++plan.same;  // over: the past is not changed
      continue;
    }
    open.push_back(entry);
    first_start = std::min(first_start, std::max(entry->rate.valid.from_us, now_us));
  }
  for (const RateRow& row : stored) {
    if (row.valid.until_us <= now_us) continue;
    const auto stands = [&](const RateRow& rate) {
      return SamePrice(rate, row) && rate.valid.until_us == row.valid.until_us &&
             SameStart(rate.valid, row.valid, now_us);
    };
    const auto ends_earlier = [&](const RateRow& rate) {
      return SamePrice(rate, row) && rate.valid.from_us <= now_us &&
             rate.valid.until_us < row.valid.until_us;
    };
    if (TakeFirst(&open, stands) != nullptr) {
      ++plan.same;
    } else if (row.valid.from_us > now_us) {
      plan.drop.push_back(&row);
    } else if (const RateEntry* shorter = TakeFirst(&open, ends_earlier)) {
      plan.close.push_back({&row, shorter->rate.valid.until_us});
    } else if (first_start < row.valid.until_us) {
      plan.close.push_back({&row, first_start});
    }
  }
  for (const RateEntry* entry : open) {
    plan.insert.push_back({entry, {StartOf(*entry, stored, now_us), entry->rate.valid.until_us}});
  }
  return plan;
}

}  // namespace hub::store
