#include "server/relay/receipts/correlation.h"

#include <algorithm>
#include <utility>

namespace hub::relay {

Correlation::Correlation(std::size_t entries_max)
    : entries_max_(std::max<std::size_t>(entries_max, 1)),
      index_(0, Hash{&entries_}, Equal{&entries_}) {}

Correlation::Slot Correlation::Find(const UpstreamId& key) const {
  const auto found = index_.find(key, UpstreamIdHash()(key));
  return found == index_.end() ? kNone : *found;
}

std::size_t Correlation::Put(UpstreamId key, Awaited awaited) {
  const Slot known = Find(key);
  if (known != kNone) {
    entries_[known].awaited = std::move(awaited);
    Unlink(known);
    Link(known);
    return 0;
  }
  const bool full = index_.size() >= entries_max_;
  if (full) Erase(oldest_);
  const Slot slot = NewSlot();
  Entry& entry = entries_[slot];
  entry.hash = UpstreamIdHash()(key);
  entry.key = std::move(key);
  entry.awaited = std::move(awaited);
  index_.insert(slot);
  Link(slot);
  return full ? 1 : 0;
}

void Correlation::Close(Slot slot, MessageId message_id, journal::Position position) {
  closed_.push_back({slot, message_id, position});
  // PostgreSQL is away: who asks for what is dropped here gets no answer until it is back, never a wrong one.
  if (closed_.size() > entries_max_) DropSettled(closed_.front().position);
}

void Correlation::DropSettled(journal::Position settled) {
  while (!closed_.empty() && closed_.front().position <= settled) {
    const Closed& first = closed_.front();
    if (entries_[first.slot].awaited.message_id == first.message_id) Erase(first.slot);
    closed_.pop_front();
  }
}

Correlation::Slot Correlation::NewSlot() {
  if (!free_.empty()) {
    const Slot slot = free_.back();
    free_.pop_back();
    return slot;
  }
  entries_.emplace_back();
  return static_cast<Slot>(entries_.size() - 1);
}

// --- from the oldest to the newest -----------------------------------------------------------------------------

void Correlation::Link(Slot slot) {
  entries_[slot].older = newest_;
  entries_[slot].newer = kNone;
  (newest_ == kNone ? oldest_ : entries_[newest_].newer) = slot;
  newest_ = slot;
}

void Correlation::Unlink(Slot slot) {
  const auto [older, newer] = std::pair(entries_[slot].older, entries_[slot].newer);
  (older == kNone ? oldest_ : entries_[older].newer) = newer;
  (newer == kNone ? newest_ : entries_[newer].older) = older;
}

void Correlation::Erase(Slot slot) {
  index_.erase(slot);
  Unlink(slot);
  entries_[slot].key = {};
  entries_[slot].awaited = {};
  free_.push_back(slot);
}

}  // namespace hub::relay
