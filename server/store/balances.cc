#include "server/store/balances.h"

#include "server/store/row_reader.h"

namespace hub::store {
namespace {

constexpr std::int64_t kStatementTimeoutMs = 10'000;

}  // namespace

void ReadRow(RowReader& read, BalanceRow& row) {
  read(row.client);
  read(row.account_id);
  read(row.currency);
  read.Sum(row.balance);
  read.Sum(row.credit_limit);
  read.Sum(row.leased);
  read.Sum(row.available);
  read(row.status);
}

Outcome<std::vector<BalanceRow>> ReadBalances(const std::string& conninfo) {
  auto pg = Pg::Connect({conninfo, "smpphub balances", kStatementTimeoutMs});
  if (!pg) return Err{pg.error()};
  const std::string sql = std::string("SELECT ") + kBalanceColumns +
                          " FROM bill.v_balance_now ORDER BY client, account_id";
  auto result = pg->Run("read balances", sql.c_str());
  if (!result) return Err{result.error()};
  std::vector<BalanceRow> rows;
  RowReader read("bill.v_balance_now", *result);
  while (read.Next()) ReadRow(read, rows.emplace_back());
  if (read.error()) return Err{*read.error()};
  return rows;
}

}  // namespace hub::store
