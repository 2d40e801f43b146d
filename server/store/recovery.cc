#include "server/store/recovery.h"

#include <chrono>
#include <limits>
#include <map>
#include <utility>

#include "protocol/wire/status.h"
#include "server/base/clock.h"
#include "server/base/crash_point.h"
#include "server/store/fence.h"
#include "server/store/journal_scan.h"
#include "server/telemetry/log.h"

namespace hub::store {
namespace {

constexpr auto kProgressEvery = std::chrono::seconds(5);
constexpr auto kFlushWait =
    std::chrono::seconds(30);              // for a disk that refuses the last records of a start
constexpr std::uint8_t kStateUnknown = 7;  // SMPP v3.4 §5.2.28

// Days before today, UTC, whose messages are looked at: 30 that one may have waited for its end, 30 of the longest receipt_ttl.
constexpr std::int64_t kUntoldDaysMax = 64;
// The days are constants for the planner, and stand at both tables: else it plans for every day that there is, and locks it.
// Receipts are looked up by message (LIMIT keeps the planner from making joins of it): a million that wait are not read.
constexpr char kSelectFailed[] =
    "WITH failed AS MATERIALIZED ("
    "SELECT o.message_id FROM traffic.outcome o JOIN traffic.message m "
    "ON m.accept_day = o.accept_day AND m.message_id = o.message_id "
    "WHERE o.cause = 'unknown' AND o.told_at IS NULL AND (o.message_id >> 16) & 63 = $1 "
    "AND o.accept_day >= date '1970-01-01' + $2::integer "
    "AND m.accept_day >= date '1970-01-01' + $2::integer "
    "AND o.received_at > now() - (SELECT greatest(max(c.receipt_ttl_s), 86400) FROM crm.client c) "
    "* interval '1 second' AND m.registered_delivery & 3 IN (1, 2)) "
    "SELECT f.message_id FROM failed f WHERE "
    "(SELECT r.receipt_id FROM traffic.receipt r WHERE r.message_id = f.message_id "
    "AND r.message_id <> 0 LIMIT 1) IS NULL AND "
    "(SELECT v.receipt_id FROM traffic.receipt_event v WHERE v.message_id = f.message_id "
    "LIMIT 1) IS NULL";

class Recoverer {
 public:
  Recoverer(const Options& options, const PgOptions& settle_session, Pg& pg)
      : options_(options), settle_session_(settle_session), pg_(pg) {}

  Outcome<Recovered> Recover() {
    auto done = OpenJournal();
    if (done) done = StartNode();
    if (done) done = Scan();
    if (done) done = SettleRest();
    if (done) done = CloseEpochs();
    if (done) done = FindFailed();
    if (done) done = BeginEpoch();
    if (done) done = WriteUnknown();
    if (!done) return Err{done.error()};
    Log(Event::recover_done, {{"epoch", node_.epoch},
                              {"records", recovery_.records_settled},
                              {"unknown", recovery_.unknown}});
    return Recovered{node_, std::move(recovery_), std::move(journal_), std::move(*run_)};
  }

 private:
  Outcome<Done> OpenJournal() {
    auto journal = journal::FileJournal::Open(options_.journal, options_.node_id);
    if (!journal) return Err{journal.error()};
    journal_ = std::move(*journal);
    recovery_.torn_tail = journal_->torn_tail();
    return Done{};
  }

  Outcome<Done> StartNode() {
    auto started = pg_.Run("start a new epoch of the node",
                           "SELECT epoch, last_message_id, settled_position "
                           "FROM money.node_start($1, $2, $3)",
                           {ToParam(options_.node_id), journal_->id(),
                            ToParam(static_cast<std::int64_t>(journal_->first_position()))});
    if (!started) return Err{WithPlace(started.error())};
    node_ = {options_.node_id, started->Int(0, 0), static_cast<MessageId>(started->Int(0, 1))};
    return journal_->Check(static_cast<journal::Position>(started->Int(0, 2)));
  }

  Error WithPlace(Error error) const {
    if (error.place.empty()) error.place = options_.journal.folder;
    return error;
  }

