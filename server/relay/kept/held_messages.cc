#include "server/relay/kept/held_messages.h"

#include <algorithm>

namespace hub::relay {

std::size_t HeldMessages::Put(std::unique_ptr<Message> message) {
  const MessageId id = message->id;
  Take(id);
  messages_[id] = std::move(message);
  in_order_.push_back(id);
  if (messages_.size() <= messages_max_) return 0;
  Take(in_order_.front());
  return 1;
}

// Answers that come late come in about the order of their requests: it stands near the front.
std::unique_ptr<Message> HeldMessages::Take(MessageId id) {
  const auto found = messages_.find(id);
  if (found == messages_.end()) return nullptr;
  std::unique_ptr<Message> message = std::move(found->second);
  messages_.erase(found);
  in_order_.erase(std::find(in_order_.begin(), in_order_.end(), id));
  return message;
}

}  // namespace hub::relay
