// Which message an id of a supplier means: bounded memory, the oldest are left to PostgreSQL.
#pragma once

#include <array>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "server/base/prefetch.h"
#include "server/base/ring.h"
#include "server/journal/journal.h"
#include "server/relay/receipts/slot_index.h"
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
  bool from_archive = false;   // PostgreSQL's newest with its id: a newer one may be under way
  std::string destination_addr;
  std::unique_ptr<const SentAs> sent_as{};  // null: its addresses went as they came
};

/// An id of a supplier, in its canonical form.
struct UpstreamId {
  std::int64_t supplier_id = 0;
  std::string id;

  bool operator==(const UpstreamId&) const = default;
};

struct UpstreamIdHash {
  std::size_t operator()(const UpstreamId& key) const { return (*this)(key.supplier_id, key.id); }
  std::size_t operator()(std::int64_t supplier_id, std::string_view id) const {
    constexpr std::size_t kOdd = 0x9E3779B97F4A7C15;  // spreads small numbers over all bits
    return std::hash<std::string_view>()(id) ^ static_cast<std::size_t>(supplier_id) * kOdd;
  }
};

/// Of the suppliers whose home this loop is. About 200 octets an entry, and 50 more for an id of more than 15 characters; what a
/// backlog of settlement took is given back when more than three of four places are empty.
class Correlation {
 public:
  /// Names an entry until the next call that changes anything.
  using Slot = SlotIndex::Slot;
  static constexpr Slot kNone = SlotIndex::kNone;

  static constexpr std::size_t kPlacesKept = 32'768;  // some 6 MiB, however few entries there are

  explicit Correlation(std::size_t entries_max, std::size_t places_kept = kPlacesKept);

  /// Suppliers reuse ids after a while: the newest message has it. Returns how many of the oldest were forgotten, 0 or 1.
  std::size_t Put(UpstreamId key, Awaited awaited);
  Slot Find(const UpstreamId& key) const { return Find(key.supplier_id, key.id); }
  Slot Find(std::int64_t supplier_id, std::string_view id) const {
    return Find(HashOf(supplier_id, id), supplier_id, id);
  }
  /// The same in steps, for several that are looked for together: all of them take a step before one takes the next.
  static std::uint32_t HashOf(std::int64_t supplier_id, std::string_view id) {
    return static_cast<std::uint32_t>(UpstreamIdHash()(supplier_id, id));
  }
  void PrefetchIndex(std::uint32_t hash) const { index_.Prefetch(hash); }
  void PrefetchEntry(std::uint32_t hash) const;
  Slot Find(std::uint32_t hash, std::int64_t supplier_id, std::string_view id) const;
  Awaited& operator[](Slot slot) { return At(slot).awaited; }
  std::uint32_t HashAt(Slot slot) const { return At(slot).hash; }
  /// The final outcome of the message, found here under a key of this hash, is recorded below `position`: kept until that is
  /// settled, so that a second receipt is known as one. Nothing when it is not there any more.
  void Close(std::uint32_t hash, MessageId message_id, journal::Position position);
  /// Once a turn. PostgreSQL knows everything below: it can answer for what was closed.
  void DropSettled(journal::Position settled);
  std::size_t size() const { return index_.size(); }
  /// For how many entries there is memory.
  std::size_t places() const { return neighbours_.size(); }
  /// All that it takes, but for strings of more than 15 characters and what hangs on a message.
  std::size_t memory_octets() const;

 private:
  // A look finds nothing of it in a cache: two lines are to be fetched, and none to get there.
  struct alignas(kCacheLineOctets) Entry {
    std::uint32_t hash = 0;
    UpstreamId key;
    Awaited awaited;
  };
  static_assert(sizeof(Entry) == 2 * kCacheLineOctets);
  static constexpr std::size_t kBlockEntries = 1024;
  static constexpr std::size_t kSparse = 4;  // one entry in so many places: it is worth moving them
  static constexpr std::size_t kBlocksFreedATurn = 16;  // 2 MiB, some 50 us
  using Block = std::array<Entry, kBlockEntries>;
  struct Neighbours {
    Slot older = kNone, newer = kNone;
  };
  struct Closed {
    std::uint32_t hash;
    MessageId message_id;
    journal::Position position;
  };

  Entry& At(Slot slot) { return (*blocks_[slot / kBlockEntries])[slot % kBlockEntries]; }
  const Entry& At(Slot slot) const {
    return (*blocks_[slot / kBlockEntries])[slot % kBlockEntries];
  }
  Slot NewSlot();
  void Link(Slot slot);
  void Unlink(Slot slot);
  void Erase(Slot slot);
  void DropUpTo(journal::Position settled);
  void Shrink();
  void Pack();
  void FreeSome();
  void PrefetchClosed() const;

  const std::size_t entries_max_, places_kept_;
  std::vector<std::unique_ptr<Block>> blocks_;  // grow without moving what is there
  std::vector<std::unique_ptr<Block>> left_;    // of before a Pack: empty, not freed yet
  std::vector<Neighbours> neighbours_;          // of each slot: apart, for an end touches three
  std::vector<Slot> free_;
  SlotIndex index_;
  Slot oldest_ = kNone, newest_ = kNone;
  Ring<Closed> closed_;
};

}  // namespace hub::relay
