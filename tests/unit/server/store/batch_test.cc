#include "server/store/batch.h"

#include <chrono>
#include <thread>

#include "tests/unit/server/store/batch_rig.h"
#include "tests/unit/server/store/locked_day.h"

namespace hub::test {
namespace {

using namespace hub::store;

class BatchTest : public BatchRig {};

TEST_F(BatchTest, WritesAllThatBillingReads) {
  MessageRecord m = Message({40'000'000});
  m.source_addr = "caf\xe9";
  const OutcomeRecord delivered = Final(m, 2);
  RejectRecord reject;
  reject.message_id = NewId();
  reject.client_id = 1;
  reject.destination_addr = "999";
  reject.reason = "no_route";
  reject.command_status = 0x0b;
  MustSettle(m, Attempt(m, 1, AttemptResult::kTimeout, {9'000'000}),
             Attempt(m, 2, AttemptResult::kAccepted, {12'000'000}), delivered, reject);
  EXPECT_EQ(Sql("SELECT concat_ws('|', client, source_addr, destination, country, mnc, network, "
                "class, segments, rate, amount, currency, supplier, cost, margin, cost_state, "
                "state, error, attempts, basis, charge_state, charged, refund, cause) "
                "FROM bill.v_cdr"),
            "acme|caf\\xE9|4477******23|GB|10|Ten|otp|2|0.020000000|0.040000000|EUR|alpha|"
            "0.024000000|0.016000000|uncertain|DELIVRD|000|2|submit|charged|0.040000000|0|receipt");
  EXPECT_EQ(Sql("SELECT may_cost FROM bill.v_uncertain_cost"), "0.018000000");
  EXPECT_EQ(Sql("SELECT supplier || ' ' || payable FROM bill.v_supplier_payable"),
            "beta 0.024000000");
  EXPECT_EQ(Sql("SELECT reason || ' ' || command_status || ' ' || destination FROM bill.v_rejects"),
            "no_route 11 ***");
  EXPECT_EQ(Sql("SELECT amount || ' ' || balance FROM bill.v_statement ORDER BY entry_id DESC"),
            "-0.040000000 9.960000000");
  EXPECT_EQ(
      Sql("SELECT tableoid::regclass::text <> 'traffic.message_default' FROM traffic.message"),
      "t");
  EXPECT_EQ(Sql("SELECT upstream_id || ' ' || upstream_key FROM traffic.attempt LIMIT 1"),
            "Up-1 up-1");
}

TEST_F(BatchTest, AMessagesRowHasWhatItsReceiptsAndResubmitsNeed) {
  MessageRecord m = Message({2});
  m.source_addr_ton = 5;
  m.source_addr_npi = 1;
  m.dest_addr_ton = 2;
  m.dest_addr_npi = 8;
  m.dedupe_key = std::string_view("\x00\x01 23456789abcde", 16);
  MustSettle(m, Message({2}));
  EXPECT_EQ(Sql("SELECT concat_ws(' ', source_addr_ton, source_addr_npi, dest_addr_ton, "
                "dest_addr_npi, registered_delivery, dedupe_key) FROM traffic.message "
                "WHERE dedupe_key IS NOT NULL"),
            "5 1 2 8 1 00012032-3334-3536-3738-396162636465");
  EXPECT_EQ(Sql("SELECT count(*) FROM traffic.message WHERE dedupe_key IS NULL"), "1");
}

TEST_F(BatchTest, SentTwiceIsNothing) {
  Fill(batch_, 0, 50, Message({1'000'000'000}), Message({500'000'000}));
  ASSERT_TRUE(SettleBatch(pg_, batch_).ok());
  ASSERT_TRUE(SettleBatch(pg_, batch_).ok());
  EXPECT_EQ(Account(), "8.5 0 8.5");
  EXPECT_EQ(Sql("SELECT count(*) FROM traffic.message"), "2");
  EXPECT_EQ(Sql("SELECT settled_position FROM money.node"), "50");
  EXPECT_EQ(Sql("SELECT concat_ws(' ', from_position, batch_seq, row_count, trim_scale(total)) "
                "FROM money.settle_batch"),
            "0 50 2 1.5");
}

// Whatever boundaries batches had before a restart: a record is taken by its position, once.
TEST_F(BatchTest, APlaceInTheJournalIsSettledOnce) {
  const MessageRecord m = Message({1'000'000});
  Fill(batch_, 0, 50, m);
  ASSERT_TRUE(SettleBatch(pg_, batch_).ok());
  Fill(batch_, 0, 40, m);  // all of it is there
  EXPECT_TRUE(SettleBatch(pg_, batch_).ok());
  for (const auto& [from, to] : {std::pair{0, 60}, {49, 60}, {51, 60}, {60, 60}}) {
    Fill(batch_, static_cast<journal::Position>(from), static_cast<journal::Position>(to), m);
    auto refused = SettleBatch(pg_, batch_);
    ASSERT_FALSE(refused.ok()) << from;
    EXPECT_EQ(refused.error().sqlstate, "HB007");
  }
  EXPECT_EQ(Account(), "9.999 0 9.999");
}

TEST_F(BatchTest, AFirstFinalStateStandsAndLaterOnesAreNoted) {
  const MessageRecord m = Message({0});
  MustSettle(m, Final(m, 2), Final(m, 3));
  MustSettle(Final(m, 5));
  EXPECT_EQ(Sql("SELECT state FROM bill.v_cdr"), "DELIVRD");
  EXPECT_EQ(Sql("SELECT string_agg(message_state::text, ' ' ORDER BY message_state) "
                "FROM traffic.outcome_late"),
            "3 5");
}

TEST_F(BatchTest, MoreThanTheLeaseIsRefusedWhole) {
  auto settled = Settle(Message({10'000'000'002}));
  ASSERT_FALSE(settled.ok());
  EXPECT_EQ(settled.error().sqlstate, "23514");
  EXPECT_EQ(Sql("SELECT count(*) FROM traffic.message"), "0");
  EXPECT_EQ(Sql("SELECT count(*) FROM money.settle_batch"), "0");
  EXPECT_EQ(Sql("SELECT settled_position FROM money.node"), "0");
}

TEST_F(BatchTest, AnEndedEpochIsSettledAClosedOneIsNot) {
  MustSettle(Message({1'000'000}));
  Do("SELECT money.node_start(1, '" + std::string(kJournal) + "')");
  EXPECT_EQ(Sql("SELECT state FROM money.lease_grant(1, 1, 1, 1, 1, 2)"), "fenced");
  MustSettle(Message({1'000'000}));
  Do("SELECT money.lease_close_all(1, 1)");
  Fill(batch_, 0, 100, Message({1'000'000}));
  EXPECT_TRUE(SettleBatch(pg_, batch_).ok());  // it is there
  auto settled = Settle(Message({1'000'000}));
  ASSERT_FALSE(settled.ok());
  EXPECT_EQ(settled.error().sqlstate, "HB004");
  EXPECT_EQ(Account(), "9.998 0 0");
}

TEST_F(BatchTest, ANodeTakesAnotherJournalOnlyWhenItsEpochsAreClosed) {
  const std::string other = "SELECT money.node_start(1, gen_random_uuid(), 4096)";
  MustSettle(Message({1'000'000}));
  auto refused = pg_.Run("start", other.c_str());
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().sqlstate, "HB006");
  EXPECT_NE(refused.error().Text().find("hubctl node fence 1"), std::string::npos);
  EXPECT_EQ(Sql("SELECT count(*) FROM money.node_epoch"), "1");
  Do("SELECT money.lease_close_all(1, 1)");
  Do(other);
  EXPECT_EQ(Sql("SELECT settled_position FROM money.node"), "4096");
  auto stale = Settle(Message({1'000'000}));  // of the old journal
  ASSERT_FALSE(stale.ok());
  EXPECT_EQ(stale.error().sqlstate, "HB004");
}

TEST_F(BatchTest, TheNextStartKnowsTheLargestMessageId) {
  const MessageRecord first = Message({2});
  const MessageRecord second = Message({2});
  MustSettle(second, first);
  const std::string start =
      "SELECT last_message_id FROM money.node_start(1, '" + std::string(kJournal) + "')";
  EXPECT_EQ(Sql(start), std::to_string(second.message_id));
  EXPECT_EQ(Sql(start), std::to_string(second.message_id));
}

// answer = accepted.

QueuedRecord Again(const MessageRecord& m, std::int64_t next_at_us, bool possible_duplicate) {
  return {m.message_id, next_at_us, 1, 2, possible_duplicate};
}

TEST_F(BatchTest, AQueuedMessageThatEndsInItsBatchNeverStandsInTheQueue) {
  const MessageRecord m = Queued({2});
  MustSettle(m, Again(m, 7, false), QueueEndRecord{m.message_id});
  EXPECT_EQ(Sql("SELECT count(*) FROM traffic.queue"), "0");
  EXPECT_EQ(Sql("SELECT count(*) FROM traffic.message"), "1");
}

TEST_F(BatchTest, AQueuedMessageStandsUntilItsEnd) {
  const MessageRecord m = Queued({2});
  const MessageRecord retried = Queued({2});
  MustSettle(m, retried, Again(retried, retried.accepted_at_us + 9'000'000, true));
  const std::string row =
      "SELECT concat_ws(' ', node_id, client_id, class, priority, next_at - expires_at, cycles, "
      "attempts, possible_duplicate, pdu) FROM traffic.queue WHERE message_id = ";
  EXPECT_EQ(Sql(row + std::to_string(m.message_id)),
            "1 1 otp 0 -00:01:00 0 0 f \\x00000010000000040"
            "0ff5c0a");
  EXPECT_EQ(Sql(row + std::to_string(retried.message_id)).substr(0, 27),
            "1 1 otp 0 -00:00:51 1 2 t \\");
  MustSettle(Again(m, INT64_MAX, true), QueueEndRecord{retried.message_id});
  EXPECT_EQ(Sql("SELECT next_at || ' ' || cycles || ' ' || attempts || ' ' || possible_duplicate "
                "FROM traffic.queue"),
            "infinity 1 2 true");
  // What recovery does not know it leaves as it was.
  MustSettle(QueuedRecord{m.message_id, m.accepted_at_us, 0, 0, false});
  EXPECT_EQ(
      Sql("SELECT concat_ws(' ', next_at = expires_at - interval '1 minute', cycles, attempts, "
          "possible_duplicate) FROM traffic.queue"),
      "t 1 2 f");
  MustSettle(QueueEndRecord{m.message_id});
  EXPECT_EQ(Sql("SELECT count(*) FROM traffic.queue"), "0");
}

// Receipts.

constexpr char kTold[] = "SELECT (told_at - received_at) || ' ' || told_tries FROM traffic.outcome";

TEST_F(BatchTest, AReceiptToldInItsBatchLeavesItsTimeOnly) {
  const MessageRecord m = Message({2});
  const ReceiptRecord receipt = Receipt(NewId(), m);
  OutcomeRecord outcome = Final(m, 2);
  outcome.received_at_us = m.accepted_at_us;
  MustSettle(m, outcome, receipt, Ended(receipt, ReceiptEnd::kDelivered, 1));
  EXPECT_EQ(Sql("SELECT count(*) FROM traffic.receipt"), "0");
  EXPECT_EQ(Sql("SELECT count(*) FROM traffic.receipt_event"), "0");
  EXPECT_EQ(Sql(kTold), "00:00:00.000003 1");
}

// The supplier repeats its receipt, and the client acknowledges the first one in the same batch.
TEST_F(BatchTest, WhatIsToldIsTheFirstStateAlsoWhenALaterOneIsInTheBatch) {
  const MessageRecord m = Message({2});
  const ReceiptRecord receipt = Receipt(NewId(), m);
  OutcomeRecord outcome = Final(m, 2);
  outcome.received_at_us = m.accepted_at_us;
  MustSettle(m, outcome, receipt);
  MustSettle(outcome, Ended(receipt, ReceiptEnd::kDelivered, 1));
  EXPECT_EQ(Sql(kTold), "00:00:00.000003 1");
  EXPECT_EQ(Sql("SELECT count(*) FROM traffic.outcome_late WHERE told_at IS NULL"), "1");
}

// A year of days must not be planned for, nor locked, for what a client was told of one.
// PostgreSQL has no statistics of a day that has just begun, and would read all of it for each batch.
TEST_F(BatchTest, ABatchReadsTheRowsItNamesHoweverManyTheDayHas) {
  constexpr std::size_t kDay = 20'000, kBatch = 500;
  std::vector<MessageRecord> day;
  batch_.Begin(1, from_);
  for (std::size_t i = 0; i < kDay; ++i) batch_.Add(day.emplace_back(Message({2})));
  batch_.End(from_ += 100);
  ASSERT_TRUE(SettleBatch(pg_, batch_).ok());
  const auto read = [this] {
    Do("SELECT pg_stat_force_next_flush()");
    return std::stoul(
        Sql("SELECT sum(seq_tup_read + coalesce(idx_tup_fetch, 0)) FROM pg_stat_user_tables"
            " WHERE schemaname = 'traffic' AND relname ~ '^(message|outcome)_2'"));
  };
  const std::size_t before = read();
  batch_.Begin(1, from_);
  for (std::size_t i = 0; i < kBatch; ++i) batch_.Add(Final(day[i * 7], 5));
  batch_.End(from_ += 100);
  ASSERT_TRUE(SettleBatch(pg_, batch_).ok());
  EXPECT_LE(read() - before, 5 * kBatch);
}

TEST_F(BatchTest, WhatAClientWasToldTouchesTheDayOfItsMessageAlone) {
  const MessageRecord m = Message({2});
  const ReceiptRecord receipt = Receipt(NewId(), m);
  MustSettle(m, Final(m, 2), receipt);
  Do("SET statement_timeout = '2s'");
  {
    const LockedDay other_day(database_);
    MustSettle(Ended(receipt, ReceiptEnd::kDelivered, 1));
  }
  EXPECT_EQ(Sql("SELECT told_tries FROM traffic.outcome"), "1");
}

TEST_F(BatchTest, WhatAClientWasToldOfAnEarlierStateTouchesTheDayOfItsMessageAlone) {
  const MessageRecord m = Message({2});
  const ReceiptRecord receipt = Receipt(NewId(), m);
  MustSettle(m, Final(m, 2), receipt);
  Do("SET statement_timeout = '2s'");
  {
    const LockedDay other_day(database_);
    MustSettle(Final(m, 2), Ended(receipt, ReceiptEnd::kDelivered, 1));
  }
  EXPECT_EQ(Sql("SELECT told_tries FROM traffic.outcome"), "1");
}

// --- replaced ---------------------------------------------------------------------------------------------------

constexpr char kQueuedAs[] =
    "SELECT concat_ws(' ', q.next_at - m.accepted_at, q.expires_at - m.accepted_at, q.cycles, "
    "q.attempts, q.pdu, m.registered_delivery, m.amount = m.rate * m.segments) FROM traffic.queue "
    "q JOIN traffic.message m USING (message_id) WHERE q.message_id = ";

ReplacedRecord Replaced(const MessageRecord& m, smpp::Bytes pdu) {
  ReplacedRecord r;
  r.message_id = m.message_id;
  r.next_at_us = m.accepted_at_us + 2'000'000;
  r.expires_at_us = m.accepted_at_us + 9'000'000;
  r.registered_delivery = 1;
  r.pdu = pdu;
  return r;
}

TEST_F(BatchTest, AReplacedMessageIsQueuedAsItIsNow) {
  const std::uint8_t first[] = {1, 0, 0xff}, second[] = {0x5c, 0x22, 0};
  for (const bool in_one_batch : {true, false}) {
    MessageRecord m = Queued(Nano{40'000'000});
    m.registered_delivery = 0;
    const MessageRecord other = Queued(Nano{40'000'000});
    QueuedRecord again;
    again.message_id = m.message_id;
    again.next_at_us = m.accepted_at_us + 1'000'000;
    again.cycles = 1;
    again.attempts = 2;
    if (in_one_batch) {
      MustSettle(m, other, again, Replaced(m, first), Replaced(m, second));
    } else {
      MustSettle(m, other, again);
      MustSettle(Replaced(m, first), Replaced(m, second));
    }
    EXPECT_EQ(Sql(kQueuedAs + std::to_string(m.message_id)), "00:00:02 00:00:09 1 2 \\x5c2200 1 t");
    EXPECT_NE(Sql(kQueuedAs + std::to_string(other.message_id)),
              Sql(kQueuedAs + std::to_string(m.message_id)));
  }
}

// A start reads the keys again: the same submit behind it is a new message then, too.
TEST_F(BatchTest, WhatWasReplacedOrCancelledIsNoMoreAResubmitsFirst) {
  const std::uint8_t pdu[] = {1};
  for (const bool in_one_batch : {true, false}) {
    MessageRecord replaced = Queued(Nano{40'000'000}), cancelled = Queued(Nano{40'000'000});
    MessageRecord failed = Queued(Nano{40'000'000});
    replaced.dedupe_key = cancelled.dedupe_key = failed.dedupe_key = "0123456789abcdef";
    OutcomeRecord back = Final(cancelled, 4), end = Final(failed, 5);
    back.cause = OutcomeCause::kCancelled;
    end.cause = OutcomeCause::kHubFault;
    if (in_one_batch) {
      MustSettle(replaced, cancelled, failed, Replaced(replaced, pdu), back, end);
    } else {
      MustSettle(replaced, cancelled, failed);
      MustSettle(Replaced(replaced, pdu), back, end);
    }
    for (const MessageRecord* each : {&replaced, &cancelled, &failed}) {
      EXPECT_EQ(Sql("SELECT dedupe_key IS NOT NULL FROM traffic.message WHERE message_id = " +
                    std::to_string(each->message_id)),
                each == &failed ? "t" : "f");
    }
  }
}

TEST_F(BatchTest, ACancelledMessageTouchesItsDayAlone) {
  MessageRecord m = Queued(Nano{40'000'000});
  m.dedupe_key = "0123456789abcdef";
  MustSettle(m);
  OutcomeRecord back = Final(m, 4);
  back.cause = OutcomeCause::kCancelled;
  Do("SET statement_timeout = '2s'");
  {
    const LockedDay other_day(database_);
    MustSettle(back);
  }
  EXPECT_EQ(Sql("SELECT count(dedupe_key) FROM traffic.message"), "0");
}

TEST_F(BatchTest, OneThatWasReplacedAndEndedInABatchIsGone) {
  const std::uint8_t pdu[] = {1};
  const MessageRecord m = Queued(Nano{40'000'000});
  MustSettle(m);
  MustSettle(Replaced(m, pdu), QueueEndRecord{m.message_id});
  EXPECT_EQ(Sql("SELECT count(*) FROM traffic.queue"), "0");
  EXPECT_EQ(Sql("SELECT registered_delivery FROM traffic.message"), "1");
}

// A year of days must not be planned for, nor locked, for the messages of one.
TEST_F(BatchTest, AReplacedMessageTouchesItsDayAlone) {
  const std::uint8_t pdu[] = {1};
  const MessageRecord m = Queued(Nano{40'000'000});
  MustSettle(m);
  Do("SET statement_timeout = '2s'");
  {
    const LockedDay other_day(database_);
    MustSettle(Replaced(m, pdu));
  }
  EXPECT_EQ(Sql("SELECT pdu FROM traffic.queue"), "\\x01");
}

TEST_F(BatchTest, AReceiptWaitsUntilItIsTold) {
  const MessageRecord m = Message({2});
  const ReceiptRecord receipt = Receipt(NewId(), m);
  OutcomeRecord outcome = Final(m, 2);
  outcome.received_at_us = m.accepted_at_us;
  MustSettle(m, outcome, receipt, Ended(receipt, ReceiptEnd::kTriedAgain, 1));
  EXPECT_EQ(Sql("SELECT concat_ws(' ', message_id = (SELECT message_id FROM traffic.message), "
                "node_id, epoch, "
                "client_id, message_state, is_final, tries, expires_at - received_at, pdu) "
                "FROM traffic.receipt"),
            "t 1 1 1 2 t 1 00:00:01 \\x0500ff");
  EXPECT_EQ(Sql(kTold), "");
  MustSettle(Ended(receipt, ReceiptEnd::kTriedAgain, 2));
  EXPECT_EQ(Sql("SELECT tries FROM traffic.receipt"), "2");
  MustSettle(Ended(receipt, ReceiptEnd::kDelivered, 3));
  EXPECT_EQ(Sql("SELECT count(*) FROM traffic.receipt"), "0");
  EXPECT_EQ(Sql(kTold), "00:00:00.000003 3");
  EXPECT_EQ(Sql("SELECT what || ' ' || tries || ' ' || party FROM traffic.receipt_event, "
                "bill.v_duplicates v "
                "WHERE v.what = 'receipt'")
                .substr(0, 0),
            "");
  EXPECT_EQ(
      Sql("SELECT concat_ws(' ', what, no = (SELECT receipt_id FROM traffic.receipt_event), party, "
          "became) FROM bill.v_duplicates"),
      "receipt t acme delivered");
}

TEST_F(BatchTest, AMessagesEsmClassIsWrittenWhereItIsKnown) {
  MessageRecord known = Message({2});
  known.esm_class = 0x43;
  MustSettle(known, MessageRecordV1{Message({2})});
  EXPECT_EQ(
      Sql("SELECT string_agg(coalesce(esm_class::text, 'NULL'), ' ' ORDER BY message_id) FROM "
          "traffic.message"),
      "67 NULL");
}

// A grant of credit waits for an account 200 ms at most.
TEST_F(BatchTest, NoAccountIsLockedWhileTheRestOfTheBatchIsWritten) {
  const MessageRecord m = Queued({2});
  MustSettle(m);
  Pg other = Connect(database_), watch = Connect(database_);
  ASSERT_TRUE(other.RunFile("test", "BEGIN; SELECT FROM traffic.queue FOR UPDATE").ok());
  const std::string pid = Sql("SELECT pg_backend_pid()");
  std::thread settling([&] { MustSettle(Message({4}), QueueEndRecord{m.message_id}); });
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (Scalar(watch, "SELECT count(*) FROM pg_locks WHERE NOT granted AND pid = " + pid) == "0" &&
         std::chrono::steady_clock::now() < until)
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  EXPECT_EQ(
      Scalar(watch, "SELECT account_id FROM money.account WHERE account_id = 1 FOR UPDATE NOWAIT"),
      "1");
  EXPECT_TRUE(other.RunFile("test", "COMMIT").ok());
  settling.join();
}

TEST_F(BatchTest, WhatWasNotPlainOfAReceiptIsNoted) {
  const MessageRecord m = Message({2});
  const ReceiptRecord refused = Receipt(NewId(), m);
  const ReceiptRecord expired = Receipt(NewId(), m);
  MustSettle(m, Final(m, 2), refused, expired, Ended(refused, ReceiptEnd::kRefused, 1),
             Ended(expired, ReceiptEnd::kExpired, 4));
  EXPECT_EQ(
      Sql("SELECT string_agg(concat_ws(' ', what, tries, possible_duplicate, command_status), "
          "', ' ORDER BY what) FROM traffic.receipt_event"),
      "expired 4 t 0, refused 1 f 100");
  EXPECT_EQ(Sql(kTold), "");  // neither was acknowledged
}

TEST_F(BatchTest, AStrayReceiptIsKept) {
  StrayReceiptRecord stray;
  stray.supplier_id = 2;
  stray.upstream_id = "0xAbC";
  stray.message_state = 2;
  stray.error = "000";
  stray.destination_addr = "447700900123";
  MustSettle(stray);
  EXPECT_EQ(Sql("SELECT concat_ws(' ', supplier_id, upstream_id, message_state, error, "
                "destination_addr) FROM traffic.stray_receipt"),
            "2 0xAbC 2 000 447700900123");
}

TEST_F(BatchTest, AnUnknownEndIsShown) {
  const MessageRecord m = Queued({2});
  MustSettle(m, Attempt(m, 1, AttemptResult::kUnknown), Again(m, INT64_MAX, true));
  EXPECT_EQ(Sql("SELECT concat_ws(' ', client, supplier, on_unknown, now) FROM bill.v_unknown"),
            "acme alpha hold held");
  EXPECT_EQ(Sql("SELECT cost_state FROM traffic.attempt"), "uncertain");
  MustSettle(QueueEndRecord{m.message_id}, Final(m, 7, OutcomeCause::kUnknown));
  EXPECT_EQ(Sql("SELECT concat_ws(' ', now, message_state, cause) FROM bill.v_unknown"),
            "final 7 unknown");
}

// A message that asked for no receipt never gets a final state: "pending" would be a lie.
TEST_F(BatchTest, WhatNobodyAskedForIsNotPending) {
  MessageRecord silent = Message({2});
  silent.registered_delivery = 0;
  MessageRecord asked = Message({2});
  MustSettle(silent, asked, Attempt(silent, 1, AttemptResult::kAccepted),
             Attempt(asked, 1, AttemptResult::kAccepted));
  EXPECT_EQ(Sql("SELECT string_agg(state, ', ' ORDER BY message_id) FROM bill.v_cdr"),
            "none asked, pending");
}

}  // namespace
}  // namespace hub::test
