#include "server/store/batch.h"

#include <algorithm>
#include <map>
#include <type_traits>

#include "server/store/copy_rows.h"

namespace hub::store {
namespace {

std::int32_t AcceptDay(MessageId id) { return DayOf(TimeOf(id)); }
std::int64_t Id(MessageId id) { return static_cast<std::int64_t>(id); }  // 63 bits

const char* ResultName(AttemptResult result) {
  switch (result) {
    case AttemptResult::kAccepted:
      return "accepted";
    case AttemptResult::kRefused:
      return "refused";
    case AttemptResult::kTimeout:
      return "timeout";
    case AttemptResult::kLinkLost:
      return "link_lost";
    case AttemptResult::kNotSent:
      return "not_sent";
  }
  return "not_sent";
}

// The columns of each COPY, and below them the fields in the same order.
constexpr char kCopyMessage[] =
    "COPY traffic.message (accept_day, message_id, client_id, account_id, network_id, source_addr, "
    "destination_addr,"
    " class, data_coding, segments, rate_id, rate, amount, accepted_at, supplier_id, attempts, "
    "script_version,"
    " decision, node_id, epoch, batch_seq) FROM STDIN (FORMAT binary)";

void Put(CopyRows& to, const MessageRecord& r, const BatchKey& key) {
  to.Begin(21);
  to.Date(AcceptDay(r.message_id));
  to.Int8(Id(r.message_id));
  to.Int8(r.client_id);
  to.Int8(r.account_id);
  to.Int8(r.network_id);
  to.Text(r.source_addr);
  to.Text(r.destination_addr);
  to.Text(r.message_class);
  to.Int2(r.data_coding);
  to.Int4(r.segments);
  to.Int8(r.rate_id);
  to.Numeric(r.rate.units);
  to.Numeric(r.amount.units);
  to.Timestamp(r.accepted_at_us);
  to.Int8(r.supplier_id);
  to.Int4(r.attempts);
  to.Int8(r.script_version);
  to.Text(r.decision);
  to.Int4(key.node_id);
  to.Int8(key.epoch);
  to.Int8(key.batch_seq);
}

constexpr char kCopyAttempt[] =
    "COPY traffic.attempt (accept_day, message_id, attempt_no, supplier_id, result, "
    "command_status, upstream_id,"
    " sent_at, ended_at, rate_id, rate, segments, cost) FROM STDIN (FORMAT binary)";

void Put(CopyRows& to, const AttemptRecord& r) {
  to.Begin(13);
  to.Date(AcceptDay(r.message_id));
  to.Int8(Id(r.message_id));
  to.Int2(r.attempt_no);
  to.Int8(r.supplier_id);
  to.Text(ResultName(r.result));
  to.Int8(r.command_status);
  to.Text(r.upstream_id);
  to.Timestamp(r.sent_at_us);
  to.Timestamp(r.ended_at_us);
  to.Int8(r.rate_id);
  to.Numeric(r.rate.units);
  to.Int4(r.segments);
  to.Numeric(r.cost.units);
}

// By way of a staging table: a second final state of a message, in this batch or a later one, is
// not taken.
constexpr char kStageOutcome[] =
    "CREATE TEMP TABLE IF NOT EXISTS outcome_in (accept_day date, message_id bigint, supplier_id "
    "bigint,"
    " message_state smallint, error text, received_at timestamptz) ON COMMIT DELETE ROWS";
constexpr char kCopyOutcome[] =
    "COPY pg_temp.outcome_in (accept_day, message_id, supplier_id, message_state, error, "
    "received_at)"
    " FROM STDIN (FORMAT binary)";
constexpr char kTakeOutcomes[] =
    "INSERT INTO traffic.outcome SELECT * FROM pg_temp.outcome_in ORDER BY received_at ON CONFLICT "
    "DO NOTHING";

void Put(CopyRows& to, const OutcomeRecord& r) {
  to.Begin(6);
  to.Date(AcceptDay(r.message_id));
  to.Int8(Id(r.message_id));
  to.Int8(r.supplier_id);
  to.Int2(r.message_state);
  to.Text(r.error);
  to.Timestamp(r.received_at_us);
}

constexpr char kCopyReject[] =
    "COPY traffic.reject (accept_day, message_id, client_id, network_id, source_addr, "
    "destination_addr, reason,"
    " command_status, at, decision) FROM STDIN (FORMAT binary)";

void Put(CopyRows& to, const RejectRecord& r) {
  to.Begin(10);
  to.Date(AcceptDay(r.message_id));
  to.Int8(Id(r.message_id));
  to.Int8(r.client_id);
  to.Int8(r.network_id);
  to.Text(r.source_addr);
  to.Text(r.destination_addr);
  to.Text(r.reason);
  to.Int8(r.command_status);
  to.Timestamp(r.at_us);
  to.Text(r.decision);
}

// The streams of one batch while its records are sorted into them.
struct Streams {
  BatchKey key;
  CopyRows messages, attempts, outcomes, rejects;
  std::map<std::int64_t, NanoSum> usage;  // ascending: the order in which everybody locks accounts
  MessageId last = 0;

