// What became of messages that clients ask about.
#include "server/store/accept_days.h"
#include "server/store/archive_queries.h"
#include "server/store/copy_rows.h"
#include "server/store/row_reader.h"

namespace hub::store {
namespace {

// Each table is looked into by its key (LIMIT keeps the planner from making joins of it), in the days of these ids alone.
constexpr char kSelectFates[] =
    "SELECT m.message_id, m.client_id, m.source_addr, o.message_id IS NOT NULL,"
    " coalesce(o.message_state, 0), coalesce((extract(epoch FROM o.received_at) * "
    "1000000)::bigint, 0),"
    " coalesce(o.error, ''), q.message_id IS NULL OR q.attempts > 0 OR q.next_at <= now()"
    " OR q.next_at = 'infinity', q.message_id IS NOT NULL, m.source_addr_ton, m.source_addr_npi,"
    " coalesce(a.supplier_id, 0), coalesce(a.upstream_id, ''), m.class = 'broadcast'"
    " FROM unnest($1::bigint[]) AS k(message_id) CROSS JOIN LATERAL"
    " (SELECT m.accept_day, m.message_id, m.client_id, m.source_addr, m.source_addr_ton,"
    " m.source_addr_npi, m.class FROM traffic.message m"
    " WHERE m.accept_day = traffic.accept_day(k.message_id) AND m.accept_day = ANY ($2::date[])"
    " AND m.message_id = k.message_id LIMIT 1) m LEFT JOIN LATERAL"
    " (SELECT o.message_id, o.message_state, o.received_at, o.error FROM traffic.outcome o"
    " WHERE o.accept_day = m.accept_day AND o.accept_day = ANY ($2::date[])"
    " AND o.message_id = k.message_id LIMIT 1) o ON true"
    " LEFT JOIN LATERAL (SELECT a.supplier_id, a.upstream_id FROM traffic.attempt a"
    " WHERE o.message_id IS NULL AND a.accept_day = m.accept_day"
    " AND a.accept_day = ANY ($2::date[]) AND a.message_id = k.message_id"
    " AND a.result = 'accepted' ORDER BY a.attempt_no DESC LIMIT 1) a ON true"
    " LEFT JOIN traffic.queue q ON q.message_id = k.message_id";

void ReadRow(RowReader& read, MessageFate& row) {
  read(row.message_id);
  read(row.client_id);
  read(row.source_addr);
  read(row.is_final);
  read(row.final_state);
  read(row.final_at_us);
  read(row.error);
  read(row.started);
  read(row.queued);
  read(row.source_addr_ton);
  read(row.source_addr_npi);
  read(row.supplier_id);
  read(row.upstream_id);
  read(row.is_broadcast);
}

}  // namespace

Outcome<FatePage> ReadFates(Pg& pg, const std::vector<MessageId>& ids) {
  const std::vector<std::int64_t> numbers(ids.begin(), ids.end());
  auto rows = pg.Run("look for what became of messages", kSelectFates,
                     {ToArray(numbers), AcceptDays(numbers)});
  if (!rows) return Err{rows.error()};
  FatePage page;
  RowReader reader("traffic.message", *rows);
  while (reader.Next()) ReadRow(reader, page.fates.emplace_back());
  if (reader.error()) return Err{*reader.error()};
  return page;
}

}  // namespace hub::store
