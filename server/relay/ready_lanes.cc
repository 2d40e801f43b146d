#include "server/relay/ready_lanes.h"

#include "server/base/check.h"

namespace hub::relay {

void ReadyLanes::Push(std::int64_t supplier_id, MessageClass c, std::uint8_t priority,
                      SlotId slot) {
  HUB_CHECK(priority < kPriorities && slot != 0);
  Supplier& supplier = suppliers_[supplier_id];
  const Index index = Take(slot, supplier.arrivals++);
  Lane& lane = supplier.classes[IndexOf(c)][priority];
  (lane.last == kNone ? lane.first : nodes_[lane.last].next) = index;
  lane.last = index;
  ++supplier.size;
}

ReadyLanes::Popped ReadyLanes::Pop(std::int64_t supplier_id) {
  const auto found = suppliers_.find(supplier_id);
  if (found == suppliers_.end() || found->second.size == 0) return {};
  Supplier& supplier = found->second;
  const MessageClass c = supplier.turns.Pick(Waiting(supplier));
  Lane* lane = NextLane(supplier.classes[IndexOf(c)], supplier.strict[IndexOf(c)]);
  --supplier.size;
  return {Give(*lane), c};
}

std::size_t ReadyLanes::size(std::int64_t supplier_id) const {
  const auto found = suppliers_.find(supplier_id);
  return found == suppliers_.end() ? 0 : found->second.size;
}

unsigned ReadyLanes::Waiting(const Supplier& supplier) {
  unsigned waiting = 0;
  for (std::size_t i = 0; i < kMessageClasses; ++i) {
    for (const Lane& lane : supplier.classes[i]) {
      if (lane.first != kNone) waiting |= 1u << i;
    }
  }
  return waiting;
}

ReadyLanes::Lane* ReadyLanes::NextLane(Lanes& lanes, std::uint8_t& strict) {
  Lane* first = nullptr;
  bool several = false;
  for (Lane& lane : lanes) {
    if (lane.first == kNone) continue;
    several = first != nullptr;
    if (first == nullptr) first = &lane;
    if (several) break;
  }
  strict = several ? static_cast<std::uint8_t>(strict + 1) : std::uint8_t{0};
  if (strict < kShareEvery) return first;
  strict = 0;
  return Oldest(lanes);
}

ReadyLanes::Lane* ReadyLanes::Oldest(Lanes& lanes) {
  Lane* oldest = nullptr;
  for (Lane& lane : lanes) {
    if (lane.first == kNone) continue;
    // A difference, for the count goes round.
    const auto is_older = [&] {
      return static_cast<std::int32_t>(nodes_[lane.first].arrival - nodes_[oldest->first].arrival) <
             0;
    };
    if (oldest == nullptr || is_older()) oldest = &lane;
  }
  return oldest;
}

ReadyLanes::Index ReadyLanes::Take(SlotId slot, std::uint32_t arrival) {
  ++used_;
  if (free_ == kNone) {
    HUB_CHECK(nodes_.size() < kNone);
    nodes_.push_back({slot, kNone, arrival});
    return static_cast<Index>(nodes_.size() - 1);
  }
  const Index index = free_;
  free_ = nodes_[index].next;
  nodes_[index] = {slot, kNone, arrival};
  return index;
}

SlotId ReadyLanes::Give(Lane& lane) {
  const Index index = lane.first;
  const SlotId slot = nodes_[index].slot;
  lane.first = nodes_[index].next;
  if (lane.first == kNone) lane.last = kNone;
  nodes_[index].next = free_;
  free_ = index;
  if (--used_ == 0 && nodes_.capacity() > kPoolKept) {
    std::vector<Node>().swap(nodes_);  // a campaign's backlog is gone: so is its memory
    free_ = kNone;
  }
  return slot;
}

}  // namespace hub::relay
