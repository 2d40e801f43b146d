#include "server/store/lease_statements.h"

#include <string>

namespace hub::store {

Outcome<PgResult> AskGrants(Pg& pg, const NodeEpoch& node, const std::vector<GrantAsked>& asked) {
  std::vector<std::int64_t> accounts, requests;
  std::vector<std::string> wants, needs;
  for (const GrantAsked& a : asked) {
    accounts.push_back(a.account_id);
    requests.push_back(a.request);
    wants.push_back(FormatNano(a.want));
    needs.push_back(FormatNano(a.need));
  }
  return pg.Run(
      "grant credit",
      "SELECT q.account_id, g.state, g.granted FROM ROWS FROM (unnest($3::bigint[]), "
      "unnest($4::numeric[]),"
      " unnest($5::numeric[]), unnest($6::bigint[])) AS q(account_id, want, need, request),"
      " LATERAL money.lease_grant(q.account_id, $1::int, $2, q.want, q.need, q.request) AS g",
      {ToParam(node.node_id), ToParam(node.epoch), ToArray(accounts), ToArray(wants),
       ToArray(needs), ToArray(requests)});
}

Outcome<PgResult> SayReturns(Pg& pg, const NodeEpoch& node, const std::vector<ReturnSaid>& said) {
  std::vector<std::int64_t> accounts, numbers;
  std::vector<std::string> amounts;
  for (const ReturnSaid& s : said) {
    accounts.push_back(s.account_id);
    numbers.push_back(s.number);
    amounts.push_back(FormatNano(s.amount));
  }
  return pg.Run("return credit",
                "SELECT q.account_id, r.state FROM ROWS FROM (unnest($3::bigint[]),"
                " unnest($4::numeric[]), unnest($5::bigint[])) AS q(account_id, amount, number),"
                " LATERAL money.lease_return(q.account_id, $1::int, $2, q.amount, q.number) AS r",
                {ToParam(node.node_id), ToParam(node.epoch), ToArray(accounts), ToArray(amounts),
                 ToArray(numbers)});
}

Outcome<PgResult> AskLeases(Pg& pg, const NodeEpoch& node, const std::vector<LeaseKnown>& known) {
  std::vector<std::int64_t> accounts;
  std::vector<std::string> nets;
  for (const LeaseKnown& k : known) {
    accounts.push_back(k.account_id);
    nets.push_back(FormatNanoSum(k.net));
  }
  return pg.Run("look after leases",
                "SELECT q.account_id, c.state, c.recall FROM ROWS FROM (unnest($3::bigint[]),"
                " unnest($4::numeric[])) AS q(account_id, net),"
                " LATERAL money.lease_check(q.account_id, $1::int, $2, q.net) AS c",
                {ToParam(node.node_id), ToParam(node.epoch), ToArray(accounts), ToArray(nets)});
}

Outcome<Done> RestoreLease(Pg& pg, const NodeEpoch& node, const LeaseKnown& known, Nano frozen,
                           std::int64_t last_request, std::int64_t last_return) {
  auto restored = pg.Run(
      "restore a lease", "SELECT money.lease_restore($1, $2, $3, $4, $5, $6, $7)",
      {ToParam(known.account_id), ToParam(node.node_id), ToParam(node.epoch),
       FormatNanoSum(known.net), FormatNano(frozen), ToParam(last_request), ToParam(last_return)});
  if (!restored) return Err{restored.error()};
  return Done{};
}

Outcome<bool> EpochIsOver(Pg& pg, const NodeEpoch& node) {
  auto over = pg.Run("look after the node's epoch",
                     "SELECT FROM money.node_epoch WHERE node_id = $1 AND epoch = $2"
                     " AND (ended_at IS NOT NULL OR closed_at IS NOT NULL)",
                     {ToParam(node.node_id), ToParam(node.epoch)});
  if (!over) return Err{over.error()};
  return over->rows() == 1;
}

}  // namespace hub::store
