// What a start finds of runs that were killed, and does about it: in the journal, in PostgreSQL, at every point where it may be
// killed itself.
#include "server/store/recovery.h"

#include <gmock/gmock.h>

#include <csignal>
#include <fstream>

#include "server/base/crash_point.h"
#include "server/journal/file_journal.h"
#include "tests/unit/server/store/locked_day.h"
#include "tests/unit/server/store/store_rig.h"

namespace hub::test {
namespace {

using namespace hub::store;
using testing::HasSubstr;

class RecoveryTest : public StoreRig {
 protected:
  // A run that leases 2.00, writes a journal, and is killed before it settled any of it.
  template <class... Records>
  void KilledRun(const Records&... records) {
    journal::FrameBuffer frames;
    (Encode(records, &frames), ...);
    KilledRunOf(&frames);
  }
  void KilledRunOf(journal::FrameBuffer* frames) {
    auto opened = journal::FileJournal::Open(options_.journal, 1);
    ASSERT_TRUE(opened.ok()) << opened.error().Text();
    journal::FileJournal& journal = **opened;
    Pg pg = Connect(database_);
    const std::string position = Scalar(
        pg, "SELECT settled_position || ' ' || epoch FROM money.node_start(1, $1)", {journal.id()});
    const std::int64_t epoch = std::stoll(position.substr(position.find(' ') + 1));
    Scalar(pg, "SELECT money.lease_grant(1, 1, $1, 2, 2, 1)", {ToParam(epoch)});
    ASSERT_TRUE(journal
                    .Start(
                        epoch, 1, [](unsigned) {}, std::stoull(position))
                    .ok());
    journal.Append(0, frames);
    ASSERT_TRUE(journal.Flush(std::chrono::seconds(10)));
  }
  MessageId Id() { return killed_ids_.Next(SystemClock().WallNow()); }
  MessageRecord Accepted(Nano amount) {
    MessageRecord m;
    m.message_id = Id();
    m.client_id = 1;
    m.account_id = kAcme;
    m.rate = m.amount = amount;
    m.registered_delivery = 1;
    m.destination_addr = "447700900123";
    m.supplier_id = 1;
    return m;
  }
  // answer = accepted: in the queue.
  MessageRecord Queued(Nano amount) {
    static constexpr std::uint8_t kPdu[] = {0, 0, 0, 16};
    MessageRecord m = Accepted(amount);
    m.supplier_id = 0;
    m.pdu = kPdu;
    m.next_at_us = ToMicros(SystemClock().WallNow());
    m.expires_at_us = m.next_at_us + 3'600'000'000;
    return m;
  }
  HandedRecord Handed(MessageId id, std::int16_t no, bool answered, std::int64_t supplier_id = 1) {
    HandedRecord h;
    h.message_id = id;
    h.attempt_no = no;
    h.supplier_id = supplier_id;
    h.rate = {7};
    h.at_us = ToMicros(SystemClock().WallNow());
    h.answered = answered;
    h.client_id = 1;
    h.source_addr = "ACME";
    h.destination_addr = "447700900123";
    return h;
  }
  AttemptRecord Ended(const HandedRecord& h, AttemptResult result) {
    AttemptRecord a;
    a.message_id = h.message_id;
    a.attempt_no = h.attempt_no;
    a.supplier_id = h.supplier_id;
    a.result = result;
    a.rate = h.rate;
    if (result == AttemptResult::kAccepted) a.cost = a.rate;
    return a;
  }
  void RestartAndDrain() {
    Restart();
    ASSERT_TRUE(store_->settler().Drain(kPatience));
  }

