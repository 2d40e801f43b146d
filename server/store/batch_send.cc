// The transaction of a batch.
#include <algorithm>

#include "server/base/crash_point.h"
#include "server/store/accept_days.h"
#include "server/store/batch.h"

namespace hub::store {
namespace {

std::int64_t Id(std::uint64_t id) { return static_cast<std::int64_t>(id); }  // 63 bits

// By way of a staging table: a second final state of a message is not taken, but noted.
constexpr char kStageOutcome[] =
    "CREATE TEMP TABLE IF NOT EXISTS outcome_in (accept_day date, message_id bigint, supplier_id "
    "bigint, message_state smallint, error text, received_at timestamptz, cause text, told_at "
    "timestamptz, told_tries integer) ON COMMIT DELETE ROWS";
// Each message stands in it once. Returns those that had a final state already. NOT IN is answered out of a hash
// table, whatever the planner thinks of the sizes.
constexpr char kTakeOutcomes[] =
    "WITH taken AS (INSERT INTO traffic.outcome (accept_day, message_id, supplier_id, "
    "message_state, error, received_at, cause, told_at, told_tries) SELECT accept_day, message_id, "
    "supplier_id, message_state, error, received_at, cause, told_at, told_tries "
    "FROM pg_temp.outcome_in ORDER BY message_id ON CONFLICT DO NOTHING RETURNING message_id), "
    "late AS (INSERT INTO traffic.outcome_late (accept_day, message_id, supplier_id, "
    "message_state, error, received_at, cause) SELECT accept_day, message_id, "
    "supplier_id, message_state, error, received_at, cause FROM pg_temp.outcome_in i "
    "WHERE i.message_id NOT IN (SELECT t.message_id FROM taken t) "
    "RETURNING message_id) SELECT message_id FROM late";

// What was told in this batch is the first state, whose row an earlier batch wrote.
constexpr char kTellFirst[] =
    "UPDATE traffic.outcome o SET told_at = i.told_at, told_tries = i.told_tries "
    "FROM pg_temp.outcome_in i WHERE o.accept_day = i.accept_day AND o.message_id = i.message_id "
    "AND o.accept_day = ANY ($1::date[]) AND i.told_at IS NOT NULL AND o.told_at IS NULL";

// Times as microseconds: exact in a double up to the year 2255; NULL is infinity.
constexpr char kUpdateQueue[] =
    "UPDATE traffic.queue q SET next_at = coalesce('epoch'::timestamptz + u.next_us * interval "
    "'1 microsecond', 'infinity'), cycles = greatest(q.cycles, u.cycles), attempts = "
    "greatest(q.attempts, u.attempts), possible_duplicate = u.possible_duplicate "
    "FROM unnest($1::bigint[], $2::bigint[], $3::integer[], $4::integer[], $5::boolean[]) "
    "AS u (message_id, next_us, cycles, attempts, possible_duplicate) "
    "WHERE q.message_id = u.message_id";
constexpr char kReplaceQueue[] =
    "UPDATE traffic.queue q SET expires_at = coalesce('epoch'::timestamptz + u.expires_us * "
    "interval '1 microsecond', 'infinity'), pdu = u.pdu "
    "FROM unnest($1::bigint[], $2::bigint[], $3::bytea[]) AS u (message_id, expires_us, pdu) "
    "WHERE q.message_id = u.message_id";
// No join: PostgreSQL would read a whole day for it while it has no statistics of that. Behind a replace_sm, as behind a
// cancel_sm, the same submit is a new message, for a start too.
constexpr char kReplaceMessage[] =
    "UPDATE traffic.message m SET registered_delivery = "
    "($2::smallint[])[array_position($1::bigint[], m.message_id)], dedupe_key = NULL "
    "WHERE m.accept_day = ANY ($3::date[]) AND m.message_id = ANY ($1::bigint[])";
constexpr char kForgetResubmits[] =
    "UPDATE traffic.message m SET dedupe_key = NULL WHERE m.accept_day = ANY ($2::date[]) "
    "AND m.message_id = ANY ($1::bigint[]) AND m.dedupe_key IS NOT NULL";
constexpr char kEndQueue[] =
    "DELETE FROM traffic.queue q USING unnest($1::bigint[]) AS u (message_id) "
    "WHERE q.message_id = u.message_id";
constexpr char kUpdateReceipts[] =
    "UPDATE traffic.receipt r SET tries = u.tries FROM unnest($1::bigint[], $2::integer[]) "
    "AS u (receipt_id, tries) WHERE r.receipt_id = u.receipt_id";
constexpr char kEndReceipts[] =
    "DELETE FROM traffic.receipt r USING unnest($1::bigint[]) AS u (receipt_id) "
    "WHERE r.receipt_id = u.receipt_id";
// Whose they are stands in the rows, which end behind this. They are looked up by their key (LIMIT keeps the planner from
// making a join of it): however many receipts wait, only these are read.
constexpr char kNoteEvents[] =
    "INSERT INTO traffic.receipt_event (at, message_id, receipt_id, what, tries, "
    "possible_duplicate, command_status, client_id, supplier_id) "
    "SELECT 'epoch'::timestamptz + e.at_us * interval '1 microsecond', e.message_id, e.receipt_id, "
    "e.what, e.tries, e.possible_duplicate, e.command_status, r.client_id, r.supplier_id "
    "FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::text[], $5::integer[], "
    "$6::boolean[], $7::bigint[]) AS e (at_us, message_id, receipt_id, what, tries, "
    "possible_duplicate, command_status) LEFT JOIN LATERAL (SELECT r.client_id, r.supplier_id "
    "FROM traffic.receipt r WHERE r.receipt_id = e.receipt_id LIMIT 1) r ON true";
constexpr char kNoteTold[] =
    "UPDATE traffic.outcome o SET told_at = 'epoch'::timestamptz + u.at_us * interval "
    "'1 microsecond', told_tries = u.tries FROM unnest($1::bigint[], $2::bigint[], $3::integer[]) "
    "AS u (message_id, at_us, tries) WHERE o.accept_day = traffic.accept_day(u.message_id) "
    "AND o.accept_day = ANY ($4::date[]) AND o.message_id = u.message_id";

// Rows of this batch and of earlier ones. By the ids too and not by the join alone: PostgreSQL would read a whole day for it
// while it has no statistics of that. What was answered is no timeout any more, so a second answer changes nothing. A message
// keeps the id that it is known by.
constexpr char kAnswerLate[] =
    "UPDATE traffic.attempt a SET result = CASE WHEN u.accepted THEN 'accepted' ELSE 'refused' END,"
    " cost_state = CASE WHEN u.accepted THEN 'certain' ELSE 'none' END, cost = u.cost,"
    " command_status = u.command_status, upstream_id = u.upstream_id, upstream_key = "
    "CASE WHEN u.upstream_key = '' OR EXISTS (SELECT FROM traffic.attempt o WHERE o.accept_day = "
    "a.accept_day AND o.accept_day = ANY ($9::date[]) AND o.message_id = a.message_id AND "
    "o.result = 'accepted' AND o.upstream_key <> '') THEN '' ELSE u.upstream_key END, late_at = "
    "'epoch'::timestamptz + u.at_us * interval '1 microsecond' "
    "FROM unnest($1::bigint[], $2::bigint[], $3::boolean[], $4::bigint[], $5::numeric[], "
    "$6::text[], $7::text[], $8::bigint[]) AS u (message_id, attempt_no, accepted, "
    "command_status, cost, upstream_id, upstream_key, at_us) "
    "WHERE a.accept_day = ANY ($9::date[]) AND a.message_id = ANY ($1::bigint[]) "
    "AND a.accept_day = traffic.accept_day(u.message_id) AND a.message_id = u.message_id "
    "AND a.attempt_no = u.attempt_no AND a.result = 'timeout'";

constexpr std::int64_t kMicrosMax = 253'402'300'799'999'999;  // the end of 9999; later: infinity

// One array parameter, written item by item.
class Array {
 public:
  void Add(std::int64_t number) { Add(std::string_view(std::to_string(number))); }
  void Add(std::string_view plain) {  // our own names and numbers: nothing to quote
    text_ += text_.empty() ? "{" : ",";
    text_ += plain;
  }
  void AddOctets(std::string_view octets) {  // \x and digits; the backslash is quoted in an array
    static constexpr char kDigits[] = "0123456789abcdef";
    std::string hex = "\"\\\\x";
    for (const char each : octets) {
      hex += kDigits[static_cast<unsigned char>(each) >> 4];
      hex += kDigits[static_cast<unsigned char>(each) & 15];
    }
    Add(std::string_view(hex += '"'));
  }
  void AddTime(std::int64_t micros) {
    if (micros > kMicrosMax) return Add("NULL");
    Add(std::max<std::int64_t>(micros, 0));
  }
  bool empty() const { return text_.empty(); }
  Param Take() { return text_.empty() ? "{}" : std::move(text_) + "}"; }

