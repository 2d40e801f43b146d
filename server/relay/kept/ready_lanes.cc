#include "server/relay/kept/ready_lanes.h"

#include "server/base/check.h"

namespace hub::relay {

void ReadyLanes::Push(std::int64_t supplier_id, MessageClass c, std::uint8_t priority,
                      SlotId slot) {
  Supplier& supplier = At(supplier_id);
  Insert(supplier, c, priority, slot, supplier.classes[IndexOf(c)][priority].last);
}

ReadyLanes::Index ReadyLanes::Insert(Supplier& supplier, MessageClass c, std::uint8_t priority,
                                     SlotId slot, Index behind) {
  HUB_CHECK(priority < kPriorities && slot != 0);
  Lane& lane = supplier.classes[IndexOf(c)][priority];
  const Index next = behind == kNone ? lane.first : nodes_[behind].next;
  // Who goes before others is as old as they are.
  const std::uint32_t arrival = next == kNone ? supplier.arrivals++ : nodes_[next].arrival;
  const Index index = Take({slot, next, behind, arrival, NumberOf(supplier, c, priority)});
  (behind == kNone ? lane.first : nodes_[behind].next) = index;
  (next == kNone ? lane.last : nodes_[next].prev) = index;
  ++supplier.sizes[IndexOf(c)];
  ++supplier.size;
  return index;
}

ReadyLanes::Popped ReadyLanes::Pop(std::int64_t supplier_id) {
  const auto found = suppliers_.find(supplier_id);
  if (found == suppliers_.end() || found->second.size == 0) return {};
  Supplier& supplier = found->second;
  const std::size_t c = IndexOf(supplier.turns.Pick(Waiting(supplier)));
  return Remove(NextLane(supplier.classes[c], supplier.strict[c])->first);
}

const ReadyLanes::Supplier* ReadyLanes::Find(std::int64_t supplier_id) const {
  const auto found = suppliers_.find(supplier_id);
  return found == suppliers_.end() ? nullptr : &found->second;
}

ReadyLanes::Supplier& ReadyLanes::At(std::int64_t supplier_id) {
  const auto [at, made] = suppliers_.try_emplace(supplier_id);
  if (made) {
    at->second.number = static_cast<std::uint32_t>(numbered_.size());
    numbered_.push_back(&at->second);
  }
  return at->second;
}

std::size_t ReadyLanes::size(std::int64_t supplier_id) const {
  const Supplier* supplier = Find(supplier_id);
  return supplier == nullptr ? 0 : supplier->size;
}

std::size_t ReadyLanes::size(std::int64_t supplier_id, MessageClass c) const {
  const Supplier* supplier = Find(supplier_id);
  return supplier == nullptr ? 0 : supplier->sizes[IndexOf(c)];
}

unsigned ReadyLanes::Waiting(const Supplier& supplier) {
  unsigned waiting = 0;
  for (std::size_t i = 0; i < kMessageClasses; ++i) waiting |= supplier.sizes[i] != 0 ? 1u << i : 0;
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

ReadyLanes::Index ReadyLanes::Take(const Node& node) {
  ++used_;
  if (free_ == kNone) {
    HUB_CHECK(nodes_.size() < kNone);
    nodes_.push_back(node);
    return static_cast<Index>(nodes_.size() - 1);
  }
  const Index index = free_;
  free_ = nodes_[index].next;
  nodes_[index] = node;
  return index;
}

ReadyLanes::Popped ReadyLanes::Remove(Index index) {
  const Node node = nodes_[index];
  const std::size_t c = node.lane / kPriorities % kMessageClasses;
  Supplier& supplier = *numbered_[node.lane / kPriorities / kMessageClasses];
  Lane& lane = supplier.classes[c][node.lane % kPriorities];
  (node.prev == kNone ? lane.first : nodes_[node.prev].next) = node.next;
  (node.next == kNone ? lane.last : nodes_[node.next].prev) = node.prev;
  --supplier.sizes[c];
  --supplier.size;
  if (supplier.returned == index) supplier.returned = node.prev;
  Free(index);
  return {node.slot, static_cast<MessageClass>(c)};
}

void ReadyLanes::Free(Index index) {
  nodes_[index].slot = 0;
  nodes_[index].next = free_;
  free_ = index;
  if (--used_ == 0 && nodes_.capacity() > kPoolKept) {
    std::vector<Node>().swap(nodes_);  // a campaign's backlog is gone: so is its memory
    free_ = kNone;
  }
}

}  // namespace hub::relay
