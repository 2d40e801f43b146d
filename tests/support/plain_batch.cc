#include "tests/support/plain_batch.h"

#include <map>

#include "tests/support/postgres_rig.h"

namespace hub::test {
namespace {

using store::Params;
using store::Pg;
using store::ToArray;
using store::ToParam;

constexpr char kInsertMessages[] =
    "INSERT INTO traffic.message (accept_day, message_id, client_id, account_id, network_id, "
    "source_addr,"
    " destination_addr, class, data_coding, segments, rate_id, rate, amount, accepted_at, "
    "supplier_id, attempts,"
    " script_version, decision, node_id, epoch, batch_seq, basis)"
    " SELECT traffic.accept_day(m.id), m.id, 1, m.account, 1, '', '', 'otp', 0, 1, 0, m.amount, "
    "m.amount, now(), 0, 1, 0,"
    " '', $1, $2, $3, m.basis FROM ROWS FROM (unnest($4::bigint[]), unnest($5::bigint[]), "
    "unnest($6::numeric[]),"
    " unnest($7::text[])) AS m (id, account, amount, basis)";

constexpr char kInsertOutcomes[] =
    "INSERT INTO traffic.outcome (accept_day, message_id, supplier_id, message_state, error, "
    "received_at, cause)"
    " SELECT traffic.accept_day(e.id), e.id, 0, e.state, '', now(), e.cause"
    " FROM ROWS FROM (unnest($1::bigint[]), unnest($2::bigint[]), unnest($3::text[])) AS e (id, "
    "state, cause)"
    " ON CONFLICT DO NOTHING";

constexpr char kSettleUsage[] =
    "SELECT money.settle_usage($1, $2, $3, $4::bigint[], $5::numeric[], $6::numeric[], "
    "$7::bigint[],"
    " $8::bigint[]::integer[], $9::text[])";

struct Used {
  NanoSum charged = 0, held = 0;
};

Outcome<Done> InsertRows(Pg& pg, const PlainBatch& batch) {
  std::vector<std::int64_t> ids, accounts;
  std::vector<std::string> amounts, bases;
  for (const PlainMessage& m : batch.messages) {
    ids.push_back(static_cast<std::int64_t>(m.id));
    accounts.push_back(m.account_id);
    amounts.push_back(FormatNano(m.amount));
    bases.push_back(m.basis);
  }
  auto inserted = pg.Run("insert messages", kInsertMessages,
                         {ToParam(batch.node), ToParam(batch.epoch), ToParam(batch.to),
                          ToArray(ids), ToArray(accounts), ToArray(amounts), ToArray(bases)});
  if (!inserted) return Err{inserted.error()};
  return Done{};
}

Outcome<Done> MoveMoney(Pg& pg, const PlainBatch& batch) {
  std::map<std::int64_t, Used> usage;
  for (const PlainMessage& m : batch.messages) {
    if (m.amount.units == 0) continue;
    (m.basis == "submit" ? usage[m.account_id].charged : usage[m.account_id].held) +=
        m.amount.units;
  }
  std::vector<std::int64_t> accounts, ids, states;
  std::vector<std::string> charged, held, causes;
  for (const auto& [account, used] : usage) {
    accounts.push_back(account);
    charged.push_back(FormatNanoSum(used.charged));
    held.push_back(FormatNanoSum(used.held));
  }
  for (const PlainEnd& end : batch.ends) {
    ids.push_back(static_cast<std::int64_t>(end.id));
    states.push_back(end.message_state);
    causes.push_back(end.cause);
  }
  auto outcomes =
      pg.Run("insert outcomes", kInsertOutcomes, {ToArray(ids), ToArray(states), ToArray(causes)});
  if (!outcomes) return Err{outcomes.error()};
  auto moved =
      pg.Run("charge accounts", kSettleUsage,
             {ToParam(batch.node), ToParam(batch.epoch), ToParam(batch.to), ToArray(accounts),
              ToArray(charged), ToArray(held), ToArray(ids), ToArray(states), ToArray(causes)});
  if (!moved) return Err{moved.error()};
  return Done{};
}

}  // namespace

std::string JournalOf(int node, int journal) {
  return "00000000-0000-0000-0000-" + std::to_string(100'000'000'000 + 100 * journal + node);
}

std::int64_t StartNode(Pg& pg, int node, int journal) {
  return std::stoll(Scalar(pg, "SELECT epoch FROM money.node_start($1, $2)",
                           {ToParam(node), JournalOf(node, journal)}));
}

Outcome<bool> Settle(Pg& pg, const PlainBatch& batch) {
  NanoSum total = 0;
  MessageId last = 0;
  for (const PlainMessage& m : batch.messages) {
    total += m.amount.units;
    last = std::max(last, m.id);
  }
  auto transaction = store::Transaction::Begin(pg);
  if (!transaction) return Err{transaction.error()};
  auto fresh = pg.Run("begin a batch", "SELECT money.settle_begin($1, $2, $3, $4, $5, $6, $7, $8)",
                      {ToParam(batch.node), JournalOf(batch.node, batch.journal),
                       ToParam(batch.epoch), ToParam(batch.from), ToParam(batch.to),
                       ToParam(static_cast<std::int64_t>(batch.messages.size())),
                       FormatNanoSum(total), ToParam(static_cast<std::int64_t>(last))});
  if (!fresh) return Err{fresh.error()};
  if (!fresh->Bool(0, 0)) return false;
  auto written = InsertRows(pg, batch);
  if (written) written = MoveMoney(pg, batch);
  if (written) written = transaction->Commit();
  if (!written) return Err{written.error()};
  return true;
}

}  // namespace hub::test
