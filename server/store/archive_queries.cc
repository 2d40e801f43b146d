#include "server/store/archive_queries.h"

#include <algorithm>
#include <iterator>
#include <numeric>
#include <utility>

#include "server/base/check.h"
#include "server/base/clock.h"
#include "server/store/accept_days.h"
#include "server/store/copy_rows.h"
#include "server/store/row_reader.h"

namespace hub::store {
namespace {

constexpr std::int32_t kScanMax = 20'000;  // messages that one FindOverdue looks at, about
constexpr std::int64_t kTimeMax =
    253'402'300'799'000'000;  // the end of year 9999: PostgreSQL knows it
constexpr char kConsistent[] = "ISOLATION LEVEL REPEATABLE READ READ ONLY";

// An expression of SQL for a time as microseconds since 1970, and back. Exact: extract() is numeric.
#define HUB_MICROS(time) "(extract(epoch FROM " time ") * 1000000)::bigint"
#define HUB_TIME(micros) "('epoch'::timestamptz + " micros "::bigint * interval '1 microsecond')"

// Days before today, UTC: of [since, until).
struct Days {
  std::int64_t since, until;
};
// Nearly every receipt is of the last days: the partitions of a month are asked only for keys that are not there.
constexpr Days kRecentDays = {2, -10'000};
constexpr Days kOlderDays = {32, 2};

// Fills a page within one transaction.
template <class Page, class Fill>
Outcome<Page> InOne(Pg& pg, std::string_view how, Fill fill) {
  auto transaction = Transaction::Begin(pg, how);
  if (!transaction) return Err{transaction.error()};
  Page page;
  auto filled = fill(&page);
  if (!filled) return Err{filled.error()};
  auto committed = transaction->Commit();
  if (!committed) return Err{committed.error()};
  return page;
}

// True when there is a row beyond the limit; then it goes.
template <class Row>
bool CutTo(std::int32_t limit, std::vector<Row>* rows) {
  const auto size = static_cast<std::size_t>(limit);
  if (rows->size() <= size) return false;
  rows->resize(size);
  return true;
}

// The loop bits that are this loop's now: those of an earlier run with more loops are shared out.
Param LanesOf(const MessageQuery& query) {
  std::vector<std::int64_t> lanes;
  for (unsigned lane = query.loop; lane < kLoopsMax; lane += query.loops) lanes.push_back(lane);
  return ToArray(lanes);
}

// Each lane is read in the index's order and no further than the limit.
constexpr char kSelectPage[] =
    "SELECT p.message_id, " HUB_MICROS("p.next_at") " FROM unnest($3::bigint[]) AS lane, LATERAL"
    " (SELECT q.message_id, q.next_at FROM traffic.queue q WHERE q.node_id = $1 AND q.class = $2"
    " AND ((q.message_id >> 10) & 63) = lane AND q.next_at <= " HUB_TIME("$4")
    " AND (q.next_at, q.message_id) > (" HUB_TIME("$6") ", $7)"
    " ORDER BY q.next_at, q.message_id LIMIT $5) p ORDER BY p.next_at, p.message_id LIMIT $5";

// A crash may have come between an attempt and the row's next word: what attempts say goes before what the row says.
constexpr char kSelectMessages[] =
    "SELECT q.message_id, q.client_id, q.class, m.rate_id, m.rate, m.amount, m.basis, q.priority, "
    HUB_MICROS("m.accepted_at") ", " HUB_MICROS("q.next_at") ", " HUB_MICROS("q.expires_at") ", q.cycles,"
    " greatest(q.attempts, t.attempts), q.possible_duplicate OR t.uncertain, q.pdu"
    " FROM unnest($1::bigint[]) AS page(message_id)"
    " JOIN traffic.queue q ON q.message_id = page.message_id"
    " JOIN traffic.message m ON m.message_id = q.message_id AND m.accept_day = ANY ($2::date[])"
    " AND m.accept_day = traffic.accept_day(q.message_id),"
    " LATERAL (SELECT coalesce(max(a.attempt_no), 0) AS attempts,"
    " coalesce(bool_or(a.result IN ('timeout', 'link_lost', 'unknown')), false) AS uncertain"
    " FROM traffic.attempt a WHERE a.accept_day = ANY ($2::date[])"
    " AND a.accept_day = m.accept_day AND a.message_id = m.message_id) t"
    " ORDER BY q.next_at, q.message_id";

void ReadRow(RowReader& read, StoredMessage& row) {
  read(row.message_id);
  read(row.client_id);
  read(row.message_class);
  read(row.rate_id);
  read(row.rate);
  read(row.amount);
  read.Enum(row.basis, kChargeBases);
  read(row.priority);
  read(row.accepted_at_us);
  read(row.next_at_us);
  read(row.expires_at_us);
  read(row.cycles);
  read(row.attempts);
  read(row.possible_duplicate);
  read(row.pdu);
}

// Held messages (next_at infinity) have no time.
constexpr char kSelectNextDue[] =
    "SELECT " HUB_MICROS("min(p.next_at)") " FROM unnest($3::bigint[]) AS lane, LATERAL"
    " (SELECT q.next_at FROM traffic.queue q WHERE q.node_id = $1 AND q.class = $2"
    " AND ((q.message_id >> 10) & 63) = lane AND q.next_at > " HUB_TIME("$4")
    " AND q.next_at < 'infinity' ORDER BY q.next_at LIMIT 1) p";

// A comparison of rows, and not client_id = $3: then no other index looks good, whatever share of all receipts is this
// client's.
constexpr char kSelectReceipts[] =
    "SELECT receipt_id, message_id, message_state, is_final, tries, epoch < $2, "
    HUB_MICROS("expires_at") ", pdu FROM traffic.receipt"
    " WHERE node_id = $1 AND (client_id, receipt_id) > ($3, $4) AND client_id <= $3"
    " AND expires_at > now() ORDER BY client_id, receipt_id LIMIT $5";

void ReadRow(RowReader& read, StoredReceipt& row) {
  read(row.receipt_id);
  read(row.message_id);
  read(row.message_state);
  read(row.is_final);
  read(row.tries);
  read(row.earlier_run);
  read(row.expires_at_us);
  read(row.pdu);
}

// The days are constants for the planner, and stand at each table: else it plans for every day that there is, and locks it.
#define HUB_WITHIN(column) \
  column " >= date '1970-01-01' + $3::integer AND " column " < date '1970-01-01' + $4::integer"
constexpr char kFind[] =
    "SELECT k.n - 1, a.message_id, m.client_id, m.registered_delivery, m.destination_addr,"
    " " HUB_MICROS("a.ended_at") ","
    " t.message_id IS NOT NULL, m.basis <> 'submit' OR c.refund_on_undelivered, m.source_addr,"
    " m.source_addr_ton, m.source_addr_npi, m.dest_addr_ton, m.dest_addr_npi"
    " FROM ROWS FROM (unnest($1::bigint[]), unnest($2::text[])) WITH ORDINALITY AS"
    " k(supplier_id, upstream_key, n), LATERAL (SELECT a.accept_day, a.message_id, a.ended_at"
    " FROM traffic.attempt a WHERE a.supplier_id = k.supplier_id AND a.upstream_key ="
    " k.upstream_key AND a.upstream_key <> '' AND a.result = 'accepted'"
    " AND " HUB_WITHIN("a.accept_day") " ORDER BY a.message_id DESC LIMIT 1) a"
    " JOIN traffic.message m ON m.accept_day = a.accept_day AND m.message_id = a.message_id"
    " AND " HUB_WITHIN("m.accept_day") " JOIN crm.client c ON c.client_id = m.client_id"
    " LEFT JOIN traffic.outcome t ON t.accept_day = a.accept_day AND t.message_id = a.message_id"
    " AND " HUB_WITHIN("t.accept_day");

void ReadRow(RowReader& read, FoundKey& row) {
  read(row.index);
  read(row.message.message_id);
  read(row.message.client_id);
  read(row.message.registered_delivery);
  read(row.message.destination_addr);
  read(row.message.taken_at_us);
  read(row.message.outcome_known);
  read(row.message.moves_money);
  read(row.message.source_addr);
  read(row.message.source_addr_ton);
  read(row.message.source_addr_npi);
  read(row.message.dest_addr_ton);
  read(row.message.dest_addr_npi);
}

constexpr char kTakeOverdue[] =
    "SELECT message_id, client_id, registered_delivery, source_addr, destination_addr,"
    " source_addr_ton, source_addr_npi, dest_addr_ton, dest_addr_npi, " HUB_MICROS(
        "accepted_at") ", moves_money, held, " HUB_MICROS("waits_since") " FROM ops.take_overdue($1, $2)";

constexpr char kSelectByIds[] =
    "SELECT m.message_id, m.client_id, m.registered_delivery, m.source_addr, m.destination_addr,"
    " m.source_addr_ton, m.source_addr_npi, m.dest_addr_ton, m.dest_addr_npi, "
    HUB_MICROS("m.accepted_at") ", m.basis <> 'submit' OR crm.may_refund(c), false, "
    HUB_MICROS("m.accepted_at")
    " FROM unnest($1::bigint[]) AS k(message_id) JOIN traffic.message m"
    " ON m.accept_day = traffic.accept_day(k.message_id) AND m.message_id = k.message_id"
    " AND m.accept_day = ANY ($2::date[])"
    " JOIN crm.client c ON c.client_id = m.client_id";

void ReadRow(RowReader& read, OverdueMessage& row) {
  read(row.message_id);
  read(row.client_id);
  read(row.registered_delivery);
  read(row.source_addr);
  read(row.destination_addr);
  read(row.source_addr_ton);
  read(row.source_addr_npi);
  read(row.dest_addr_ton);
  read(row.dest_addr_npi);
  read(row.accepted_at_us);
  read(row.moves_money);
  read(row.held);
  read(row.waits_since_us);
}

template <class Row>
Outcome<std::vector<Row>> ReadRows(const char* what, const PgResult& result) {
  std::vector<Row> rows;
  rows.reserve(static_cast<std::size_t>(result.rows()));
  RowReader reader(what, result);
  while (reader.Next()) ReadRow(reader, rows.emplace_back());
  if (reader.error()) return Err{*reader.error()};
  return rows;
}

Outcome<Done> ReadPage(Pg& pg, std::int32_t node_id, const MessageQuery& query, MessagePage* page) {
  const Params key = {ToParam(node_id), query.message_class, LanesOf(query),
                      ToParam(std::min(query.due_us, kTimeMax))};
  Params limited = key;
  limited.push_back(ToParam(query.limit + 1));
  limited.push_back(ToParam(query.behind.next_at_us));
  limited.push_back(ToParam(static_cast<std::int64_t>(query.behind.message_id)));
  auto due = pg.Run("look for queued messages", kSelectPage, limited);
  if (!due) return Err{due.error()};
  page->more = due->rows() > query.limit;
  page->end = query.behind;
  std::vector<std::int64_t> ids;
  for (int i = 0; i < std::min(due->rows(), query.limit); ++i) {
    ids.push_back(due->Int(i, 0));
    page->end = {due->Int(i, 1), static_cast<MessageId>(due->Int(i, 0))};
  }
  auto messages = ReadStored(pg, ids);
  if (!messages) return Err{messages.error()};
  page->messages = std::move(*messages);

  auto next = pg.Run("look for the next queued message", kSelectNextDue, key);
  if (!next) return Err{next.error()};
  if (!next->IsNull(0, 0)) page->next_due_us = next->Int(0, 0);
  return Done{};
}

Outcome<Done> ReadPage(Pg& pg, const NodeEpoch& node, const ReceiptQuery& query,
                       ReceiptPage* page) {
  auto result = pg.Run("load receipts", kSelectReceipts,
                       {ToParam(node.node_id), ToParam(node.epoch), ToParam(query.client_id),
                        ToParam(static_cast<std::int64_t>(query.after)), ToParam(query.limit + 1)});
  if (!result) return Err{result.error()};
  auto receipts = ReadRows<StoredReceipt>("traffic.receipt", *result);
  if (!receipts) return Err{receipts.error()};
  page->receipts = std::move(*receipts);
  page->more = CutTo(query.limit, &page->receipts);
  return Done{};
}

// `wanted`: the places of the keys that are asked for.
Outcome<std::vector<FoundKey>> FindWithin(Pg& pg, const std::vector<UpstreamKey>& keys,
                                          const std::vector<std::size_t>& wanted,
                                          const Days& days) {
  std::vector<std::int64_t> suppliers;
  std::vector<std::string> texts;
  for (const std::size_t index : wanted) {
    suppliers.push_back(keys[index].supplier_id);
    texts.push_back(CleanText(keys[index].key));  // as the settler wrote it
  }
  const std::int64_t today = DayOf(SystemClock().WallNow());
  auto result = pg.Run("find messages of receipts", kFind,
                       {ToArray(suppliers), ToArray(texts), ToParam(today - days.since),
                        ToParam(today - days.until)});
  if (!result) return Err{result.error()};
  auto found = ReadRows<FoundKey>("traffic.attempt", *result);
  if (!found) return found;
  for (FoundKey& one : *found) {
    HUB_CHECK(one.index < wanted.size());
    one.index = wanted[one.index];
    one.message.asked = keys[one.index];
  }
  return found;
}

Outcome<Done> ReadOverdue(Pg& pg, std::int32_t node_id, std::int32_t limit, OverduePage* page) {
  auto held = pg.Run("look for held messages", "SELECT ops.note_held($1, $2)",
                     {ToParam(node_id), ToParam(kScanMax)});
  if (!held) return Err{held.error()};
  auto scanned = pg.Run("look for overdue messages", "SELECT ops.scan_overdue($1, $2)",
                        {ToParam(node_id), ToParam(kScanMax)});
  if (!scanned) return Err{scanned.error()};
  auto taken = pg.Run("take overdue messages", kTakeOverdue, {ToParam(node_id), ToParam(limit)});
  if (!taken) return Err{taken.error()};
  auto rest = pg.Run("look for more overdue messages",
                     "SELECT EXISTS (SELECT FROM ops.overdue WHERE node_id = $1"
                     " AND look_at <= now())",
                     {ToParam(node_id)});
  if (!rest) return Err{rest.error()};
  auto messages = ReadRows<OverdueMessage>("traffic.message", *taken);
  if (!messages) return Err{messages.error()};
  page->messages = std::move(*messages);
  page->more = rest->Bool(0, 0);
  page->scan_cut = scanned->Bool(0, 0);
  return Done{};
}

}  // namespace

Outcome<journal::Position> ReadSettled(Pg& pg, std::int32_t node_id) {
  auto settled =
      pg.Run("read the settled position",
             "SELECT settled_position FROM money.node WHERE node_id = $1", {ToParam(node_id)});
  if (!settled) return Err{settled.error()};
  if (settled->rows() == 0) return journal::Position{0};
  return static_cast<journal::Position>(settled->Int(0, 0));
}

Outcome<std::vector<StoredMessage>> ReadStored(Pg& pg, const std::vector<std::int64_t>& ids) {
  auto result = pg.Run("load queued messages", kSelectMessages, {ToArray(ids), AcceptDays(ids)});
  if (!result) return Err{result.error()};
  return ReadRows<StoredMessage>("traffic.queue", *result);
}

Outcome<MessagePage> ReadMessages(Pg& pg, std::int32_t node_id, const MessageQuery& query) {
  return InOne<MessagePage>(pg, kConsistent, [&](MessagePage* page) -> Outcome<Done> {
    auto settled = ReadSettled(pg, node_id);
    if (!settled) return Err{settled.error()};
    page->settled = *settled;
    return ReadPage(pg, node_id, query, page);
  });
}

Outcome<ReceiptPage> ReadReceipts(Pg& pg, const NodeEpoch& node, const ReceiptQuery& query) {
  return InOne<ReceiptPage>(pg, kConsistent, [&](ReceiptPage* page) -> Outcome<Done> {
    auto settled = ReadSettled(pg, node.node_id);
    if (!settled) return Err{settled.error()};
    page->settled = *settled;
    return ReadPage(pg, node, query, page);
  });
}

Outcome<std::vector<FoundKey>> FindMessages(Pg& pg, const std::vector<UpstreamKey>& keys) {
  std::vector<std::size_t> wanted(keys.size());
  std::iota(wanted.begin(), wanted.end(), std::size_t{0});
  auto found = FindWithin(pg, keys, wanted, kRecentDays);
  if (!found) return found;
  std::vector<bool> known(keys.size());
  for (const FoundKey& one : *found) known[one.index] = true;
  std::erase_if(wanted, [&](std::size_t index) { return known[index] || !keys[index].older_days; });
  if (wanted.empty()) return found;
  auto older = FindWithin(pg, keys, wanted, kOlderDays);
  if (!older) return older;
  std::move(older->begin(), older->end(), std::back_inserter(*found));
  return found;
}

Outcome<OverduePage> ReadByIds(Pg& pg, const std::vector<MessageId>& ids) {
  std::vector<std::int64_t> numbers(ids.begin(), ids.end());
  auto rows = pg.Run("load messages by id", kSelectByIds, {ToArray(numbers), AcceptDays(numbers)});
  if (!rows) return Err{rows.error()};
  auto messages = ReadRows<OverdueMessage>("traffic.message", *rows);
  if (!messages) return Err{messages.error()};
  OverduePage page;
  page.messages = std::move(*messages);
  return page;
}

Outcome<OverduePage> ReadOverdue(Pg& pg, std::int32_t node_id, std::int32_t limit) {
  return InOne<OverduePage>(
      pg, "", [&](OverduePage* page) { return ReadOverdue(pg, node_id, limit, page); });
}

Outcome<std::int64_t> ExpireReceipts(Pg& pg, std::int32_t node_id, journal::Position needed,
                                     std::int32_t limit) {
  auto settled = ReadSettled(pg, node_id);
  if (!settled) return Err{settled.error()};
  if (*settled < needed) return std::int64_t{0};
  auto moved = pg.Run("expire receipts", "SELECT ops.expire_receipts($1, $2)",
                      {ToParam(node_id), ToParam(limit)});
  if (!moved) return Err{moved.error()};
  return moved->Int(0, 0);
}

}  // namespace hub::store