  void operator()(const std::monostate&) {}
  void operator()(const MessageRecord& r) {
    last = std::max(last, r.message_id);
    Put(messages, r, key);
    if (r.amount.units != 0) usage[r.account_id] += r.amount.units;
  }
  void operator()(const AttemptRecord& r) {
    last = std::max(last, r.message_id);
    Put(attempts, r);
  }
  void operator()(const OutcomeRecord& r) { Put(outcomes, r); }
  void operator()(const RejectRecord& r) {
    last = std::max(last, r.message_id);
    Put(rejects, r);
  }
};

std::string FinishOrEmpty(CopyRows& rows) {
  return rows.rows() == 0 ? std::string() : rows.Finish();
}

Outcome<Done> CopyUnlessEmpty(Pg& pg, const char* doing, const char* sql,
                              const std::string& stream) {
  if (stream.empty()) return Done{};
  return pg.CopyIn(doing, sql, stream);
}

Outcome<Done> CopyRowsOf(Pg& pg, const Batch& batch) {
  auto copied = CopyUnlessEmpty(pg, "write messages", kCopyMessage, batch.messages);
  if (copied) copied = CopyUnlessEmpty(pg, "write attempts", kCopyAttempt, batch.attempts);
  if (copied) copied = CopyUnlessEmpty(pg, "write rejects", kCopyReject, batch.rejects);
  if (copied) copied = CopyUnlessEmpty(pg, "stage outcomes", kCopyOutcome, batch.outcomes);
  if (!copied || batch.outcomes.empty()) return copied;
  auto taken = pg.Run("write outcomes", kTakeOutcomes);
  if (!taken) return Err{taken.error()};
  return Done{};
}

Outcome<Done> ChargeUsage(Pg& pg, const Batch& batch) {
  if (batch.accounts.empty()) return Done{};
  auto charged =
      pg.Run("charge accounts", "SELECT money.settle_usage($1, $2, $3, $4, $5)",
             {ToParam(batch.key.node_id), ToParam(batch.key.epoch), ToParam(batch.key.batch_seq),
              ToArray(batch.accounts), ToArray(batch.amounts)});
  if (!charged) return Err{charged.error()};
  return Done{};
}

}  // namespace

Batch BuildBatch(BatchKey key, MessageId last_message_id, const std::vector<Record>& records) {
  Streams streams;
  streams.key = key;
  streams.last = last_message_id;
  for (const Record& record : records) std::visit(streams, record);

  Batch batch;
  batch.key = key;
  batch.records = static_cast<std::int64_t>(records.size());
  batch.last_message_id = streams.last;
  batch.messages = FinishOrEmpty(streams.messages);
  batch.attempts = FinishOrEmpty(streams.attempts);
  batch.outcomes = FinishOrEmpty(streams.outcomes);
  batch.rejects = FinishOrEmpty(streams.rejects);
  NanoSum total = 0;
  for (const auto& [account, amount] : streams.usage) {
    batch.accounts.push_back(account);
    batch.amounts.push_back(FormatNanoSum(amount));
    total += amount;
  }
  batch.total = FormatNanoSum(total);
  return batch;
}

Outcome<Done> PrepareToSettle(Pg& pg) {
  auto staged = pg.Run("make the staging table", kStageOutcome);
  if (!staged) return Err{staged.error()};
  return Done{};
}

Outcome<Done> SettleBatch(Pg& pg, const Batch& batch) {
  auto transaction = Transaction::Begin(pg);
  if (!transaction) return Err{transaction.error()};
  auto fresh =
      pg.Run("begin a batch", "SELECT money.settle_begin($1, $2, $3, $4, $5, $6)",
             {ToParam(batch.key.node_id), ToParam(batch.key.epoch), ToParam(batch.key.batch_seq),
              ToParam(batch.records), batch.total, ToParam(Id(batch.last_message_id))});
  if (!fresh) return Err{fresh.error()};
  if (!fresh->Bool(0, 0))
    return Done{};  // written before, and the answer was lost: this transaction rolls back
  auto copied = CopyRowsOf(pg, batch);
  if (!copied) return copied;
  auto charged = ChargeUsage(pg, batch);
  if (!charged) return charged;
  return transaction->Commit();
}

}  // namespace hub::store
