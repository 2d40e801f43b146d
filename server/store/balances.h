// What accounts hold now, for hubctl and explain.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "server/base/error.h"
#include "server/base/money.h"

namespace hub::store {

/// bill.v_balance_now. Sums as 128 bits: an account may hold more than a Nano.
struct BalanceRow {
  std::string client;  // system_id; "" for an account without a client
  std::int64_t account_id = 0;
  std::string currency;
  NanoSum balance = 0;
  NanoSum credit_limit = 0;
  NanoSum leased = 0;     // in the hands of nodes, not yet settled
  NanoSum available = 0;  // balance + credit_limit - held - leased
  std::string status;     // active, suspended, closed
};

class RowReader;

/// What a SELECT from bill.v_balance_now asks for, and the reader that takes it.
inline constexpr char kBalanceColumns[] =
    "coalesce(client, ''), account_id, currency, balance, credit_limit, leased, available, status";
void ReadRow(RowReader& read, BalanceRow& row);

/// All accounts, by client. Blocks; a connection of its own.
Outcome<std::vector<BalanceRow>> ReadBalances(const std::string& conninfo);

}  // namespace hub::store
