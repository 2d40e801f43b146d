#include "server/store/batch.h"

#include <gtest/gtest.h>

#include "server/store/apply.h"
#include "tests/support/postgres_rig.h"

namespace hub::test {
namespace {

using namespace hub::store;

class BatchTest : public testing::Test {
 protected:
  BatchTest() {
    auto applied = Apply(database_, SmallWorld(), false);
    EXPECT_TRUE(applied.ok()) << applied.error().Text();
    EXPECT_TRUE(PrepareToSettle(pg_).ok());
    EXPECT_TRUE(pg_.RunFile("start",
                            "SELECT money.node_start(1);"
                            "SELECT money.lease_grant(1, 1, 1, 2, 2, 1)")
                    .ok());
  }
  void TearDown() override { EXPECT_EQ(BrokenInvariants(database_), ""); }

  MessageRecord Message(Nano amount) {
    MessageRecord m;
    m.message_id = ids_.Next(SystemClock().WallNow());
    m.client_id = 1;
    m.account_id = 1;
    m.network_id = 1;
    m.source_addr = "caf\xe9";
    m.destination_addr = "447700900123";
    m.message_class = "otp";
    m.segments = 2;
    m.rate = {amount.units / 2};
    m.amount = amount;
    m.accepted_at_us = ToMicros(SystemClock().WallNow());
    m.supplier_id = 1;
    m.decision = "alpha 0.024 taken";
    return m;
  }
  AttemptRecord Attempt(const MessageRecord& m, std::int16_t no, AttemptResult result, Nano rate) {
    AttemptRecord a;
    a.message_id = m.message_id;
    a.attempt_no = no;
    a.supplier_id = no;
    a.result = result;
    a.upstream_id = "up-" + std::to_string(no);
    a.sent_at_us = a.ended_at_us = m.accepted_at_us;
    a.rate = rate;
    a.segments = m.segments;
    if (result == AttemptResult::kAccepted) a.cost = {rate.units * m.segments};
    return a;
  }

  const std::string database_ = PostgresServer::Get().NewDatabase();
  Pg pg_ = Connect(database_);
  MessageIdSource ids_{1, 0, 0};
};

TEST_F(BatchTest, WritesAllThatBillingReads) {
  const MessageRecord m = Message({40'000'000});
  OutcomeRecord delivered{m.message_id, 1, 2, "000", m.accepted_at_us + 5};
  OutcomeRecord late{m.message_id, 1, 5, "001", m.accepted_at_us + 9};
  RejectRecord reject{ids_.Next(SystemClock().WallNow()),
                      1,
                      0,
                      "1234",
                      "999",
                      "no_route",
                      0x0b,
                      m.accepted_at_us,
                      ""};
  const Batch batch =
      BuildBatch({1, 1, 1}, 0,
                 {m, Attempt(m, 1, AttemptResult::kTimeout, {9'000'000}),
                  Attempt(m, 2, AttemptResult::kAccepted, {12'000'000}), late, delivered, reject});
  ASSERT_TRUE(SettleBatch(pg_, batch).ok());
  EXPECT_EQ(
      Scalar(pg_,
             "SELECT concat_ws('|', client, source_addr, destination, country, mnc, network, "
             "class, segments,"
             " rate, amount, currency, supplier, cost, margin, cost_state, state, error, attempts)"
             " FROM bill.v_cdr"),
      "acme|caf\\xE9|4477******23|GB|10|Ten|otp|2|0.020000000|0.040000000|EUR|alpha|0.024000000|0."
      "016000000|"
      "uncertain|DELIVRD|000|1");
  EXPECT_EQ(Scalar(pg_, "SELECT may_cost FROM bill.v_uncertain_cost"), "0.018000000");
  EXPECT_EQ(Scalar(pg_, "SELECT supplier || ' ' || payable FROM bill.v_supplier_payable"),
            "beta 0.024000000");
  EXPECT_EQ(
      Scalar(pg_,
             "SELECT reason || ' ' || command_status || ' ' || destination FROM bill.v_rejects"),
      "no_route 11 ***");
  EXPECT_EQ(
      Scalar(pg_, "SELECT amount || ' ' || balance FROM bill.v_statement ORDER BY entry_id DESC"),
      "-0.040000000 9.960000000");
  EXPECT_EQ(
      Scalar(pg_,
             "SELECT tableoid::regclass::text <> 'traffic.message_default' FROM traffic.message"),
      "t");
}

TEST_F(BatchTest, SentTwiceIsNothing) {
  const Batch batch = BuildBatch({1, 1, 1}, 0, {Message({1'000'000'000}), Message({500'000'000})});
  ASSERT_TRUE(SettleBatch(pg_, batch).ok());
  ASSERT_TRUE(SettleBatch(pg_, batch).ok());
  EXPECT_EQ(Scalar(pg_, "SELECT balance || ' ' || leased FROM money.account WHERE account_id = 1"),
            "8.500000000 0.500000000");
  EXPECT_EQ(Scalar(pg_, "SELECT count(*) FROM traffic.message"), "2");
}

TEST_F(BatchTest, AFirstFinalStateOfAnEarlierBatchStands) {
  const MessageRecord m = Message({0});
  ASSERT_TRUE(
      SettleBatch(pg_, BuildBatch({1, 1, 1}, 0, {m, OutcomeRecord{m.message_id, 1, 2, "000", 5}}))
          .ok());
  ASSERT_TRUE(
      SettleBatch(pg_, BuildBatch({1, 1, 2}, 0, {OutcomeRecord{m.message_id, 1, 5, "001", 1}}))
          .ok());
  EXPECT_EQ(Scalar(pg_, "SELECT state FROM bill.v_cdr"), "DELIVRD");
}

TEST_F(BatchTest, MoreThanTheLeaseIsRefusedWhole) {
  auto settled = SettleBatch(pg_, BuildBatch({1, 1, 1}, 0, {Message({2'000'000'002})}));
  ASSERT_FALSE(settled.ok());
  EXPECT_EQ(settled.error().sqlstate, "23514");
  EXPECT_EQ(Scalar(pg_, "SELECT count(*) FROM traffic.message"), "0");
  EXPECT_EQ(Scalar(pg_, "SELECT count(*) FROM money.settle_batch"), "0");
}

TEST_F(BatchTest, ABatchOfAClosedEpochIsRefusedButAnOldOneIsStillKnown) {
  const Batch before = BuildBatch({1, 1, 1}, 0, {Message({1'000'000})});
  const Batch after = BuildBatch({1, 1, 2}, 0, {Message({1'000'000})});
  ASSERT_TRUE(SettleBatch(pg_, before).ok());
  ASSERT_TRUE(pg_.Run("start", "SELECT money.node_start(1)").ok());
  EXPECT_TRUE(SettleBatch(pg_, before).ok());
  auto settled = SettleBatch(pg_, after);
  ASSERT_FALSE(settled.ok());
  EXPECT_EQ(settled.error().sqlstate, "HB004");
}

TEST_F(BatchTest, TheNextStartKnowsTheLargestMessageId) {
  const MessageRecord first = Message({2});
  const MessageRecord second = Message({2});
  ASSERT_TRUE(SettleBatch(pg_, BuildBatch({1, 1, 1}, 0, {second, first})).ok());
  EXPECT_EQ(Scalar(pg_, "SELECT last_message_id FROM money.node_start(1)"),
            std::to_string(second.message_id));
  EXPECT_EQ(Scalar(pg_, "SELECT last_message_id FROM money.node_start(1)"),
            std::to_string(second.message_id));
}

}  // namespace
}  // namespace hub::test
