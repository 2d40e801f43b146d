// Messages that could go to a supplier now: one lane a supplier, class and priority, all in one pool.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <unordered_map>
#include <vector>

#include "server/base/slot_map.h"
#include "server/relay/kept/class_turns.h"

namespace hub::relay {

/// One loop. Every operation is O(1). 24 octets a message in a pool that doubles when it is full and is given back when
/// all lanes are empty; 350 octets a supplier that ever had a message, for good.
///
/// Order of one supplier: ClassTurns between classes; within a class priority 0 first, but each 16th turn, when several
/// priorities wait, goes to whatever waits longest, so that no client outruns its neighbours for ever by calling all it
/// sends urgent; within a priority as they came.
class ReadyLanes {
 public:
  struct Popped {
    SlotId slot = 0;  // 0: nothing waits
    MessageClass message_class{};
  };

  void Push(std::int64_t supplier_id, MessageClass c, std::uint8_t priority, SlotId slot);
  Popped Pop(std::int64_t supplier_id);
  /// Back to the front of its lane, behind those that came back before it and that is_older(slot) names. Those that come
  /// back in their order, or each behind the last, cost O(1).
  template <class IsOlder>
  void Return(std::int64_t supplier_id, MessageClass c, std::uint8_t priority, SlotId slot,
              IsOlder&& is_older) {
    Supplier& supplier = At(supplier_id);
    const Lane& lane = supplier.classes[IndexOf(c)][priority];
    Index behind = kNone;
    const Index last = supplier.returned;
    if (last != kNone && nodes_[last].lane == NumberOf(supplier, c, priority) &&
        is_older(nodes_[last].slot))
      behind = last;
    for (Index at = behind == kNone ? lane.first : nodes_[behind].next;
         at != kNone && is_older(nodes_[at].slot); at = nodes_[at].next)
      behind = at;
    supplier.returned = Insert(supplier, c, priority, slot, behind);
  }

  /// Looks at the next `looks` places of the pool, round and round, and takes those out of their lanes, wherever they
  /// stand, of which gone(slot) says so; take(Popped) gets them. Neither may touch the lanes.
  template <class Gone, class Take>
  void Sweep(std::size_t looks, Gone&& gone, Take&& take) {
    for (looks = std::min(looks, nodes_.size()); looks > 0 && used_ > 0; --looks) {
      if (sweep_at_ >= nodes_.size()) sweep_at_ = 0;
      const Index at = sweep_at_++;
      if (nodes_[at].slot != 0 && gone(nodes_[at].slot)) take(Remove(at));
    }
  }

  std::size_t size(std::int64_t supplier_id) const;
  std::size_t size(std::int64_t supplier_id, MessageClass c) const;
  std::size_t octets() const { return nodes_.capacity() * sizeof(Node); }

 private:
  using Index = std::uint32_t;
  static constexpr Index kNone = 0xFFFFFFFF;
  static constexpr std::size_t kPoolKept = 1'024;  // nodes that an idle pool keeps

  struct Node {
    SlotId slot;  // 0: free
    Index next, prev;
    std::uint32_t arrival;  // of its supplier, counted round and round
    std::uint32_t lane;     // supplier's number, class, priority
  };
  struct Lane {
    Index first = kNone, last = kNone;
  };
  using Lanes = std::array<Lane, kPriorities>;
  struct Supplier {
    std::uint32_t number = 0;
    std::array<Lanes, kMessageClasses> classes;
    std::array<std::size_t, kMessageClasses> sizes{};
    std::array<std::uint8_t, kMessageClasses>
        strict{};  // pops in a row that a lower priority watched
    ClassTurns turns;
    std::uint32_t arrivals = 0;
    Index returned = kNone;  // the last one that came back, while it waits
    std::size_t size = 0;
  };

  const Supplier* Find(std::int64_t supplier_id) const;
  Supplier& At(std::int64_t supplier_id);
  static std::uint32_t NumberOf(const Supplier& supplier, MessageClass c, std::uint8_t priority) {
    return static_cast<std::uint32_t>(
        (supplier.number * kMessageClasses + IndexOf(c)) * kPriorities + priority);
  }
  /// Behind that node of its lane; kNone: to the front.
  Index Insert(Supplier& supplier, MessageClass c, std::uint8_t priority, SlotId slot,
               Index behind);
  Index Take(const Node& node);
  /// Out of its lane, wherever it stands there.
  Popped Remove(Index index);
  void Free(Index index);
  Lane* Oldest(Lanes& lanes);
  Lane* NextLane(Lanes& lanes, std::uint8_t& strict);
  static unsigned Waiting(const Supplier& supplier);

  std::unordered_map<std::int64_t, Supplier> suppliers_;
  std::vector<Supplier*> numbered_;
  std::vector<Node> nodes_;
  Index free_ = kNone;
  Index sweep_at_ = 0;
  std::size_t used_ = 0;
};

}  // namespace hub::relay
