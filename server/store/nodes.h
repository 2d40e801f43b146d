// The nodes of an installation as PostgreSQL knows them, and what an operator does about one that is gone.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "server/base/error.h"
#include "server/base/money.h"

namespace hub::store {

struct NodeRow {
  std::int32_t node_id = 0;
  std::int64_t epoch = 0;     // the newest
  std::string state;          // running, ended (its leases wait for its journal), fenced, closed
  std::string started_at;     // of the epoch; UTC
  std::string settled_at;     // the last batch, or the first start
  std::int64_t settled = 0;   // position in its journal
  std::int64_t accounts = 0;  // of which it holds credit
  std::string fence_reason;   // "" when it is not fenced
};

/// Each of these blocks, with a connection of its own.
Outcome<std::vector<NodeRow>> ReadNodes(const std::string& conninfo);

/// The node gets no credit any more, and ends should it wake. Returns how many of its epochs were still open: 0 when there was
/// nothing to fence.
Outcome<std::int64_t> FenceNode(const std::string& conninfo, std::int32_t node_id,
                                const std::string& reason);

/// Of a fenced node whose journal is lost for good: its leases return to their accounts. Returns what returned: at most so much
/// was spent and is charged to nobody. HB008: it is not fenced, or lives.
Outcome<NanoSum> AbandonNode(const std::string& conninfo, std::int32_t node_id,
                             const std::string& reason);

}  // namespace hub::store