 private:
  std::string text_;
};

}  // namespace

/// Sends a batch; reads what it holds.
class BatchSender {
 public:
  BatchSender(Pg& pg, const Batch& batch) : pg_(pg), batch_(batch) {}

  Outcome<Done> Send() {
    auto transaction = Transaction::Begin(pg_);
    if (!transaction) return Err{transaction.error()};
    Pass(CrashPoint::settle_before_copy);
    auto fresh = BeginBatch();
    if (!fresh) return Err{fresh.error()};
    if (!*fresh) return Done{};  // written before, and the answer was lost: this rolls back
    auto sent = CopyAll();
    if (sent) sent = AnswerLate();
    if (sent) sent = TakeOutcomes();
    Pass(CrashPoint::settle_after_copy);
    if (sent) sent = ChangeQueue();
    if (sent) sent = ReplaceMessages();
    if (sent) sent = ForgetResubmits();
    if (sent) sent = NoteEvents();
    if (sent) sent = ChangeReceipts();
    if (sent) sent = NoteTold();
    if (sent) sent = MoveMoney();
    if (!sent) return sent;
    Pass(CrashPoint::settle_before_commit);
    auto committed = transaction->Commit();
    if (committed) Pass(CrashPoint::settle_after_commit);
    return committed;
  }

