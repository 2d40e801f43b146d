#include "bench/load/lib/receipt_book.h"

#include <utility>

namespace hub::load {

ReceiptBook::Entry& ReceiptBook::Find(std::string_view id) {
  const auto found = entries_.find(id);
  return found != entries_.end() ? found->second : entries_.emplace(id, Entry{}).first->second;
}

void ReceiptBook::Accepted(std::string_view id) {
  Entry& entry = Find(id);
  if (std::exchange(entry.accepted, true)) {
    ++repeated_ids_;
    return;
  }
  ++accepted_;
  if (!entry.received) return;
  ++matched_;
  --early_;
}

void ReceiptBook::Received(std::string_view id) {
  Entry& entry = Find(id);
  if (std::exchange(entry.received, true)) {
    ++duplicates_;
    return;
  }
  ++(entry.accepted ? matched_ : early_);
}

}  // namespace hub::load
