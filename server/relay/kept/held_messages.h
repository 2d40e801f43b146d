// Held messages (nobody knows whether a supplier took them) whose supplier may still answer.
#pragma once

#include <deque>
#include <memory>
#include <unordered_map>

#include "server/relay/message.h"

namespace hub::relay {

/// One loop's. PostgreSQL has them too, for as long as they are held: who is forgotten here waits there for the end of its
/// time. About 1 KiB and its PDU each.
class HeldMessages {
 public:
  explicit HeldMessages(std::size_t messages_max) : messages_max_(messages_max) {}

  /// Returns how many of the oldest were forgotten, 0 or 1.
  std::size_t Put(std::unique_ptr<Message> message);
  /// Null when it is not here.
  std::unique_ptr<Message> Take(MessageId id);
  std::size_t size() const { return messages_.size(); }

 private:
  const std::size_t messages_max_;
  std::deque<MessageId> in_order_;  // the same, as they came
  std::unordered_map<MessageId, std::unique_ptr<Message>> messages_;
};

}  // namespace hub::relay
