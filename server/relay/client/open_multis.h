// Which submit_multi were not answered yet: a receipt of one of their messages must not reach the client before the id does.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>

#include "server/base/message_id.h"

namespace hub::relay {

/// Of all loops: the client's receipts may be told on another loop than the one that answers it. Any thread, without a lock and
/// without memory of its own after construction (64 KiB). What it says is exact: one that has no place is refused.
class OpenMultis final {
 public:
  static constexpr std::size_t kPlaces = 8'192;  // of the process
  static constexpr std::int32_t kOfClientMax =
      1'024;  // of one client: it leaves room for the others

  /// False: all its places are taken. `id` is a block's (MessageIdSource::NextBlock).
  bool Open(MessageId id);
  void Close(MessageId id);
  /// Whether the message came with a submit_multi that is open. A single message costs a look at its id.
  bool IsOpen(MessageId message) const;

 private:
  static constexpr std::size_t kTries = 32;  // places that one id may have

  static std::size_t PlaceOf(MessageId id, std::size_t attempt) {
    return (IdHash()(id) + attempt) % kPlaces;
  }

  std::array<std::atomic<MessageId>, kPlaces> places_{};
};

}  // namespace hub::relay