 private:
  Outcome<bool> BeginBatch() {
    auto fresh =
        pg_.Run("begin a batch", "SELECT money.settle_begin($1, $2, $3, $4, $5, $6, $7, $8)",
                {ToParam(batch_.place_.node_id), batch_.journal_id_, ToParam(batch_.epoch()),
                 ToParam(Id(batch_.from_)), ToParam(Id(batch_.to_)),
                 ToParam(static_cast<std::int64_t>(batch_.records_)), FormatNanoSum(batch_.total_),
                 ToParam(Id(batch_.last_message_id_))});
    if (!fresh) return Err{fresh.error()};
    return fresh->Bool(0, 0);
  }

  Outcome<Done> CopyAll() {
    struct Stream {
      const char* doing;
      const char* sql;
      const CopyRows& rows;
    };
    const Stream streams[] = {
        {"write messages", kCopyMessage, batch_.messages_},
        {"write attempts", kCopyAttempt, batch_.attempts_},
        {"write rejects", kCopyReject, batch_.rejects_},
        {"stage outcomes", kCopyOutcome, batch_.outcomes_},
        {"write later outcomes", kCopyOutcomeLate, batch_.outcomes_late_},
        {"queue messages", kCopyQueue, batch_.queue_},
        {"write receipts", kCopyReceipt, batch_.receipts_},
        {"write events of receipts", kCopyReceiptEvent, batch_.receipt_events_},
        {"write stray receipts", kCopyStrayReceipt, batch_.strays_},
    };
    for (const Stream& stream : streams) {
      if (stream.rows.rows() == 0) continue;
      auto copied = pg_.CopyIn(stream.doing, stream.sql, stream.rows.Stream());
      if (!copied) return copied;
    }
    return Done{};
  }