  MessageIdSource killed_ids_{1, 3, 0};
};

TEST_F(RecoveryTest, AFirstStartFindsNothing) {
  Restart();
  EXPECT_EQ(store_->recovery().records_settled, 0);
  EXPECT_EQ(store_->recovery().unknown, 0);
  EXPECT_FALSE(store_->recovery().torn_tail);
  EXPECT_EQ(store_->node().epoch, 1);
}

TEST_F(RecoveryTest, WhatAKilledRunLeftIsSettledInItsEpochAndItsLeaseReturns) {
  options_.settle.batch_rows_max = 7;
  journal::FrameBuffer frames;
  MessageId last = 0;
  for (int i = 0; i < 100; ++i) {
    const MessageRecord m = Accepted({10'000'000});
    last = m.message_id;
    Encode(m, &frames);
  }
  KilledRunOf(&frames);
  EXPECT_EQ(Balance(), "10 2");
  Restart();
  EXPECT_EQ(store_->recovery().records_settled, 100);
  EXPECT_EQ(store_->node().epoch, 2);
  EXPECT_EQ(store_->node().last_message_id, last);
  EXPECT_EQ(Balance(), "9 0");
  EXPECT_EQ(Sql("SELECT count(*) || ' ' || min(epoch) || ' ' || max(epoch) FROM traffic.message"),
            "100 1 1");
  EXPECT_EQ(Sql("SELECT count(*) FROM money.settle_batch"), "15");
  EXPECT_EQ(Sql("SELECT string_agg((closed_at IS NULL)::text, ' ' ORDER BY epoch) "
                "FROM money.node_epoch"),
            "false true");
}

TEST_F(RecoveryTest, SeveralRunsKilledInARowAreSettledEachInItsEpoch) {
  KilledRun(Accepted({1'000'000}), Accepted({1'000'000}));
  KilledRun();
  KilledRun(Accepted({1'000'000}));
  Restart();
  EXPECT_EQ(store_->recovery().records_settled, 3);
  EXPECT_EQ(Balance(), "9.997 0");
  EXPECT_EQ(Sql("SELECT string_agg(epoch || ':' || row_count, ' ' ORDER BY epoch) "
                "FROM money.settle_batch"),
            "1:2 3:1");
}

// Batches of the killed run ended elsewhere, and it had settled a part.
TEST_F(RecoveryTest, WhatWasSettledBeforeIsNotSettledAgain) {
  Restart();
  ASSERT_EQ(Ask({5 * kNanoPerUnit}, {1}).state, GrantState::kGranted);
  WriteMessages(75, {1'000'000});
  ASSERT_TRUE(store_->settler().Drain(kPatience));
  PostgresServer::Get().Stop();
  WriteMessages(75, {1'000'000});
  store_.reset();
  PostgresServer::Get().Start();
  options_.settle.batch_rows_max = 9;
  Restart();
  EXPECT_EQ(store_->recovery().records_settled, 75);
  EXPECT_EQ(Sql("SELECT count(*) FROM traffic.message"), "150");
  EXPECT_EQ(Balance(), "9.85 0");
}

TEST_F(RecoveryTest, ACleanEndLeavesNothing) {
  Restart();
  ASSERT_EQ(Ask({5 * kNanoPerUnit}, {1}).state, GrantState::kGranted);
  WriteMessages(10, {1'000'000});
  ASSERT_TRUE(store_->settler().Drain(kPatience));
  ASSERT_TRUE(store_->leases().CloseAll(kPatience).ok());
  Restart();
  EXPECT_EQ(store_->recovery().records_settled, 0);
  EXPECT_EQ(Balance(), "9.99 0");
}

// Unknown: handed over, and no end in the journal.

TEST_F(RecoveryTest, AnUnansweredSubmitThatIsUnknownIsRefusedAndFlagged) {
  const HandedRecord open = Handed(Id(), 1, false);
  const HandedRecord ended = Handed(Id(), 1, false);
  MessageRecord taken = Accepted({1'000'000});
  taken.message_id = ended.message_id;
  KilledRun(open, ended, Ended(ended, AttemptResult::kAccepted), taken);
  RestartAndDrain();
  EXPECT_EQ(store_->recovery().unknown, 1);
  EXPECT_EQ(Sql("SELECT concat_ws(' ', message_id, client, supplier, now, attempt_no) FROM "
                "bill.v_unknown"),
            std::to_string(open.message_id) + " acme alpha refused 1");
  EXPECT_EQ(Sql("SELECT concat_ws(' ', message_id, client, source_addr, destination, reason, "
                "command_status) FROM bill.v_rejects"),
            std::to_string(open.message_id) + " acme ACME 4477******23 crash 8");
  EXPECT_EQ(Sql("SELECT may_cost FROM bill.v_uncertain_cost"), "0.000000007");
  EXPECT_EQ(Sql("SELECT epoch FROM money.settle_batch ORDER BY epoch DESC LIMIT 1"), "2");
  EXPECT_EQ(Balance(), "9.999 0");
}

struct UnknownCase {
  const char* on_unknown;
  const char* queue;    // next_at, possible_duplicate, attempts, cycles
  const char* state;    // bill.v_unknown
  const char* balance;  // of 10 with ack_unknown = release: a failed one costs nothing
  int failed;
};

class UnknownTest : public RecoveryTest, public testing::WithParamInterface<UnknownCase> {};
INSTANTIATE_TEST_SUITE_P(
    Policies, UnknownTest,
    testing::Values(UnknownCase{"hold", "infinity true 2 3", "held", "9.999 0", 0},
                    UnknownCase{"resend", "due true 2 3", "queued", "9.999 0", 0},
                    UnknownCase{"fail", "", "final", "10 0", 1}),
    [](const auto& c) { return std::string(c.param.on_unknown); });

TEST_F(RecoveryTest, AMessageIsSentAgainOnceAndThenHeld) {
  Do("UPDATE crm.supplier SET on_unknown = 'resend' WHERE supplier_id = 2");
  const MessageRecord m = Queued({1'000'000});
  HandedRecord again = Handed(m.message_id, 2, true, 2);
  again.possible_duplicate = true;
  KilledRun(m, again);
  RestartAndDrain();
  EXPECT_EQ(Sql("SELECT next_at = 'infinity' FROM traffic.queue"), "t");
}

// Killed while another supplier had it, too: what that one did is unknown, and the message is known.
TEST_P(UnknownTest, AMessageThatWasTakenLateHasEnded) {
  Do("UPDATE crm.supplier SET on_unknown = '" + std::string(GetParam().on_unknown) + "'");
  const MessageRecord m = Queued({1'000'000});
  const HandedRecord first = Handed(m.message_id, 1, true);
  LateAnswerRecord late;
  late.message_id = m.message_id;
  late.accepted = true;
  late.cost = first.rate;
  late.upstream_id = late.upstream_key = "77";
  KilledRun(m, first, Ended(first, AttemptResult::kTimeout), Handed(m.message_id, 2, true, 2),
            late);
  RestartAndDrain();
  EXPECT_EQ(Sql("SELECT string_agg(result || upstream_key, ' ' ORDER BY attempt_no) FROM "
                "traffic.attempt"),
            "accepted77 unknown");
  EXPECT_EQ(Sql("SELECT (SELECT count(*) FROM traffic.queue) + (SELECT count(*) FROM "
                "traffic.outcome)"),
            "0");
  EXPECT_TRUE(store_->recovery().failed.empty());
}

TEST_P(UnknownTest, AQueuedMessageGoesOnAsItsSupplierSays) {
  const UnknownCase& c = GetParam();
  Do("UPDATE crm.supplier SET on_unknown = '" + std::string(c.on_unknown) +
     "' WHERE supplier_id = 2; UPDATE crm.client SET ack_unknown = 'release'");
  const MessageRecord m = Queued({1'000'000});
  const HandedRecord first = Handed(m.message_id, 1, true);
  KilledRun(m, first, Ended(first, AttemptResult::kRefused),
            QueuedRecord{m.message_id, m.next_at_us, 3, 1, false},
            Handed(m.message_id, 2, true, 2));
  RestartAndDrain();
  EXPECT_EQ(store_->recovery().unknown, 1);
  EXPECT_EQ(
      Sql("SELECT CASE WHEN next_at = 'infinity' THEN 'infinity' WHEN next_at <= now() THEN 'due' "
          "END "
          "|| ' ' || possible_duplicate || ' ' || attempts || ' ' || cycles FROM traffic.queue"),
      c.queue);
  EXPECT_EQ(Sql("SELECT now || ' ' || attempt_no FROM bill.v_unknown"),
            std::string(c.state) + " 2");
  EXPECT_EQ(Balance(), c.balance);
  EXPECT_EQ(store_->recovery().failed.size(), static_cast<std::size_t>(c.failed));
  if (c.failed == 0) return;
  EXPECT_EQ(store_->recovery().failed[0], m.message_id);
  EXPECT_EQ(Sql("SELECT message_state || ' ' || cause FROM traffic.outcome"), "7 unknown");
  // Killed before its receipt was written: the next start tells again. After it was: not again.
  Restart();
  EXPECT_THAT(store_->recovery().failed, testing::ElementsAre(m.message_id));
  ReceiptRecord receipt;
  receipt.receipt_id = NewId();
  receipt.message_id = m.message_id;
  receipt.client_id = 1;
  receipt.is_final = true;
  Write(receipt);
  Restart();
  EXPECT_TRUE(store_->recovery().failed.empty());
}

// Those who want no receipt are never told, and most of what is unknown is of them: a start looks at the last days alone.
TEST_F(RecoveryTest, WhoIsToBeToldIsLookedForInTheDaysThatMatter) {
  Do("UPDATE crm.supplier SET on_unknown = 'fail'");
  const MessageRecord m = Queued({1'000'000});
  KilledRun(m, Handed(m.message_id, 1, true));
  RestartAndDrain();
  {
    const LockedDay other_day(database_);
    Restart();
  }
  ASSERT_TRUE(store_);
  EXPECT_THAT(store_->recovery().failed, testing::ElementsAre(m.message_id));
  Do("UPDATE traffic.outcome SET received_at = now() - interval '4 days'");  // receipt_ttl: 3
  Restart();
  EXPECT_TRUE(store_->recovery().failed.empty());
}

// A million may wait for clients that are away.
TEST_F(RecoveryTest, WhoIsToBeToldIsLookedForWithoutReadingAllReceipts) {
  Do("UPDATE crm.supplier SET on_unknown = 'fail'");
  const MessageRecord m = Queued({1'000'000});
  KilledRun(m, Handed(m.message_id, 1, true));
  RestartAndDrain();
  Do("INSERT INTO traffic.receipt SELECT n, n, 1, 1, 1, 2, true, 0, now(), 'infinity', '' FROM "
     "generate_series(1, 20000) n;"
     "INSERT INTO traffic.receipt_event SELECT now(), n, n, 'refused', 1, false, 0 FROM "
     "generate_series(1, 20000) n");
  const auto read = [this] {  // a session's counts are there when it is gone
    store_.reset();
    while (Sql("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
               " AND backend_type = 'client backend' AND pid <> pg_backend_pid()") != "0") {
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    return Sql(
        "SELECT sum(seq_tup_read) FROM pg_stat_user_tables WHERE relname IN ('receipt', "
        "'receipt_event')");
  };
  const std::string before = read();
  Restart();
  EXPECT_THAT(store_->recovery().failed, testing::ElementsAre(m.message_id));
  EXPECT_EQ(read(), before);
  Do("UPDATE traffic.receipt SET message_id = " + std::to_string(m.message_id) +
     " WHERE receipt_id = 7");
  Restart();
  EXPECT_TRUE(store_->recovery().failed.empty()) << "its receipt waits";
  Do("DELETE FROM traffic.receipt");
}

TEST_F(RecoveryTest, WhatIsUnknownIsWrittenOnce) {
  KilledRun(Handed(Id(), 1, false), Handed(Id(), 1, false));
  Restart();
  EXPECT_EQ(store_->recovery().unknown, 2);
  Restart();  // killed as soon as it was written
  EXPECT_EQ(store_->recovery().unknown, 0);
  Restart();
  EXPECT_EQ(store_->recovery().unknown, 0);
  EXPECT_EQ(Sql("SELECT count(*) FROM traffic.attempt WHERE result = 'unknown'"), "2");
  EXPECT_EQ(Sql("SELECT count(*) FROM traffic.reject"), "2");
}

// Records may be of 64 KB each.
TEST_F(RecoveryTest, ABatchIsCutAtItsOctetsToo) {
  options_.settle.batch_rows_max = 100'000;
  const std::vector<std::uint8_t> pdu(60'000, 1);
  journal::FrameBuffer frames;
  for (int i = 0; i < 600; ++i) {
    MessageRecord m = Queued({0});
    m.pdu = pdu;
    Encode(m, &frames);
    Encode(QueueEndRecord{m.message_id}, &frames);
  }
  KilledRunOf(&frames);
  Restart();
  EXPECT_EQ(Sql("SELECT count(*) FROM traffic.message"), "600");
  EXPECT_EQ(Sql("SELECT count(*) FROM money.settle_batch"), "2");
}

TEST_F(RecoveryTest, ASubmitThatAnEarlierRunHandedOverAndSettledIsStillFound) {
  Restart();
  const HandedRecord open = Handed(Id(), 1, false);
  Write(open);
  ASSERT_TRUE(store_->settler().Drain(kPatience));  // its record is settled, its segment stays
  RestartAndDrain();
  EXPECT_EQ(store_->recovery().records_settled, 0);
  EXPECT_EQ(store_->recovery().unknown, 1);
}

// Killed where the next start must go on. Each line of it runs in a process of its own, which is really killed.

class CrashTest : public RecoveryTest, public testing::WithParamInterface<const char*> {
 protected:
  // Runs `work` in a child that dies of SIGKILL at the point. No thread of ours lives now.
  template <class Work>
  void KilledAt(const std::string& point, Work work) {
    const pid_t child = fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      ArmCrashPoint(point);
      work();
      _exit(17);  // it came through
    }
    int status = 0;
    ASSERT_EQ(waitpid(child, &status, 0), child);
    EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL) << point << " " << status;
  }
};

class RecoverCrashTest : public CrashTest {};
INSTANTIATE_TEST_SUITE_P(Points, RecoverCrashTest,
                         testing::Values("recover_before_settle", "recover_after_settle",
                                         "recover_after_close", "settle_before_copy:2",
                                         "settle_after_copy:2", "settle_before_commit:2",
                                         "settle_after_commit:2", "journal_new_segment",
                                         "journal_before_write", "journal_before_sync",
                                         "journal_mid_write", "journal_after_sync"),
                         [](const auto& c) {
                           std::string name = c.param;
                           std::replace(name.begin(), name.end(), ':', '_');
                           return name;
                         });

TEST_P(RecoverCrashTest, TheNextStartDoesTheRest) {
  options_.settle.batch_rows_max = 10;
  journal::FrameBuffer frames;
  for (int i = 0; i < 50; ++i) Encode(Accepted({1'000'000}), &frames);
  Encode(Handed(Id(), 1, false), &frames);
  KilledRunOf(&frames);
  KilledAt(GetParam(), [this] { Restart(); });
  RestartAndDrain();
  EXPECT_EQ(Sql("SELECT count(*) FROM traffic.message"), "50");
  EXPECT_EQ(Balance(), "9.95 0");
  EXPECT_EQ(Sql("SELECT count(*) FROM traffic.attempt WHERE result = 'unknown'"), "1");
  EXPECT_EQ(Sql("SELECT count(*) FROM traffic.reject"), "1");
}

class SettleCrashTest : public CrashTest {};
INSTANTIATE_TEST_SUITE_P(Points, SettleCrashTest,
                         testing::Values("settle_before_copy", "settle_after_copy",
                                         "settle_before_commit", "settle_after_commit"),
                         [](const auto& c) { return std::string(c.param); });

TEST_P(SettleCrashTest, EveryMessageIsChargedOnce) {
  options_.settle.batch_rows_max = 20;
  KilledAt(GetParam() + std::string(":3"), [this] {
    Restart();
    Ask({5 * kNanoPerUnit}, {1});
    WriteMessages(100, {1'000'000});
    store_->settler().Drain(kPatience);
  });
  Restart();
  EXPECT_EQ(Sql("SELECT count(*) FROM traffic.message"), "100");
  EXPECT_EQ(Balance(), "9.9 0");
}

// What cannot be taken up is refused, and says where.

TEST_F(RecoveryTest, AnotherJournalIsRefusedWhileTheOldOneMayHoldMessages) {
  KilledRun(Accepted({1'000'000}));
  const std::string old = options_.journal.folder;
  options_.journal.folder = folder_.path() + "/other";
  auto refused = Store::Start(options_);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().sqlstate, "HB006");
  EXPECT_THAT(refused.error().Text(), HasSubstr(options_.journal.folder));
  EXPECT_THAT(refused.error().Text(), HasSubstr("hubctl node fence 1"));
  options_.journal.folder = old;
  Restart();
  EXPECT_EQ(Balance(), "9.999 0");
}

TEST_F(RecoveryTest, WhatAFencedEpochLeftIsNotChargedAndNotForgotten) {
  KilledRun(Accepted({1'000'000}));
  Do("SELECT money.lease_close_all(1, 1)");
  auto refused = Store::Start(options_);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().sqlstate, "HB004");
  EXPECT_THAT(refused.error().Text(), HasSubstr(".journal at "));
  EXPECT_THAT(refused.error().Text(), HasSubstr("move the journal's folder away"));
  EXPECT_EQ(Sql("SELECT count(*) FROM traffic.message"), "0");
  // An operator does what it says.
  options_.journal.folder = folder_.path() + "/new";
  Do("SELECT money.lease_close_all(1, 2)");
  Restart();
}

TEST_F(RecoveryTest, ARecordOfAnUnknownKindIsRefusedByFileAndOffset) {
  journal::FrameBuffer frames;
  Encode(Accepted({1'000'000}), &frames);
  frames.Begin(99);
  frames.U8(1);
  frames.End();
  KilledRunOf(&frames);
  auto refused = Store::Start(options_);
  ASSERT_FALSE(refused.ok());
  EXPECT_THAT(refused.error().Text(), HasSubstr(".journal at "));
  EXPECT_THAT(refused.error().Text(), HasSubstr("kind 99"));
  EXPECT_EQ(Sql("SELECT count(*) FROM traffic.message"), "0");
  std::filesystem::remove_all(options_.journal.folder);
}

}  // namespace
}  // namespace hub::test
