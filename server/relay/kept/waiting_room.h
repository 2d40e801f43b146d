// Where accepted messages of one loop wait: until they are due, then until their supplier has room.
//
//                 Wait(due)                          Push(supplier)
//   retry, ─────► timed, by class ─── PopDue ──► owner decides ─────► ready lanes ─── Pop(supplier) ──► owner sends
//   schedule      and priority                     a route             a supplier
#pragma once

#include <algorithm>
#include <array>
#include <optional>
#include <vector>

#include "server/base/clock.h"
#include "server/relay/kept/ready_lanes.h"

namespace hub::relay {

struct WaitingLimits {
  /// Messages of a class that one loop keeps in memory; beyond: they wait in PostgreSQL only (spilled).
  std::array<std::size_t, kMessageClasses> messages_max{};
};

/// Pure order: no clock, no socket; times are handed in. One loop. Knows messages by slot; a message that ends while it
/// waits is left where it is and counts until its turn, or until it is swept out: whoever pops a stale slot skips it.
///
/// A message that waits takes 24 octets until it is due, 24 in a lane (up to twice that while a container grows), and no
/// allocation of its own. Wait and PopDue are O(log n) of its class and priority, all others O(1).
class WaitingRoom {
 public:
  explicit WaitingRoom(const WaitingLimits& limits) : limits_(limits) {}

  /// A retry or a scheduled message. Never refuses: ask HasRoomForLater before. priority: 0 first ... kPriorities - 1.
  void Wait(SlotId slot, MessageClass c, std::uint8_t priority, TimePoint due);

  /// Appends at most `limit` that are due by `now`: classes in ClassTurns' order, so that a backlog which all came due at
  /// once keeps no OTP; in a class by priority, then by due time, then as they came. Returns how many.
  std::size_t PopDue(TimePoint now, std::size_t limit, std::vector<SlotId>* out);
  /// One that waits for its time has ended: when half of those that wait have, all of which gone(slot) says so lose their
  /// places. O(1) each, taken together.
  template <class Gone>
  void NoteGone(MessageClass c, Gone&& gone) {
    std::size_t& noted = gone_[IndexOf(c)];
    if (++noted < kGoneKept || noted * 2 < timed_count_[IndexOf(c)]) return;
    noted = 0;
    for (Heap& heap : timed_[IndexOf(c)]) {
      const std::size_t removed =
          std::erase_if(heap, [&](const Timed& timed) { return gone(timed.slot); });
      count_[IndexOf(c)] -= removed;
      timed_count_[IndexOf(c)] -= removed;
      MakeHeap(heap);
    }
  }
  /// When PopDue has something to give; nothing when nobody waits for a time.
  std::optional<TimePoint> next_due() const;

  /// A message whose supplier is decided. Never refuses, as Wait. For the order see ReadyLanes.
  void Push(std::int64_t supplier_id, MessageClass c, std::uint8_t priority, SlotId slot);
  /// One that was popped comes back before all others of its lane, but behind those of them of which is_older(slot) says so.
  template <class IsOlder>
  void Return(std::int64_t supplier_id, MessageClass c, std::uint8_t priority, SlotId slot,
              IsOlder&& is_older) {
    lanes_.Return(supplier_id, c, priority, slot, is_older);
    ++count_[IndexOf(c)];
  }
  /// The next one for this supplier; 0 when none waits. To route a dead supplier's messages anew, pop until 0.
  SlotId Pop(std::int64_t supplier_id);
  std::size_t ready(std::int64_t supplier_id) const { return lanes_.size(supplier_id); }
  std::size_t ready(std::int64_t supplier_id, MessageClass c) const {
    return lanes_.size(supplier_id, c);
  }
  /// Looks at the next `looks` places in lanes, all of them in turn, and takes those out of which gone(slot) says so.
  template <class Gone>
  void Sweep(std::size_t looks, Gone&& gone, std::vector<SlotId>* out) {
    lanes_.Sweep(looks, gone, [&](const ReadyLanes::Popped& removed) {
      --count_[IndexOf(removed.message_class)];
      out->push_back(removed.slot);
    });
  }

  /// Messages of the class that wait here, in time or lane, stale ones included.
  std::size_t count(MessageClass c) const { return count_[IndexOf(c)]; }
  bool HasRoom(MessageClass c) const { return count(c) < limits_.messages_max[IndexOf(c)]; }
  /// For one more that waits for its time: those may have a quarter of the room, or what can go now would have none while
  /// a schedule or a supplier that is down keeps them.
  bool HasRoomForLater(MessageClass c) const {
    return HasRoom(c) && timed_count_[IndexOf(c)] < LaterMax(c);
  }
  std::size_t LaterMax(MessageClass c) const {
    return std::max<std::size_t>(limits_.messages_max[IndexOf(c)] / 4, 1);
  }

  /// Memory of all that waits and of what containers keep ready for more: for a metric.
  std::size_t octets() const;

  /// Messages of the class that wait in PostgreSQL and not here. The owner raises it when it spills one or finds some at
  /// start, lowers it when it loads them; below 0 is 0, for what is found at start may be out of date by then.
  void AddSpilled(MessageClass c, std::int64_t difference);
  std::int64_t spilled(MessageClass c) const { return spilled_[IndexOf(c)]; }
  /// Some are spilled, and lanes leave room for them: time to load a page.
  bool WantsLoad(MessageClass c) const { return spilled(c) > 0 && InLanes(c) < LoadBelow(c); }
  /// Whether one more may stand in a supplier's lane while others hold something too: it holds fewer than pages would still find
  /// room for. So of n lanes that fill together each has one part in n + 1, and as much is left for pages, however many stand.
  bool LaneHasRoom(std::int64_t supplier_id, MessageClass c) const {
    const std::size_t waiting = ready(supplier_id, c);
    const bool alone = waiting + timed_count_[IndexOf(c)] == count(c);
    return alone || waiting + InLanes(c) < LoadBelow(c);
  }

 private:
  std::size_t LoadBelow(MessageClass c) const {
    return limits_.messages_max[IndexOf(c)] - LaterMax(c);
  }
  /// And what waits for a time beyond its quarter, which is nobody else's, whoever came first.
  std::size_t InLanes(MessageClass c) const {
    return count(c) - std::min(timed_count_[IndexOf(c)], LaterMax(c));
  }

  struct Timed {
    TimePoint due;
    std::uint64_t order;  // of arrival
    SlotId slot;
  };
  static constexpr std::size_t kHeapKept = 1'024;  // capacity that an empty heap keeps
  static constexpr std::size_t kGoneKept = 64;     // places of ended ones that nobody looks for

  /// A heap, soonest first.
  using Heap = std::vector<Timed>;
  using Heaps = std::array<Heap, kPriorities>;

  static Heap* DueHeap(Heaps& heaps, TimePoint now);
  static SlotId TakeFirst(Heap& heap);
  static void MakeHeap(Heap& heap);

  const WaitingLimits limits_;
  std::array<Heaps, kMessageClasses> timed_;
  std::uint64_t order_ = 0;
  ClassTurns due_turns_;
  ReadyLanes lanes_;
  std::array<std::size_t, kMessageClasses> count_{}, timed_count_{};
  std::array<std::size_t, kMessageClasses> gone_{};  // noted since the last look, at most
  std::array<std::int64_t, kMessageClasses> spilled_{};
};

}  // namespace hub::relay
