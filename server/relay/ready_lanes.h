// Messages that could go to a supplier now: one lane a supplier, class and priority, all in one pool.
#pragma once

#include <array>
#include <cstdint>
#include <unordered_map>
#include <vector>

#include "server/base/slot_map.h"
#include "server/relay/class_turns.h"

namespace hub::relay {

/// One loop. Every operation is O(1). 16 octets a message in a pool that doubles when it is full and is given back when
/// all lanes are empty; 256 octets a supplier that ever had a message, for good.
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

  std::size_t size(std::int64_t supplier_id) const;
  std::size_t octets() const { return nodes_.capacity() * sizeof(Node); }

 private:
  using Index = std::uint32_t;
  static constexpr Index kNone = 0xFFFFFFFF;
  static constexpr std::size_t kPoolKept = 1'024;  // nodes that an idle pool keeps

  struct Node {
    SlotId slot;
    Index next;
    std::uint32_t arrival;  // of its supplier, counted round and round
  };
  struct Lane {
    Index first = kNone, last = kNone;
  };
  using Lanes = std::array<Lane, kPriorities>;
  struct Supplier {
    std::array<Lanes, kMessageClasses> classes;
    std::array<std::uint8_t, kMessageClasses>
        strict{};  // pops in a row that a lower priority watched
    ClassTurns turns;
    std::uint32_t arrivals = 0;
    std::size_t size = 0;
  };

  Index Take(SlotId slot, std::uint32_t arrival);
  SlotId Give(Lane& lane);
  Lane* Oldest(Lanes& lanes);
  Lane* NextLane(Lanes& lanes, std::uint8_t& strict);
  static unsigned Waiting(const Supplier& supplier);

  std::unordered_map<std::int64_t, Supplier> suppliers_;
  std::vector<Node> nodes_;
  Index free_ = kNone;
  std::size_t used_ = 0;
};

}  // namespace hub::relay
