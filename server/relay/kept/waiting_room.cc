#include "server/relay/kept/waiting_room.h"

#include <algorithm>
#include <tuple>

#include "server/base/check.h"

namespace hub::relay {
namespace {

/// For std's heaps, whose first is the largest: "later" sinks.
constexpr auto kLater = [](const auto& a, const auto& b) {
  return std::tie(a.due, a.order) > std::tie(b.due, b.order);
};

}  // namespace

void WaitingRoom::Wait(SlotId slot, MessageClass c, std::uint8_t priority, TimePoint due) {
  HUB_CHECK(priority < kPriorities && slot != 0);
  Heap& heap = timed_[IndexOf(c)][priority];
  heap.push_back({due, order_++, slot});
  std::push_heap(heap.begin(), heap.end(), kLater);
  ++count_[IndexOf(c)];
  ++timed_count_[IndexOf(c)];
}

WaitingRoom::Heap* WaitingRoom::DueHeap(Heaps& heaps, TimePoint now) {
  for (Heap& heap : heaps) {
    if (!heap.empty() && heap.front().due <= now) return &heap;
  }
  return nullptr;
}

void WaitingRoom::MakeHeap(Heap& heap) { std::make_heap(heap.begin(), heap.end(), kLater); }

SlotId WaitingRoom::TakeFirst(Heap& heap) {
  std::pop_heap(heap.begin(), heap.end(), kLater);
  const SlotId slot = heap.back().slot;
  heap.pop_back();
  if (heap.empty() && heap.capacity() > kHeapKept) Heap().swap(heap);
  return slot;
}

std::size_t WaitingRoom::PopDue(TimePoint now, std::size_t limit, std::vector<SlotId>* out) {
  std::array<Heap*, kMessageClasses> due{};
  unsigned waiting = 0;
  const auto look = [&](std::size_t i) {
    due[i] = DueHeap(timed_[i], now);
    waiting = due[i] == nullptr ? waiting & ~(1u << i) : waiting | 1u << i;
  };
  for (std::size_t i = 0; i < kMessageClasses; ++i) look(i);
  std::size_t popped = 0;
  for (; popped < limit && waiting != 0; ++popped) {
    const std::size_t i = IndexOf(due_turns_.Pick(waiting));
    out->push_back(TakeFirst(*due[i]));
    --count_[i];
    --timed_count_[i];
    look(i);
  }
  return popped;
}

std::optional<TimePoint> WaitingRoom::next_due() const {
  std::optional<TimePoint> next;
  for (const Heaps& heaps : timed_) {
    for (const Heap& heap : heaps) {
      if (!heap.empty() && (!next || heap.front().due < *next)) next = heap.front().due;
    }
  }
  return next;
}

void WaitingRoom::Push(std::int64_t supplier_id, MessageClass c, std::uint8_t priority,
                       SlotId slot) {
  lanes_.Push(supplier_id, c, priority, slot);
  ++count_[IndexOf(c)];
}

SlotId WaitingRoom::Pop(std::int64_t supplier_id) {
  const ReadyLanes::Popped popped = lanes_.Pop(supplier_id);
  if (popped.slot != 0) --count_[IndexOf(popped.message_class)];
  return popped.slot;
}

std::size_t WaitingRoom::octets() const {
  std::size_t octets = lanes_.octets();
  for (const Heaps& heaps : timed_) {
    for (const Heap& heap : heaps) octets += heap.capacity() * sizeof(Timed);
  }
  return octets;
}

void WaitingRoom::AddSpilled(MessageClass c, std::int64_t difference) {
  std::int64_t& spilled = spilled_[IndexOf(c)];
  spilled = std::max<std::int64_t>(spilled + difference, 0);
}

}  // namespace hub::relay
