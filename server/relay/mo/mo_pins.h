// Whose long mobile originated messages are: the parts of one go where its first one went.   SMPP v3.4 §5.3.2.22, TS 23.040 §9.2.3.24.1
#pragma once

#include <list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "protocol/text/segments.h"
#include "server/base/clock.h"
#include "server/relay/snapshot.h"

namespace hub::relay {

/// What all parts of a message have in common: supplier, source, destination, reference and total.
std::string LongMoKey(std::int64_t supplier_id, const smpp::MessageView& view,
                      const smpp::Concat& concat);

/// DeliverJob::together of a message, 0 for one that is no part: a number of source, destination, reference and total. It can be
/// read off the PDU again, when that comes out of PostgreSQL.
std::uint64_t TogetherOf(const smpp::MessageView& view);

/// A fact, unlike relay::PartPins: a part without the keyword has nothing else to go by. Bounded: beyond `messages_max` the one
/// that was used longest ago is forgotten. One loop's, the home of the supplier.
class MoPins final {
 public:
  MoPins(std::size_t messages_max, Duration kept) : messages_max_(messages_max), kept_(kept) {}

  /// The client, or null when the message is nobody's; nullopt when the first part did not come, or the last one is longer ago
  /// than `kept`. Counts as a use.
  std::optional<std::shared_ptr<ClientState>> Find(const std::string& key, TimePoint now);
  /// From now on its parts are this client's; null: nobody's. True: another message was forgotten for it.
  bool Note(const std::string& key, std::shared_ptr<ClientState> client, TimePoint now);

  std::size_t size() const { return by_key_.size(); }

 private:
  struct Pin {
    std::string key;
    std::shared_ptr<ClientState> client;  // null: nobody's
    TimePoint used{};
  };
  using Pins = std::list<Pin>;  // used longest ago first

  void Use(Pins::iterator pin, TimePoint now);
  void DropOld(TimePoint now);
  void DropOldest();

  const std::size_t messages_max_;
  const Duration kept_;
  Pins pins_;
  std::unordered_map<std::string_view, Pins::iterator> by_key_;  // the key stands in its pin
};

}  // namespace hub::relay
