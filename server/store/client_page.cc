#include "server/store/client_page.h"

#include "server/store/row_reader.h"

namespace hub::store {
namespace {

constexpr std::int64_t kStatementTimeoutMs = 10'000;

// What an operator asks of a client's row, in groups: who may come in, how fast, what becomes of its messages. No password, no hash.
constexpr const char* kTerms[] = {
    "enabled",
    "may_bind",
    "tls_required",
    "allow_from",
    "binds_max",
    "binds_max_tx",
    "binds_max_rx",
    "binds_max_trx",
    "password_valid_until",
    "window_requests_max",
    "rate_per_second",
    "rate_burst",
    "over_rate",
    "attempts_max",
    "message_class",
    "tags",
    "guard_mode",
    "margin_min_abs",
    "margin_min_bp",
    "answer",
    "message_ttl_s",
    "receipt_ttl_s",
    "dlr_timeout_s",
    "dedupe_window_s",
    "mo_offline",
    "mo_ttl_s",
};

// The day bounds the look at a table of one partition a day.
constexpr char kRefusals[] =
    "SELECT to_char(r.at AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS'), r.reason, r.command_status"
    " FROM traffic.reject r JOIN crm.client c USING (client_id) WHERE c.system_id = $1"
    " AND r.accept_day >= (now() AT TIME ZONE 'UTC')::date - 1 AND r.at > now() - interval '1 day'"
    " ORDER BY r.at DESC LIMIT $2::int";

constexpr char kWaiting[] =
    "SELECT count(*) FILTER (WHERE r.message_id <> 0), count(*) FILTER (WHERE r.message_id = 0),"
    " coalesce(to_char(min(r.received_at) AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS'), '')"
    " FROM traffic.receipt r JOIN crm.client c USING (client_id) WHERE c.system_id = $1";

Outcome<Done> ReadTerms(Pg& pg, const std::string& system_id, ClientPage* page) {
  std::string sql = "SELECT true";
  for (const char* name : kTerms) sql += std::string(", ") + name + "::text";
  sql += " FROM crm.client WHERE system_id = $1";
  auto result = pg.Run("read a client", sql.c_str(), {system_id});
  if (!result) return Err{result.error()};
  if (result->rows() == 0) return Done{};
  for (std::size_t i = 0; i < std::size(kTerms); ++i) {
    page->terms.push_back({kTerms[i], result->String(0, static_cast<int>(i) + 1)});
  }
  return Done{};
}

Outcome<Done> ReadBalance(Pg& pg, const std::string& system_id, ClientPage* page) {
  const std::string sql = std::string("SELECT ") + kBalanceColumns +
                          ", trim_scale(held)::text FROM bill.v_balance_now WHERE client = $1";
  auto result = pg.Run("read a balance", sql.c_str(), {system_id});
  if (!result) return Err{result.error()};
  RowReader read("bill.v_balance_now", *result);
  if (read.Next()) {
    ReadRow(read, page->balance);
    read(page->held);
  }
  if (read.error()) return Err{*read.error()};
  return Done{};
}

Outcome<Done> ReadWaiting(Pg& pg, const std::string& system_id, ClientPage* page) {
  auto result = pg.Run("count what waits", kWaiting, {system_id});
  if (!result) return Err{result.error()};
  page->receipts_waiting = result->Int(0, 0);
  page->mo_waiting = result->Int(0, 1);
  page->oldest_waiting = result->String(0, 2);
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

}  // namespace

Outcome<std::optional<ClientPage>> ReadClientPage(const std::string& conninfo,
                                                  const std::string& system_id) {
  auto pg = Pg::Connect({conninfo, "smpphub client", kStatementTimeoutMs});
  if (!pg) return Err{pg.error()};
  ClientPage page;
  for (const auto read : {ReadTerms, ReadBalance, ReadWaiting, ReadRefusals}) {
    if (auto done = read(*pg, system_id, &page); !done) return Err{done.error()};
    if (page.terms.empty()) return std::optional<ClientPage>();
  }
  return std::optional<ClientPage>(std::move(page));
}

}  // namespace hub::store
