// What accounts hold now, for hubctl and explain.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "server/base/error.h"
#include "server/base/money.h"
#include "server/store/pg.h"

namespace hub::store {

/// bill.v_balance_now. Sums as 128 bits: an account may hold more than a Nano.
struct BalanceRow {
  std::string client;  // system_id; "" for an account without a client
  std::int64_t account_id = 0;
  std::string currency;
  NanoSum balance = 0;
  NanoSum credit_limit = 0;
  NanoSum held = 0;       // until outcomes are known
  NanoSum leased = 0;     // in the hands of nodes, not yet settled
  NanoSum available = 0;  // balance + credit_limit - held - leased
  std::string status;     // active, suspended, closed
};

/// All accounts, by client. Blocks; a connection of its own.
Outcome<std::vector<BalanceRow>> ReadBalances(const std::string& conninfo);

/// Of one client; as initialised when there is none. Blocks.
Outcome<BalanceRow> ReadBalance(Pg& pg, const std::string& system_id);

}  // namespace hub::store
