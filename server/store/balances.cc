#include "server/store/balances.h"

#include "server/store/row_reader.h"

namespace hub::store {
namespace {

constexpr std::int64_t kStatementTimeoutMs = 10'000;

}  // namespace

Outcome<std::vector<BalanceRow>> ReadBalances(const std::string& conninfo) {
  auto pg = Pg::Connect({conninfo, "smpphub balances", kStatementTimeoutMs});
  if (!pg) return Err{pg.error()};
  auto result = pg->Run(
      "read balances",
      "SELECT coalesce(client, ''), account_id, currency, balance, credit_limit, leased, available,"
      " status FROM bill.v_balance_now ORDER BY client, account_id");
  if (!result) return Err{result.error()};
  std::vector<BalanceRow> rows;
  RowReader read("bill.v_balance_now", *result);
  while (read.Next()) {
    BalanceRow& row = rows.emplace_back();
    read(row.client);
    read(row.account_id);
    read(row.currency);
    read.Sum(row.balance);
    read.Sum(row.credit_limit);
    read.Sum(row.leased);
    read.Sum(row.available);
    read(row.status);
  }
  if (read.error()) return Err{*read.error()};
  return rows;
}

}  // namespace hub::store
