#include "server/relay/client/open_multis.h"

namespace hub::relay {

bool OpenMultis::Open(MessageId id) {
  for (std::size_t i = 0; i < kTries; ++i) {
    MessageId free = 0;
    if (places_[PlaceOf(id, i)].compare_exchange_strong(free, id)) return true;
  }
  return false;
}

void OpenMultis::Close(MessageId id) {
  for (std::size_t i = 0; i < kTries; ++i) {
    MessageId found = id;
    if (places_[PlaceOf(id, i)].compare_exchange_strong(found, 0)) return;
  }
}

bool OpenMultis::IsOpen(MessageId message) const {
  const MessageId id = ClientIdOf(message);
  if (BlockOf(id) == 1) return false;
  for (std::size_t i = 0; i < kTries; ++i) {
    if (places_[PlaceOf(id, i)].load() == id) return true;
  }
  return false;
}

}  // namespace hub::relay
