#include "server/store/client_page.h"

#include <iterator>
#include <utility>

#include "server/base/message_id.h"
#include "server/store/row_reader.h"

namespace hub::store {
namespace {

// Of crm.client, as `c`.
struct Term {
  const char* name;
  const char* value = nullptr;  // SQL; null: the column of this name
};

// What an operator asks of a client's row, in groups: who it is, who may come in, how fast, what becomes of its messages, what they
// cost and what is given back. No password, no hash. A column that is not here stands among those left out in client_page_test.
constexpr Term kTerms[] = {
    {"client_id"},
    {"enabled"},
    {"may_bind"},
    {"tls_required"},
    {"allow_from"},
    {"binds_max"},
    {"binds_max_tx"},
    {"binds_max_rx"},
    {"binds_max_trx"},
    {"password_valid_until"},
    {"previous_password_until"},
    {"window_requests_max"},
    {"rate_per_second"},
    {"rate_burst"},
    {"over_rate"},
    {"short_ids"},
    {"message_class"},
    {"tags"},
    {"answer"},
    {"on_link_lost"},
    {"attempts_max"},
    {"message_ttl_s"},
    {"receipt_ttl_s"},
    {"dlr_timeout_s"},
    {"no_receipt_state"},
    {"dedupe_window_s"},
    {"dedupe_by"},
    {"mo_offline"},
    {"mo_ttl_s"},
    {"deck", "(SELECT d.name FROM rate.deck d WHERE d.deck_id = c.deck_id)"},
    {"guard_mode"},
    {"margin_min_abs", "trim_scale(c.margin_min_abs)"},
    {"margin_min_bp"},
    {"out_of_credit_status", "'0x' || lpad(to_hex(c.out_of_credit_status), 8, '0')"},
    {"refund_on_hub_fault"},
    {"refund_on_upstream_reject"},
    {"refund_on_undelivered"},
    {"ack_unknown"},
    {"no_dlr"},
    {"broadcast_supplier",
     "(SELECT s.name FROM crm.supplier s WHERE s.supplier_id = c.broadcast_supplier_id)"},
    {"broadcast_price", "trim_scale(c.broadcast_price)"},
};

// The day bounds the look at a table of one partition a day.
constexpr char kRefusals[] =
    "SELECT to_char(r.at AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS'), r.reason, r.command_status"
    " FROM traffic.reject r JOIN crm.client c USING (client_id) WHERE c.system_id = $1"
    " AND r.accept_day >= (now() AT TIME ZONE 'UTC')::date - 1 AND r.at > now() - interval '1 day'"
    " ORDER BY r.at DESC LIMIT $2::int";

// A client may leave millions: each node's are counted in the order of the index by node, client and id, and no further than $2. A range of
// one client, not "=": that would make the order by client redundant, and by id alone the primary key is in order, too, through
// everybody's rows. An id tells the time, so the first one is the oldest.
#define HUB_WAITING_OF_NODE \
  "traffic.receipt r WHERE r.node_id = node AND r.client_id BETWEEN c.client_id AND c.client_id"
#define HUB_IN_ORDER " ORDER BY r.client_id, r.receipt_id LIMIT "
constexpr char kWaiting[] =
    "SELECT coalesce(sum(a.n - m.n), 0)::bigint, coalesce(sum(m.n), 0)::bigint,"
    " coalesce(bool_or(a.n - m.n = $2), false), coalesce(bool_or(m.n = $2), false),"
    " coalesce(to_char(min(f.received_at) AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS'), '')"
    " FROM crm.client c CROSS JOIN generate_series(0, $3::int) AS node"
    " CROSS JOIN LATERAL (SELECT count(*) AS n FROM (SELECT FROM " HUB_WAITING_OF_NODE
    " AND r.message_id = 0" HUB_IN_ORDER
    "$2::bigint) o) m"
    " CROSS JOIN LATERAL (SELECT count(*) AS n FROM (SELECT FROM " HUB_WAITING_OF_NODE HUB_IN_ORDER
    "$2::bigint + m.n) o) a"
    " LEFT JOIN LATERAL (SELECT r.received_at FROM " HUB_WAITING_OF_NODE HUB_IN_ORDER
    "1) f ON true WHERE c.system_id = $1";
#undef HUB_IN_ORDER
#undef HUB_WAITING_OF_NODE

Outcome<Done> ReadTerms(Pg& pg, const std::string& system_id, ClientPage* page) {
  std::string sql = "SELECT true";
  for (const Term& term : kTerms) {
    const std::string value = term.value == nullptr ? std::string("c.") + term.name : term.value;
    sql += ", (" + value + ")::text";
  }
  sql += " FROM crm.client c WHERE c.system_id = $1";
  auto result = pg.Run("read a client", sql.c_str(), {system_id});
  if (!result) return Err{result.error()};
  if (result->rows() == 0) return Done{};
  for (std::size_t i = 0; i < std::size(kTerms); ++i) {
    page->terms.push_back({kTerms[i].name, result->String(0, static_cast<int>(i) + 1)});
  }
  return Done{};
}

Outcome<Done> ReadMoney(Pg& pg, const std::string& system_id, ClientPage* page) {
  auto balance = ReadBalance(pg, system_id);
  if (!balance) return Err{balance.error()};
  page->balance = std::move(*balance);
  return Done{};
}

// By rows that it believes to be few PostgreSQL would gather all of a client's and sort them, and the bound would bound nothing.
Outcome<Done> ReadWaiting(Pg& pg, const std::string& system_id, ClientPage* page) {
  auto in_order = pg.Run("count what waits", "SET enable_sort = off");
  if (!in_order) return Err{in_order.error()};
  auto result = pg.Run(
      "count what waits", kWaiting,
      {system_id, ToParam(ClientWaiting::kCountedMax), ToParam(std::int64_t{kNodesMax - 1})});
  if (!result) return Err{result.error()};
  page->waiting = {result->Int(0, 0), result->Int(0, 1), result->Bool(0, 2), result->Bool(0, 3),
                   result->String(0, 4)};
  return Done{};
}

Outcome<Done> ReadRefusals(Pg& pg, const std::string& system_id, ClientPage* page) {
  const auto most = static_cast<std::int64_t>(ClientPage::kRefusalsMax);
  auto result = pg.Run("read refusals", kRefusals, {system_id, ToParam(most)});
  if (!result) return Err{result.error()};
  RowReader read("traffic.reject", *result);
  while (read.Next()) {
    ClientRefusal& row = page->refusals.emplace_back();
    read(row.at);
    read(row.reason);
    read(row.command_status);
  }
  if (read.error()) return Err{*read.error()};
  return Done{};
}

constexpr struct {
  Outcome<Done> (*read)(Pg& pg, const std::string& system_id, ClientPage* page);
  std::string ClientPage::*why_not;
} kParts[] = {{ReadMoney, &ClientPage::no_balance},
              {ReadRefusals, &ClientPage::no_refusals},
              {ReadWaiting, &ClientPage::no_waiting}};

}  // namespace

Outcome<std::optional<ClientPage>> ReadClientPage(const std::string& conninfo,
                                                  const std::string& system_id,
                                                  std::int64_t part_timeout_ms) {
  auto pg = Pg::Connect({conninfo, "smpphub client", part_timeout_ms});
  if (!pg) return Err{pg.error()};
  ClientPage page;
  if (auto done = ReadTerms(*pg, system_id, &page); !done) return Err{done.error()};
  if (page.terms.empty()) return std::optional<ClientPage>();
  for (const auto& part : kParts) {
    const auto done = part.read(*pg, system_id, &page);
    if (done) continue;
    const Error& error = done.error();
    page.*part.why_not = error.sqlstate == kStatementTookTooLong ? "timed out" : error.why;
  }
  return std::optional<ClientPage>(std::move(page));
}

}  // namespace hub::store
