// Who has the messages that clients take back or change.
#include <algorithm>

#include "server/store/accept_days.h"
#include "server/store/archive_queries.h"
#include "server/store/copy_rows.h"
#include "server/store/row_reader.h"

namespace hub::store {
namespace {

// Each table is looked into by its key, in the days of these ids alone: as kSelectFates.
constexpr char kSelectChanges[] =
    "SELECT m.message_id, m.client_id, m.source_addr, m.source_addr_ton, m.source_addr_npi,"
    " m.registered_delivery, m.data_coding, coalesce(m.esm_class, -1), m.segments, m.basis = "
    "'delivered' OR (m.basis = "
    "'submit' AND"
    " coalesce(c.refund_on_undelivered, false)), m.class = 'broadcast', o.message_id IS NOT NULL,"
    " q.message_id IS NOT NULL, coalesce(q.node_id = $3 AND q.next_at < 'infinity', false),"
    " coalesce(a.supplier_id, 0), coalesce(a.upstream_id, ''),"
    " EXISTS (SELECT FROM traffic.attempt b WHERE b.accept_day = m.accept_day"
    " AND b.accept_day = ANY ($2::date[]) AND b.message_id = k.message_id"
    " AND b.attempt_no <> a.attempt_no"
    " AND b.result IN ('accepted', 'timeout', 'link_lost', 'unknown')),"
    " '\\x' || coalesce(replace(m.dedupe_key::text, '-', ''), '')"
    " FROM unnest($1::bigint[]) AS k(message_id) CROSS JOIN LATERAL"
    " (SELECT * FROM traffic.message m WHERE m.accept_day = traffic.accept_day(k.message_id)"
    " AND m.accept_day = ANY ($2::date[]) AND m.message_id = k.message_id LIMIT 1) m"
    " LEFT JOIN LATERAL (SELECT o.message_id FROM traffic.outcome o"
    " WHERE o.accept_day = m.accept_day AND o.accept_day = ANY ($2::date[])"
    " AND o.message_id = k.message_id LIMIT 1) o ON true"
    " LEFT JOIN LATERAL (SELECT a.supplier_id, a.upstream_id, a.attempt_no FROM traffic.attempt a"
    " WHERE a.accept_day = m.accept_day AND a.accept_day = ANY ($2::date[])"
    " AND a.message_id = k.message_id AND a.result = 'accepted'"
    " ORDER BY a.attempt_no DESC LIMIT 1) a ON true"
    " LEFT JOIN crm.client c ON c.client_id = m.client_id"
    " LEFT JOIN traffic.queue q ON q.message_id = k.message_id";

struct ChangeRow {
  ChangeableMessage message;
  bool waits_here = false;
};

void ReadRow(RowReader& read, ChangeRow& row) {
  ChangeableMessage& message = row.message;
  read(message.message_id);
  read(message.client_id);
  read(message.source_addr);
  read(message.source_addr_ton);
  read(message.source_addr_npi);
  read(message.registered_delivery);
  read(message.data_coding);
  read(message.esm_class);
  read(message.segments);
  read(message.receipt_decides);
  read(message.is_broadcast);
  read(message.is_final);
  read(message.queued);
  read(row.waits_here);
  read(message.supplier_id);
  read(message.upstream_id);
  read(message.maybe_elsewhere);
  std::vector<std::uint8_t> key;
  read(key);
  message.dedupe_key.assign(key.begin(), key.end());
}

Outcome<Done> AddStored(Pg& pg, const std::vector<std::int64_t>& waiting, ChangePage* page) {
  if (waiting.empty()) return Done{};
  auto stored = ReadStored(pg, waiting);
  if (!stored) return Err{stored.error()};
  for (StoredMessage& each : *stored) {
    const auto of = std::find_if(page->messages.begin(), page->messages.end(),
                                 [&](const auto& m) { return m.message_id == each.message_id; });
    if (of != page->messages.end()) of->waits = std::move(each);
  }
  return Done{};
}

Outcome<Done> FillPage(Pg& pg, std::int32_t node_id, const std::vector<MessageId>& ids,
                       ChangePage* page) {
  auto settled = ReadSettled(pg, node_id);
  if (!settled) return Err{settled.error()};
  page->settled = *settled;
  const std::vector<std::int64_t> numbers(ids.begin(), ids.end());
  auto rows = pg.Run("look for who has messages", kSelectChanges,
                     {ToArray(numbers), AcceptDays(numbers), ToParam(node_id)});
  if (!rows) return Err{rows.error()};
  std::vector<std::int64_t> waiting;
  RowReader reader("traffic.message", *rows);
  while (reader.Next()) {
    ChangeRow row;
    ReadRow(reader, row);
    if (row.waits_here) waiting.push_back(static_cast<std::int64_t>(row.message.message_id));
    page->messages.push_back(std::move(row.message));
  }
  if (reader.error()) return Err{*reader.error()};
  return AddStored(pg, waiting, page);
}

}  // namespace

// One repeatable read transaction, as of a page of messages: what waits is judged by what ended since.
Outcome<ChangePage> ReadChanges(Pg& pg, std::int32_t node_id, const std::vector<MessageId>& ids) {
  auto transaction = Transaction::Begin(pg, "ISOLATION LEVEL REPEATABLE READ READ ONLY");
  if (!transaction) return Err{transaction.error()};
  ChangePage page;
  auto filled = FillPage(pg, node_id, ids, &page);
  if (!filled) return Err{filled.error()};
  auto committed = transaction->Commit();
  if (!committed) return Err{committed.error()};
  return page;
}

}  // namespace hub::store
