#include "server/store/nodes.h"

#include "server/store/row_reader.h"

namespace hub::store {
namespace {

constexpr std::int64_t kStatementTimeoutMs = 60'000;

Outcome<Pg> ConnectFor(const std::string& conninfo) {
  return Pg::Connect({conninfo, "smpphub nodes", kStatementTimeoutMs});
}

#define HUB_UTC(time) \
  "coalesce(to_char(" time " AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"'), '')"
constexpr char kSelectNodes[] =
    "SELECT n.node_id, coalesce(e.epoch, 0), CASE WHEN e.fenced_at IS NOT NULL AND e.closed_at IS"
    " NULL THEN 'fenced' WHEN e.closed_at IS NOT NULL OR e.epoch IS NULL THEN 'closed' WHEN"
    " e.ended_at IS NOT NULL THEN 'ended' ELSE 'running' END, " HUB_UTC("e.started_at") ", "
    HUB_UTC("n.updated_at") ", n.settled_position,"
    " (SELECT count(DISTINCT l.account_id) FROM money.credit_lease l WHERE l.node_id = n.node_id"
    " AND l.state = 'open' AND l.granted - l.spent - l.held - l.returned > 0),"
    " coalesce(e.fence_reason, '')"
    " FROM money.node n LEFT JOIN LATERAL (SELECT * FROM money.node_epoch x WHERE x.node_id ="
    " n.node_id ORDER BY x.epoch DESC LIMIT 1) e ON true ORDER BY n.node_id";

}  // namespace

Outcome<std::vector<NodeRow>> ReadNodes(const std::string& conninfo) {
  auto pg = ConnectFor(conninfo);
  if (!pg) return Err{pg.error()};
  auto result = pg->Run("read nodes", kSelectNodes);
  if (!result) return Err{result.error()};
  std::vector<NodeRow> rows;
  RowReader read("money.node", *result);
  while (read.Next()) {
    NodeRow& row = rows.emplace_back();
    read(row.node_id);
    read(row.epoch);
    read(row.state);
    read(row.started_at);
    read(row.settled_at);
    read(row.settled);
    read(row.accounts);
    read(row.fence_reason);
  }
  if (read.error()) return Err{*read.error()};
  return rows;
}

Outcome<std::int64_t> FenceNode(const std::string& conninfo, std::int32_t node_id,
                                const std::string& reason) {
  auto pg = ConnectFor(conninfo);
  if (!pg) return Err{pg.error()};
  auto fenced =
      pg->Run("fence a node", "SELECT money.fence_node($1, $2)", {ToParam(node_id), reason});
  if (!fenced) return Err{fenced.error()};
  return fenced->Int(0, 0);
}

Outcome<NanoSum> AbandonNode(const std::string& conninfo, std::int32_t node_id,
                             const std::string& reason) {
  auto pg = ConnectFor(conninfo);
  if (!pg) return Err{pg.error()};
  auto abandoned =
      pg->Run("abandon a node", "SELECT money.node_abandon($1, $2)", {ToParam(node_id), reason});
  if (!abandoned) return Err{abandoned.error()};
  RowReader read("money.node_abandon", *abandoned);
  NanoSum returned = 0;
  if (read.Next()) read.Sum(returned);
  if (read.error()) return Err{*read.error()};
  return returned;
}

}  // namespace hub::store
