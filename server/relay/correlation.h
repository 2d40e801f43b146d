// Which message an id of a supplier means: bounded memory, the oldest are left to PostgreSQL.
#pragma once

#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

#include "server/journal/journal.h"
#include "server/relay/snapshot.h"

namespace hub::relay {

/// A message that may get a receipt.
struct Awaited {
  MessageId message_id = 0;
  std::shared_ptr<ClientState> client;
  std::uint8_t registered_delivery = 0;
  bool moves_money = false;
  bool outcome_known = false;  // a final state was recorded: a later one is late
  std::string destination_addr;
};

/// Of the suppliers whose home this loop is. Names an entry by supplier_id and the id's canonical form.
class Correlation {
 public:
  using Key = std::string;
  static Key KeyOf(std::int64_t supplier_id, std::string_view canonical_id);
  static std::int64_t SupplierOf(const Key& key);
  static std::string_view IdOf(const Key& key);

  explicit Correlation(std::size_t entries_max) : entries_max_(entries_max) {}

  /// Suppliers reuse ids after a while: the newest message has it. Returns how many of the oldest were forgotten.
  std::size_t Put(const Key& key, Awaited awaited);
  Awaited* Find(const Key& key);
  /// Its final outcome is recorded below `position`: kept until that is settled, so that a second receipt is known as one.
  void Close(const Key& key, MessageId message_id, journal::Position position);
  /// PostgreSQL knows everything below: it can answer for what was closed. Once a turn: it also clears the list of arrivals.
  void DropSettled(journal::Position settled);
  std::size_t size() const { return awaited_.size(); }

 private:
  struct Closed {
    Key key;
    MessageId message_id;
    journal::Position position;
  };
  bool Erase(const Key& key, MessageId message_id);

  const std::size_t entries_max_;
  std::unordered_map<Key, Awaited> awaited_;
  std::deque<std::pair<Key, MessageId>>
      order_;  // of arrival; those already gone stand in it until their turn comes
  std::deque<Closed> closed_;
};

}  // namespace hub::relay