  Outcome<Done> Scan() {
    auto scan = ScanJournal(*journal_);
    if (!scan) return Err{scan.error()};
    scan_ = std::move(*scan);
    node_.last_message_id = std::max(node_.last_message_id, scan_.last_message_id);
    return Done{};
  }

  Outcome<Done> SettleRest() {
    run_.emplace(settle_session_, options_.node_id, *journal_, options_.settle.batch_rows_max);
    const journal::Position end = journal_->durable_end();
    auto say_next = SystemClock().Now() + kProgressEvery;
    while (true) {
      auto done = run_->Connect();
      if (done) done = run_->Gather(end);
      if (!done) return done;
      if (run_->records() == 0) break;
      if (run_->batches_settled() == 0) Pass(CrashPoint::recover_before_settle);
      if (auto settled = run_->Settle(); !settled) return Err{Refused(settled.error())};
      if (SystemClock().Now() < say_next) continue;
      say_next = SystemClock().Now() + kProgressEvery;
      Log(Event::recover_progress,
          {{"doing", "settle"}, {"position", run_->settled()}, {"end", end}});
    }
    recovery_.records_settled = run_->records_settled();
    Pass(CrashPoint::recover_after_settle);
    return Done{};
  }

  // The batch that PostgreSQL does not take, and where it lies.
  Error Refused(Error error) const {
    error.doing = "settle what an earlier run left in the journal: " + error.doing;
    error.place = journal_->PlaceOf(run_->batch_begin());
    if (error.sqlstate == kEpochClosed) {
      error.advice =
          "the epoch was fenced, so what lies from there on was never charged and cannot be: move "
          "the journal's folder away, keep it, and start again";
    }
    return error;
  }

  // Each on its own: two at once would lock their accounts in no order.
  Outcome<Done> CloseEpochs() {
    auto open = pg_.Run("look for epochs of earlier runs",
                        "SELECT epoch FROM money.node_epoch WHERE node_id = $1 AND epoch < $2 "
                        "AND closed_at IS NULL ORDER BY epoch",
                        {ToParam(node_.node_id), ToParam(node_.epoch)});
    if (!open) return Err{open.error()};
    for (int i = 0; i < open->rows(); ++i) {
      const std::int64_t epoch = open->Int(i, 0);
      auto closed =
          pg_.Run("close the leases of an earlier run", "SELECT money.lease_close_all($1, $2)",
                  {ToParam(node_.node_id), ToParam(epoch)});
      if (!closed) return Err{closed.error()};
      Log(Event::lease_closed, {{"epoch", epoch}, {"returned", closed->Text(0, 0)}});
    }
    Pass(CrashPoint::recover_after_close);
    return Done{};
  }

  // Of earlier starts: given up as unknown, and killed before the client's receipt was written. Most that stand so want no
  // receipt, and stay so for ever: who would have been told so long ago that its receipt were over by now is not told.
  Outcome<Done> FindFailed() {
    const std::int64_t since = DayOf(SystemClock().WallNow()) - kUntoldDaysMax;
    auto failed = pg_.Run("look for messages whose client was not told", kSelectFailed,
                          {ToParam(node_.node_id), ToParam(since)});
    if (!failed) return Err{failed.error()};
    for (int i = 0; i < failed->rows(); ++i)
      recovery_.failed.push_back(static_cast<MessageId>(failed->Int(i, 0)));
    return Done{};
  }

  Outcome<Done> BeginEpoch() {
    // What loops write goes nowhere then: 64 MiB of zeroes would be written beside their first messages, for nobody.
    if (!options_.durable) journal_->MakeNoSpares();
    const unsigned writers = options_.writers;
    auto wake = [writers, wake = options_.wake_writer](unsigned writer) {
      if (writer < writers && wake) wake(writer);  // the last one is ours
    };
    return journal_->Start(node_.epoch, writers + 1, std::move(wake), run_->batch_begin());
  }

