#include "server/relay/receipts/refused_receipts.h"

namespace hub::relay {

void RefusedReceipts::Note(std::uint64_t receipt_id, TimePoint until, TimePoint now) {
  until_[receipt_id] = until;
  noted_.push_back({receipt_id, until});
  Forget(now);
}

bool RefusedReceipts::Waits(std::uint64_t receipt_id, TimePoint now) const {
  const auto found = until_.find(receipt_id);
  return found != until_.end() && found->second > now;
}

void RefusedReceipts::Forget(TimePoint now) {
  while (!noted_.empty() && (noted_.front().until <= now || noted_.size() > kIdsMax)) {
    const Noted& oldest = noted_.front();
    const auto found = until_.find(oldest.receipt_id);
    // Refused once more since: its newer note stands further behind.
    if (found != until_.end() && found->second == oldest.until) until_.erase(found);
    noted_.pop_front();
  }
}

}  // namespace hub::relay
