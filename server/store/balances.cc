#include "server/store/balances.h"

#include "server/store/row_reader.h"

namespace hub::store {
namespace {

constexpr std::int64_t kStatementTimeoutMs = 10'000;

constexpr char kSelect[] =
    "SELECT coalesce(client, ''), account_id, currency, balance, credit_limit, held, leased,"
    " available, status FROM bill.v_balance_now ";

void ReadRow(RowReader& read, BalanceRow& row) {
  read(row.client);
  read(row.account_id);
  read(row.currency);
  read.Sum(row.balance);
  read.Sum(row.credit_limit);
  read.Sum(row.held);
  read.Sum(row.leased);
  read.Sum(row.available);
  read(row.status);
}

Outcome<std::vector<BalanceRow>> ReadRows(Pg& pg, const char* which, const Params& params = {}) {
  auto result = pg.Run("read balances", (std::string(kSelect) + which).c_str(), params);
  if (!result) return Err{result.error()};
  std::vector<BalanceRow> rows;
  RowReader read("bill.v_balance_now", *result);
  while (read.Next()) ReadRow(read, rows.emplace_back());
  if (read.error()) return Err{*read.error()};
  return rows;
}

}  // namespace

Outcome<std::vector<BalanceRow>> ReadBalances(const std::string& conninfo) {
  auto pg = Pg::Connect({conninfo, "smpphub balances", kStatementTimeoutMs});
  if (!pg) return Err{pg.error()};
  return ReadRows(*pg, "ORDER BY client, account_id");
}

Outcome<BalanceRow> ReadBalance(Pg& pg, const std::string& system_id) {
  auto rows = ReadRows(pg, "WHERE client = $1", {system_id});
  if (!rows) return Err{rows.error()};
  return rows->empty() ? BalanceRow{} : std::move(rows->front());
}

}  // namespace hub::store