  Outcome<Done> WriteUnknown() {
    if (scan_.open.empty()) return Done{};
    auto policies = ReadPolicies();
    if (!policies) return Err{policies.error()};
    journal::FrameBuffer frames;
    for (const OpenSubmit& submit : scan_.open) {
      WriteAttempt(submit.handed, &frames);
      if (!submit.handed.answered) {
        WriteReject(submit, &frames);
      } else if (!submit.taken_late) {
        WriteNext(submit.handed, (*policies)[submit.handed.supplier_id], &frames);
      }
      Log(Event::recover_unknown,
          {{"message", submit.handed.message_id}, {"supplier", submit.handed.supplier_id}});
    }
    recovery_.unknown = static_cast<std::int64_t>(scan_.open.size());
    journal_->Append(options_.writers, &frames);
    if (journal_->Flush(kFlushWait)) return Done{};
    return Err{MakeError("write what is unknown into the journal", journal_->stats().last_error,
                         "mend the disk and start again", options_.journal.folder)};
  }

  // on_unknown by supplier.
  Outcome<std::map<std::int64_t, std::string>> ReadPolicies() {
    auto rows = pg_.Run("read suppliers", "SELECT supplier_id, on_unknown FROM crm.supplier");
    if (!rows) return Err{rows.error()};
    std::map<std::int64_t, std::string> policies;
    for (int i = 0; i < rows->rows(); ++i) policies[rows->Int(i, 0)] = rows->String(i, 1);
    return policies;
  }

  void WriteAttempt(const HandedRecord& handed, journal::FrameBuffer* to) const {
    AttemptRecord attempt;
    attempt.message_id = handed.message_id;
    attempt.attempt_no = handed.attempt_no;
    attempt.supplier_id = handed.supplier_id;
    attempt.result = AttemptResult::kUnknown;
    attempt.possible_duplicate = handed.possible_duplicate;
    attempt.sent_at_us = handed.at_us;
    attempt.ended_at_us = now_us_;
    attempt.rate_id = handed.rate_id;
    attempt.rate = handed.rate;
    attempt.segments = handed.segments;
    Encode(attempt, to);
  }

  // Its client was never answered: it is no message of ours.
  void WriteReject(const OpenSubmit& submit, journal::FrameBuffer* to) const {
    RejectRecord reject;
    reject.message_id = submit.handed.message_id;
    reject.client_id = submit.handed.client_id;
    reject.network_id = submit.handed.network_id;
    reject.source_addr = submit.source_addr;
    reject.destination_addr = submit.destination_addr;
    reject.reason = "crash";
    reject.command_status = static_cast<std::uint32_t>(smpp::Status::ESME_RSYSERR);
    reject.at_us = now_us_;
    Encode(reject, to);
  }

  void WriteNext(const HandedRecord& handed, const std::string& on_unknown,
                 journal::FrameBuffer* to) {
    if (on_unknown == "fail") {
      OutcomeRecord outcome;
      outcome.message_id = handed.message_id;
      outcome.message_state = kStateUnknown;
      outcome.cause = OutcomeCause::kUnknown;
      outcome.moves_money = true;
      outcome.received_at_us = now_us_;
      Encode(outcome, to);
      Encode(QueueEndRecord{handed.message_id}, to);
      recovery_.failed.push_back(handed.message_id);
      return;
    }
    QueuedRecord queued;
    queued.message_id = handed.message_id;
    // Sent again once, as Attempts does: nobody knows of two submits then.
    const bool again = on_unknown == "resend" && !handed.possible_duplicate;
    queued.next_at_us = again ? now_us_ : std::numeric_limits<std::int64_t>::max();
    queued.attempts = handed.attempt_no;
    queued.possible_duplicate = true;
    Encode(queued, to);
  }

  const Options& options_;
  const PgOptions& settle_session_;
  Pg& pg_;
  const std::int64_t now_us_ = ToMicros(SystemClock().WallNow());
  std::unique_ptr<journal::FileJournal> journal_;
  std::optional<SettleRun> run_;
  NodeEpoch node_;
  Recovery recovery_;
  JournalScan scan_;
};

}  // namespace

Outcome<Recovered> Recover(const Options& options, const PgOptions& settle_session, Pg& pg) {
  return Recoverer(options, settle_session, pg).Recover();
}

}  // namespace hub::store