  Outcome<Done> AnswerLate() {
    if (batch_.late_answers_.empty()) return Done{};
    Array numbers, accepted, statuses, costs, times;
    std::vector<std::int64_t> ids;
    std::vector<std::string> upstream_ids, upstream_keys;
    for (const Batch::LateAnswer& late : batch_.late_answers_) {
      ids.push_back(Id(late.row.message_id));
      numbers.Add(late.row.attempt_no);
      accepted.Add(late.row.accepted ? "t" : "f");
      statuses.Add(late.row.command_status);
      costs.Add(FormatNanoSum(late.row.cost.units));
      upstream_ids.push_back(CleanText(late.upstream_id));  // as COPY writes them
      upstream_keys.push_back(CleanText(late.upstream_key));
      times.AddTime(late.row.at_us);
    }
    return Run("note late answers", kAnswerLate,
               {ToArray(ids), numbers.Take(), accepted.Take(), statuses.Take(), costs.Take(),
                ToArray(upstream_ids), ToArray(upstream_keys), times.Take(), AcceptDays(ids)});
  }

  Outcome<Done> TakeOutcomes() {
    if (batch_.outcomes_.rows() == 0) return Done{};
    auto late = pg_.Run("write outcomes", kTakeOutcomes);
    if (!late) return Err{late.error()};
    for (int i = 0; i < late->rows(); ++i) late_.push_back(late->Int(i, 0));
    std::sort(late_.begin(), late_.end());
    if (late_.empty()) return Done{};
    return Run("note told clients", kTellFirst, {AcceptDays(late_)});
  }

  // A second final state moves nothing, whatever the first one did.
  bool Moves(const Batch::Resolution& resolution) const {
    return !resolution.outcome ||
           !std::binary_search(late_.begin(), late_.end(), Id(resolution.message_id));
  }

  // Last, so that accounts are locked for the moment before COMMIT only: grants of credit wait for them at most 200 ms. It needs
  // the rows of messages and which outcomes came late, both written before. Nothing before it needs the money: what the
  // queue, receipts and told_at say has no constraint with it, and one refusal undoes all. The fences (position, epoch)
  // stand at the beginning. Accounts stay the last that is locked, behind charge_final, as everybody has it.
  Outcome<Done> MoveMoney() {
    Array accounts, charged, held, messages, states, causes;
    for (const Batch::AccountUse& use : batch_.uses_) {
      accounts.Add(use.account_id);
      charged.Add(FormatNanoSum(use.charged));
      held.Add(FormatNanoSum(use.held));
    }
    for (const Batch::Resolution& resolution : batch_.resolutions_) {
      if (!Moves(resolution)) continue;
      messages.Add(Id(resolution.message_id));
      states.Add(resolution.state);
      causes.Add(resolution.cause);
    }
    if (accounts.empty() && messages.empty()) return Done{};
    return Run("move the batch's money",
               "SELECT money.settle_usage($1, $2, $3, $4, $5, $6, $7, $8, $9)",
               {ToParam(batch_.place_.node_id), ToParam(batch_.epoch()), ToParam(Id(batch_.to_)),
                accounts.Take(), charged.Take(), held.Take(), messages.Take(), states.Take(),
                causes.Take()});
  }

  Outcome<Done> ChangeQueue() {
    Array ended, ids, next, cycles, attempts, duplicates;
    for (const Batch::QueueChange& change : batch_.queue_changes_) {
      if (change.inserted) continue;
      if (change.ended) {
        ended.Add(Id(change.row.message_id));
      } else {
        ids.Add(Id(change.row.message_id));
        next.AddTime(change.row.next_at_us);
        cycles.Add(change.row.cycles);
        attempts.Add(change.row.attempts);
        duplicates.Add(change.row.possible_duplicate ? "t" : "f");
      }
    }
    if (!ids.empty()) {
      auto changed =
          Run("queue messages again", kUpdateQueue,
              {ids.Take(), next.Take(), cycles.Take(), attempts.Take(), duplicates.Take()});
      if (!changed) return changed;
    }
    if (ended.empty()) return Done{};
    return Run("take messages from the queue", kEndQueue, {ended.Take()});
  }

