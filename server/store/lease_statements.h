// What the lease desk says to PostgreSQL: one function a statement, accounts ascending.
#pragma once

#include <cstdint>
#include <vector>

#include "server/base/money.h"
#include "server/store/pg.h"
#include "server/store/store.h"

namespace hub::store {

struct GrantAsked {
  std::int64_t account_id = 0;
  Nano want, need;
  std::int64_t request = 0;
};
struct ReturnSaid {
  std::int64_t account_id = 0;
  Nano amount;
  std::int64_t number = 0;
};
struct LeaseKnown {
  std::int64_t account_id = 0;
  NanoSum net = 0;
};

/// Rows account, state, granted.
Outcome<PgResult> AskGrants(Pg& pg, const NodeEpoch& node, const std::vector<GrantAsked>& asked);

/// Rows account, state.
Outcome<PgResult> SayReturns(Pg& pg, const NodeEpoch& node, const std::vector<ReturnSaid>& said);

/// Rows account, state, recall.
Outcome<PgResult> AskLeases(Pg& pg, const NodeEpoch& node, const std::vector<LeaseKnown>& known);

/// `known.net` is what was spent or promised, `frozen` what was given up; the numbers are the last used.
Outcome<Done> RestoreLease(Pg& pg, const NodeEpoch& node, const LeaseKnown& known, Nano frozen,
                           std::int64_t last_request, std::int64_t last_return);

/// True when the epoch is over: another start of the node, or an operator, ended it.
Outcome<bool> EpochIsOver(Pg& pg, const NodeEpoch& node);

}  // namespace hub::store
