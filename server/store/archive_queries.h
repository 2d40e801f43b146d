// What the archive asks PostgreSQL: each question a function on a connection, without a thread. Internal to pg_archive.cc
// and its tests.
#pragma once

#include <cstdint>
#include <vector>

#include "server/base/error.h"
#include "server/store/archive.h"
#include "server/store/pg.h"
#include "server/store/store.h"

namespace hub::store {

/// One repeatable read transaction: the page is what the node had settled up to `settled`, no more and no less.
Outcome<MessagePage> ReadMessages(Pg& pg, std::int32_t node_id, const MessageQuery& query);
Outcome<ReceiptPage> ReadReceipts(Pg& pg, const NodeEpoch& node, const ReceiptQuery& query);

/// One statement for all keys, and one more for those that are not of the last days and ask for older ones (older_days). Messages accepted in the last 32 days:
/// longer than any dlr_timeout, and old enough for suppliers that count their ids from 0 again. `index`: the key's place.
struct FoundKey {
  std::size_t index = 0;
  FoundMessage message;
};
Outcome<std::vector<FoundKey>> FindMessages(Pg& pg, const std::vector<UpstreamKey>& keys);

Outcome<OverduePage> ReadByIds(Pg& pg, const std::vector<MessageId>& ids);

Outcome<FatePage> ReadFates(Pg& pg, const std::vector<MessageId>& ids);

Outcome<ChangePage> ReadChanges(Pg& pg, std::int32_t node_id, const std::vector<MessageId>& ids);

/// Rows of traffic.queue with what their messages know, by (next_at, message_id).
Outcome<std::vector<StoredMessage>> ReadStored(Pg& pg, const std::vector<std::int64_t>& ids);
Outcome<journal::Position> ReadSettled(Pg& pg, std::int32_t node_id);

/// Looks further (ops.scan_overdue), then takes what is due (ops.take_overdue).
Outcome<OverduePage> ReadOverdue(Pg& pg, std::int32_t node_id, std::int32_t limit);

/// How many dedupe keys of one client are read when `clients` have a window: twice its fair share of `entries_max`, or 1,000
/// while all together read no more than five times entries_max. Who has more than that shortens its own window. Within
/// statement_timeout_ms, whatever the traffic was: else no start would ever end.
std::int64_t DedupeShare(std::int64_t entries_max, std::int64_t clients);

Outcome<Archive::Waiting> ReadWaiting(Pg& pg, std::int32_t node_id,
                                      std::int64_t dedupe_entries_max);

/// Moves at most `limit` receipts whose time is over; how many. Does nothing unless the node has settled up to `needed`.
Outcome<std::int64_t> ExpireReceipts(Pg& pg, std::int32_t node_id, journal::Position needed,
                                     std::int32_t limit);

}  // namespace hub::store
