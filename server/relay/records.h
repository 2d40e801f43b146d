// Collects what is to be settled during a turn and offers it in one bunch at its end.
#pragma once

#include <string_view>
#include <vector>

#include "server/relay/context.h"
#include "server/relay/message.h"

namespace hub::relay {

/// One loop's. Rows of a message leave in the order in which they were written.
class Records {
 public:
  explicit Records(Context& context) : context_(context) {}

  /// The customer gets ESME_ROK: this is the charge.
  void Accepted(const Message& message, std::int64_t supplier_id);
  void Rejected(const Message& message, std::string_view reason, smpp::Status status);
  void Attempted(const Message& message, const PlannedRoute& route, const SubmitResult& result);
  void Outcome(MessageId id, std::int64_t supplier_id, std::uint8_t message_state,
               std::string_view error);

  /// At the end of a turn. What the settler has no room for now stays and is offered again: see HasRoom.
  void EndTurn();
  /// After the loop stopped: what is left goes to the settler, beyond its limits if need be.
  void OfferLast() { context_.settler.OfferLast(std::move(records_)); }
  /// Whether another message may be taken: asked before anything is promised.
  bool HasRoom() const { return context_.settler.has_room(); }

 private:
  Context& context_;
  std::vector<store::Record> records_;
};

}  // namespace hub::relay
