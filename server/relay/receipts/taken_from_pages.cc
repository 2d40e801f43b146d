#include "server/relay/receipts/taken_from_pages.h"

namespace hub::relay {

void TakenFromPages::Note(std::uint64_t receipt_id, TimePoint now) {
  if (ids_.insert(receipt_id).second) noted_.push_back({receipt_id, now + kKept});
  Forget(now);
}

bool TakenFromPages::Take(std::uint64_t receipt_id, TimePoint now) {
  Forget(now);
  return ids_.erase(receipt_id) != 0;
}

void TakenFromPages::Forget(TimePoint now) {
  while (!noted_.empty() && (noted_.front().until <= now || noted_.size() > kIdsMax)) {
    ids_.erase(noted_.front().receipt_id);
    noted_.pop_front();
  }
}

}  // namespace hub::relay
