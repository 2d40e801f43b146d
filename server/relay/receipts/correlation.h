// Which message an id of a supplier means: bounded memory, the oldest are left to PostgreSQL.
#pragma once

#include <tsl/robin_set.h>

#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "server/journal/journal.h"
#include "server/relay/snapshot.h"
#include "server/relay/supplier/sent_as.h"

namespace hub::relay {

/// A message that may get a receipt.
struct Awaited {
  MessageId message_id = 0;
  std::shared_ptr<ClientState> client;
  WallTime taken_at{};  // by the supplier
  std::uint8_t registered_delivery = 0;
  bool moves_money = false;
  bool outcome_known = false;  // a final state was recorded: a later one is late
  std::string destination_addr;
  bool from_archive = false;  // PostgreSQL's newest with its id: a newer one may be under way
  std::unique_ptr<const SentAs> sent_as{};  // null: its addresses went as they came
};

/// An id of a supplier, in its canonical form.
struct UpstreamId {
  std::int64_t supplier_id = 0;
  std::string id;

  bool operator==(const UpstreamId&) const = default;
};

struct UpstreamIdHash {
  std::size_t operator()(const UpstreamId& key) const {
    constexpr std::size_t kOdd = 0x9E3779B97F4A7C15;  // spreads small numbers over all bits
    return std::hash<std::string>()(key.id) ^ static_cast<std::size_t>(key.supplier_id) * kOdd;
  }
};

/// Of the suppliers whose home this loop is. Its memory is that of the most entries it ever had: about 150 octets each.
class Correlation {
 public:
  /// Names an entry until the next call that changes anything.
  using Slot = std::uint32_t;
  static constexpr Slot kNone = UINT32_MAX;

  explicit Correlation(std::size_t entries_max);
  Correlation(const Correlation&) = delete;  // its index looks into its entries
  Correlation& operator=(const Correlation&) = delete;

  /// Suppliers reuse ids after a while: the newest message has it. Returns how many of the oldest were forgotten, 0 or 1.
  std::size_t Put(UpstreamId key, Awaited awaited);
  Slot Find(const UpstreamId& key) const;
  Awaited& operator[](Slot slot) { return entries_[slot].awaited; }
  /// The final outcome of the message, found here at `slot` some time ago, is recorded below `position`: kept until that is
  /// settled, so that a second receipt is known as one. Nothing when it is not there any more.
  void Close(Slot slot, MessageId message_id, journal::Position position);
  /// PostgreSQL knows everything below: it can answer for what was closed.
  void DropSettled(journal::Position settled);
  std::size_t size() const { return index_.size(); }

 private:
  struct Entry {
    std::size_t hash = 0;
    UpstreamId key;
    Awaited awaited;  // message_id 0: free
    Slot older = kNone, newer = kNone;
  };
  using Entries = std::deque<Entry>;  // grows without moving what is there
  struct Hash {
    const Entries* entries;
    std::size_t operator()(Slot slot) const { return (*entries)[slot].hash; }
  };
  struct Equal {
    using is_transparent = void;
    const Entries* entries;
    bool operator()(Slot a, Slot b) const { return a == b; }
    bool operator()(Slot a, const UpstreamId& b) const { return (*entries)[a].key == b; }
    bool operator()(const UpstreamId& a, Slot b) const { return (*entries)[b].key == a; }
  };
  struct Closed {
    Slot slot;
    MessageId message_id;
    journal::Position position;
  };

  Slot NewSlot();
  void Link(Slot slot);
  void Unlink(Slot slot);
  void Erase(Slot slot);

  const std::size_t entries_max_;
  Entries entries_;
  std::vector<Slot> free_;
  tsl::robin_set<Slot, Hash, Equal, std::allocator<Slot>, true> index_;
  Slot oldest_ = kNone, newest_ = kNone;
  std::deque<Closed> closed_;
};

}  // namespace hub::relay
