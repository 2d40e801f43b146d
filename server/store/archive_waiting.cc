// What a start asks, before anybody may bind: each question is bounded, or a start could come to take longer than a
// statement may.
#include <algorithm>
#include <chrono>
#include <iterator>
#include <unordered_map>
#include <utility>

#include "server/base/clock.h"
#include "server/store/archive_queries.h"
#include "server/store/row_reader.h"

namespace hub::store {
namespace {

constexpr std::int64_t kDedupeShareMin =
    1'000;  // of a client, while five times the limit is enough

// From client to client by the index: a million receipts of one client are one step.
constexpr char kSelectClients[] =
    "WITH RECURSIVE step AS ((SELECT client_id FROM traffic.receipt WHERE node_id = $1 ORDER BY"
    " client_id LIMIT 1) UNION ALL SELECT (SELECT r.client_id FROM traffic.receipt r WHERE"
    " r.node_id = $1 AND r.client_id > step.client_id ORDER BY r.client_id LIMIT 1) FROM step WHERE"
    " step.client_id IS NOT NULL) SELECT client_id FROM step WHERE client_id IS NOT NULL";

// From class to class by the index; of each at most $2, lane by lane, so that held messages are not even passed.
constexpr char kCountQueued[] =
    "WITH RECURSIVE step AS ((SELECT class FROM traffic.queue WHERE node_id = $1 ORDER BY class"
    " LIMIT 1) UNION ALL SELECT (SELECT q.class FROM traffic.queue q WHERE q.node_id = $1"
    " AND q.class > step.class ORDER BY q.class LIMIT 1) FROM step WHERE step.class IS NOT NULL)"
    " SELECT step.class, n.queued FROM step, LATERAL (SELECT count(*) AS queued FROM"
    " (SELECT FROM generate_series(0, 63) AS lane, LATERAL (SELECT FROM traffic.queue q"
    " WHERE q.node_id = $1 AND q.class = step.class AND ((q.message_id >> 10) & 63) = lane"
    " AND q.next_at < 'infinity' LIMIT $2) p LIMIT $2) few) n"
    " WHERE step.class IS NOT NULL AND n.queued > 0 ORDER BY step.class";

constexpr char kSelectWindows[] =
    "SELECT count(*), coalesce(max(dedupe_window_s), 0) FROM crm.client WHERE dedupe_window_s > 0";

// Of all nodes: a client that resubmits may come to another one. Oldest first, as they were accepted. $2: of each client;
// $3: no message within a window has an older day; $4: of these clients, none: of all.
constexpr char kSelectDedupe[] =
    "SELECT * FROM (SELECT m.client_id, '\\x' || replace(m.dedupe_key::text, '-', ''), "
    "m.message_id, "
    "(extract(epoch FROM m.accepted_at) * 1000000)::bigint AS at FROM crm.client c, LATERAL "
    "(SELECT * FROM traffic.message m"
    " WHERE m.client_id = c.client_id AND m.dedupe_key IS NOT NULL"
    " AND m.accept_day >= date '1970-01-01' + $3::integer"
    " AND m.accepted_at > now() - c.dedupe_window_s * interval '1 second'"
    " ORDER BY m.accepted_at DESC LIMIT $2) m"
    " WHERE c.dedupe_window_s > 0 AND (cardinality($4::bigint[]) = 0 OR c.client_id = ANY "
    "($4::bigint[]))"
    " ORDER BY m.accepted_at DESC LIMIT $1) newest ORDER BY at";

void ReadRow(RowReader& read, DedupeEntry& row) {
  std::vector<std::uint8_t> key;
  read(row.client_id);
  read(key);
  read(row.message_id);
  read(row.accepted_at_us);
  row.key.assign(key.begin(), key.end());
}

Outcome<Done> ReadClients(Pg& pg, std::int32_t node_id, Archive::Waiting* waiting) {
  auto clients = pg.Run("look for receipts that wait", kSelectClients, {ToParam(node_id)});
  if (!clients) return Err{clients.error()};
  for (int i = 0; i < clients->rows(); ++i) {
    waiting->clients_with_receipts.push_back(clients->Int(i, 0));
  }
  return Done{};
}

Outcome<Done> ReadQueued(Pg& pg, std::int32_t node_id, Archive::Waiting* waiting) {
  auto queued = pg.Run("count queued messages", kCountQueued,
                       {ToParam(node_id), ToParam(Archive::Waiting::kCountedMax)});
  if (!queued) return Err{queued.error()};
  for (int i = 0; i < queued->rows(); ++i) {
    const std::int64_t count = queued->Int(i, 1);
    waiting->queued_by_class.emplace_back(
        queued->String(i, 0),
        count < Archive::Waiting::kCountedMax ? count : Archive::Waiting::kUncounted);
  }
  return Done{};
}

// By an index that has nothing else in it.
constexpr char kSelectMo[] =
    "SELECT client_id, receipt_id, (extract(epoch FROM expires_at) * 1000000)::bigint"
    " FROM traffic.receipt WHERE node_id = $1 AND message_id = 0 AND expires_at > now()"
    " ORDER BY client_id, receipt_id LIMIT $2";

Outcome<Done> ReadMo(Pg& pg, std::int32_t node_id, Archive::Waiting* waiting) {
  auto rows = pg.Run("look for MO that waits", kSelectMo,
                     {ToParam(node_id), ToParam(Archive::Waiting::kMoMax)});
  if (!rows) return Err{rows.error()};
  waiting->mo.reserve(static_cast<std::size_t>(rows->rows()));
  for (int i = 0; i < rows->rows(); ++i) {
    waiting->mo.push_back(
        {rows->Int(i, 0), static_cast<std::uint64_t>(rows->Int(i, 1)), rows->Int(i, 2)});
  }
  return Done{};
}

struct DedupeQuery {
  std::int64_t entries_max, share, since_day;
};

Outcome<std::vector<DedupeEntry>> AskDedupe(Pg& pg, const DedupeQuery& query,
                                            const std::vector<std::int64_t>& clients) {
  auto rows = pg.Run("load dedupe keys", kSelectDedupe,
                     {ToParam(query.entries_max), ToParam(query.share), ToParam(query.since_day),
                      ToArray(clients)});
  if (!rows) return Err{rows.error()};
  std::vector<DedupeEntry> entries;
  entries.reserve(static_cast<std::size_t>(rows->rows()));
  RowReader reader("traffic.message", *rows);
  while (reader.Next()) ReadRow(reader, entries.emplace_back());
  if (reader.error()) return Err{*reader.error()};
  return entries;
}

// Those that have more keys than were asked for.
std::vector<std::int64_t> WhoHasMore(const std::vector<DedupeEntry>& entries, std::int64_t share) {
  std::unordered_map<std::int64_t, std::int64_t> count;
  std::vector<std::int64_t> more;
  for (const DedupeEntry& entry : entries) {
    if (++count[entry.client_id] == share) more.push_back(entry.client_id);
  }
  return more;
}

// What others left free is theirs in equal parts.
Outcome<Done> ReadMoreDedupe(Pg& pg, DedupeQuery query, std::vector<DedupeEntry>* entries) {
  const std::vector<std::int64_t> clients = WhoHasMore(*entries, query.share);
  const auto left = query.entries_max - static_cast<std::int64_t>(entries->size());
  if (clients.empty() || left < static_cast<std::int64_t>(clients.size())) return Done{};
  query.share += left / static_cast<std::int64_t>(clients.size());
  auto more = AskDedupe(pg, query, clients);
  if (!more) return Err{more.error()};
  std::erase_if(*entries, [&](const DedupeEntry& entry) {
    return std::find(clients.begin(), clients.end(), entry.client_id) != clients.end();
  });
  std::move(more->begin(), more->end(), std::back_inserter(*entries));
  return Done{};
}

Outcome<Done> ReadDedupe(Pg& pg, std::int64_t entries_max, Archive::Waiting* waiting) {
  auto windows = pg.Run("look for dedupe windows", kSelectWindows);
  if (!windows) return Err{windows.error()};
  const std::int64_t clients = windows->Int(0, 0);
  if (clients == 0) return Done{};
  const std::int64_t since =
      DayOf(SystemClock().WallNow() - std::chrono::seconds(windows->Int(0, 1))) - 1;
  const DedupeQuery query{entries_max, DedupeShare(entries_max, clients), since};
  auto entries = AskDedupe(pg, query, {});
  if (!entries) return Err{entries.error()};
  waiting->dedupe = std::move(*entries);
  return ReadMoreDedupe(pg, query, &waiting->dedupe);
}

}  // namespace

std::int64_t DedupeShare(std::int64_t entries_max, std::int64_t clients) {
  const std::int64_t fair = entries_max / clients;
  return std::clamp<std::int64_t>(std::max(2 * fair, std::min(kDedupeShareMin, 5 * fair)), 1,
                                  std::max<std::int64_t>(entries_max, 1));
}

Outcome<Archive::Waiting> ReadWaiting(Pg& pg, std::int32_t node_id,
                                      std::int64_t dedupe_entries_max) {
  Archive::Waiting waiting;
  auto done = ReadClients(pg, node_id, &waiting);
  if (done) done = ReadMo(pg, node_id, &waiting);
  if (done) done = ReadQueued(pg, node_id, &waiting);
  if (done) done = ReadDedupe(pg, dedupe_entries_max, &waiting);
  if (!done) return Err{done.error()};
  return waiting;
}

}  // namespace hub::store
