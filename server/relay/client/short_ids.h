// Whose messages have short ids (server/base/short_id.h), and how many of them one client gets.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <unordered_map>

#include "server/base/short_id.h"
#include "server/base/token_bucket.h"
#include "server/relay/client/front.h"
#include "server/relay/context.h"

namespace hub::relay {

/// One loop's. SMPP v3.3 has room for 8 characters of a message_id.
class ShortIds final {
 public:
  /// Of the places of each kind, this part of four is the most that one client gets: it leaves some for its neighbours.
  static constexpr std::int64_t kQuartersOfClient = 3;

  /// after: as ShortIdSource has it.
  ShortIds(const Context& context, Front& front, MessageId after)
      : context_(context), front_(front), source_(context.node, context.loop, after) {}

  /// Whether what comes by this session has them. What its client is told later follows from the id.
  static bool AreFor(const EsmeEntry& entry) {
    return !entry.session->speaks_tlvs() && entry.row != nullptr && entry.row->short_ids;
  }

  /// For a session that they are for. Nothing, and counted: none is left for its client now; it is answered ESME_RTHROTTLED.
  std::optional<MessageId> Next(const EsmeEntry& entry);
  /// As MessageIdSource::NextBlock.
  std::optional<MessageId> NextBlock(const EsmeEntry& entry, std::size_t messages);

 private:
  struct Share {
    Share();
    TokenBucket singles, blocks;
  };

  Share& ShareOf(const EsmeEntry& entry) { return shares_[entry.client->client_id]; }
  std::optional<MessageId> Counted(const EsmeEntry& entry, std::optional<MessageId> id);

  const Context& context_;
  Front& front_;
  ShortIdSource source_;
  std::unordered_map<std::int64_t, Share> shares_;  // by client_id: of those that submitted so
};

}  // namespace hub::relay