  // What a receipt is matched with later must say what its client asked for last.
  Outcome<Done> ReplaceMessages() {
    Array expires, pdus, asked;
    std::vector<std::int64_t> queued, all;
    for (const Batch::QueueChange& change : batch_.queue_changes_) {
      if (!change.replaced) continue;
      all.push_back(Id(change.row.message_id));
      asked.Add(change.registered_delivery);
      if (change.inserted || change.ended) continue;
      queued.push_back(Id(change.row.message_id));
      expires.AddTime(change.row.expires_at_us);
      pdus.AddOctets(batch_.PduOf(change));
    }
    if (all.empty()) return Done{};
    auto changed = Run("note what clients ask for", kReplaceMessage,
                       {ToArray(all), asked.Take(), AcceptDays(all)});
    if (!changed || queued.empty()) return changed;
    return Run("change queued messages", kReplaceQueue,
               {ToArray(queued), expires.Take(), pdus.Take()});
  }

  Outcome<Done> ForgetResubmits() {
    std::vector<std::int64_t> cancelled;
    for (const Batch::OutcomeKept& kept : batch_.outcomes_kept_) {
      if (kept.row.cause == OutcomeCause::kCancelled) cancelled.push_back(Id(kept.row.message_id));
    }
    if (cancelled.empty()) return Done{};
    return Run("forget resubmits", kForgetResubmits, {ToArray(cancelled), AcceptDays(cancelled)});
  }

  // Of receipts and MO whose rows an earlier batch wrote; the others' were copied.
  Outcome<Done> NoteEvents() {
    if (batch_.events_before_.empty()) return Done{};
    Array times, messages, receipts, ends, tries, duplicates, statuses;
    for (const ReceiptEndRecord& event : batch_.events_before_) {
      times.AddTime(event.at_us);
      messages.Add(Id(event.message_id));
      receipts.Add(Id(event.receipt_id));
      ends.Add(EndName(event.end));
      tries.Add(event.tries);
      duplicates.Add(event.possible_duplicate ? "t" : "f");
      statuses.Add(event.command_status);
    }
    return Run("note events of receipts", kNoteEvents,
               {times.Take(), messages.Take(), receipts.Take(), ends.Take(), tries.Take(),
                duplicates.Take(), statuses.Take()});
  }

  Outcome<Done> ChangeReceipts() {
    Array ended, ids, tries;
    for (const Batch::ReceiptChange& change : batch_.receipt_changes_) {
      if (change.inserted) continue;
      if (change.ended) {
        ended.Add(Id(change.row.receipt_id));
      } else {
        ids.Add(Id(change.row.receipt_id));
        tries.Add(change.tries);
      }
    }
    if (!ids.empty()) {
      auto changed = Run("note tries of receipts", kUpdateReceipts, {ids.Take(), tries.Take()});
      if (!changed) return changed;
    }
    if (ended.empty()) return Done{};
    return Run("end receipts", kEndReceipts, {ended.Take()});
  }

  Outcome<Done> NoteTold() {
    Array times, tries;
    std::vector<std::int64_t> ids;
    for (const ReceiptEndRecord& told : batch_.told_before_) {
      ids.push_back(Id(told.message_id));
      times.AddTime(told.at_us);
      tries.Add(told.tries);
    }
    if (ids.empty()) return Done{};
    return Run("note told clients", kNoteTold,
               {ToArray(ids), times.Take(), tries.Take(), AcceptDays(ids)});
  }

  Outcome<Done> Run(const char* doing, const char* sql, const Params& params) {
    auto ran = pg_.Run(doing, sql, params);
    if (!ran) return Err{ran.error()};
    return Done{};
  }

  Pg& pg_;
  const Batch& batch_;
  std::vector<std::int64_t> late_;
};

Outcome<Done> PrepareToSettle(Pg& pg) {
  auto staged = pg.Run("make the staging table", kStageOutcome);
  if (!staged) return Err{staged.error()};
  return Done{};
}

Outcome<Done> SettleBatch(Pg& pg, const Batch& batch) { return BatchSender(pg, batch).Send(); }

}  // namespace hub::store
