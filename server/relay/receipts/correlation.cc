#include "server/relay/receipts/correlation.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace hub::relay {

namespace {

constexpr std::size_t kClosedAhead = 8;  // fetched while those before them are erased

}  // namespace

Correlation::Correlation(std::size_t entries_max, std::size_t places_kept)
    : entries_max_(std::max<std::size_t>(entries_max, 1)), places_kept_(places_kept) {}

Correlation::Slot Correlation::Find(std::uint32_t hash, std::int64_t supplier_id,
                                    std::string_view id) const {
  return index_.Find(hash, [&](Slot slot) {
    const UpstreamId& key = At(slot).key;
    return key.supplier_id == supplier_id && key.id == id;
  });
}

// Of two with one hash it is the first: the other is found all the same.
void Correlation::PrefetchEntry(std::uint32_t hash) const {
  const Slot slot = index_.Find(hash, [](Slot) { return true; });
  if (slot != kNone) PrefetchWhole(&At(slot));
}

std::size_t Correlation::Put(UpstreamId key, Awaited awaited) {
  const Slot known = Find(key);
  if (known != kNone) {
    // Its response came behind PostgreSQL's word of it, and the receipt was told by that.
    awaited.outcome_known |=
        awaited.message_id == At(known).awaited.message_id && At(known).awaited.outcome_known;
    At(known).awaited = std::move(awaited);
    Unlink(known);
    Link(known);
    return 0;
  }
  const bool full = index_.size() >= entries_max_;
  if (full) Erase(oldest_);
  const Slot slot = NewSlot();
  Entry& entry = At(slot);
  entry.hash = HashOf(key.supplier_id, key.id);
  entry.key = std::move(key);
  entry.awaited = std::move(awaited);
  index_.Add(entry.hash, slot);
  Link(slot);
  return full ? 1 : 0;
}

void Correlation::Close(std::uint32_t hash, MessageId message_id, journal::Position position) {
  closed_.push_back({hash, message_id, position});
  // PostgreSQL is away: who asks for what is dropped here gets no answer until it is back, never a wrong one.
  if (closed_.size() > entries_max_) DropUpTo(closed_.front().position);
}

void Correlation::DropSettled(journal::Position settled) {
  DropUpTo(settled);
  Shrink();
  FreeSome();
}

void Correlation::DropUpTo(journal::Position settled) {
  while (!closed_.empty() && closed_.front().position <= settled) {
    PrefetchClosed();
    const Closed first = closed_.Pop();
    const Slot slot = index_.Find(
        first.hash, [&](Slot each) { return At(each).awaited.message_id == first.message_id; });
    if (slot != kNone) Erase(slot);
  }
}

// Thousands are settled at once, and none of them was touched for a second.
void Correlation::PrefetchClosed() const {
  if (closed_.size() > 2 * kClosedAhead) index_.Prefetch(closed_[2 * kClosedAhead].hash);
  if (closed_.size() > kClosedAhead) PrefetchEntry(closed_[kClosedAhead].hash);
}

Correlation::Slot Correlation::NewSlot() {
  if (!free_.empty()) {
    const Slot slot = free_.back();
    free_.pop_back();
    return slot;
  }
  const auto slot = static_cast<Slot>(neighbours_.size());
  if (slot % kBlockEntries == 0) blocks_.push_back(std::make_unique<Block>());
  neighbours_.emplace_back();
  return slot;
}

// --- behind a backlog -------------------------------------------------------------------------------------------

// What is closed stays until PostgreSQL has it: behind minutes in which that was away there would be memory for all of them.
void Correlation::Shrink() {
  if (places() > places_kept_ && size() < places() / kSparse) Pack();
}

// Into new places, from the oldest to the newest.
void Correlation::Pack() {
  auto blocks = std::exchange(blocks_, {});
  const auto neighbours = std::exchange(neighbours_, {});
  Slot next = std::exchange(oldest_, kNone);
  newest_ = kNone;
  neighbours_.reserve(size());
  std::vector<Slot>().swap(free_);
  index_ = {};
  for (; next != kNone; next = neighbours[next].newer) {
    const Slot slot = NewSlot();
    At(slot) = std::move((*blocks[next / kBlockEntries])[next % kBlockEntries]);
    index_.Add(At(slot).hash, slot);
    Link(slot);
  }
  Ring<Closed> closed;
  while (!closed_.empty()) closed.push_back(closed_.Pop());
  closed_ = std::move(closed);
  std::move(blocks.begin(), blocks.end(), std::back_inserter(left_));
}

void Correlation::FreeSome() {
  for (std::size_t i = 0; i < kBlocksFreedATurn && !left_.empty(); ++i) left_.pop_back();
  if (left_.empty()) std::vector<std::unique_ptr<Block>>().swap(left_);
}

std::size_t Correlation::memory_octets() const {
  return (blocks_.size() + left_.size()) * sizeof(Block) +
         neighbours_.capacity() * sizeof(Neighbours) + free_.capacity() * sizeof(Slot) +
         index_.memory_octets() + closed_.memory_octets();
}

// --- from the oldest to the newest -----------------------------------------------------------------------------

void Correlation::Link(Slot slot) {
  neighbours_[slot] = {newest_, kNone};
  (newest_ == kNone ? oldest_ : neighbours_[newest_].newer) = slot;
  newest_ = slot;
}

void Correlation::Unlink(Slot slot) {
  const auto [older, newer] = neighbours_[slot];
  (older == kNone ? oldest_ : neighbours_[older].newer) = newer;
  (newer == kNone ? newest_ : neighbours_[newer].older) = older;
}

void Correlation::Erase(Slot slot) {
  Entry& entry = At(slot);
  index_.Remove(entry.hash, slot);
  Unlink(slot);
  std::exchange(entry.key, {});  // an assignment would leave a long id's memory with it
  std::exchange(entry.awaited, {});
  free_.push_back(slot);
}

}  // namespace hub::relay
