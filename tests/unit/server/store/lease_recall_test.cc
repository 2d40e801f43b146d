// Recall, limits that are lowered, debt that is forced, nodes that are gone: SQL.
#include "tests/unit/server/store/lease_rig.h"

namespace hub::test {
namespace {

using namespace hub::store;

class Recall : public LeaseRig {
 protected:
  Recall() {
    EXPECT_EQ(StartNode(pg_, 2), 1);
    EXPECT_TRUE(listener_.Run("listen", "LISTEN lease_recall").ok());
  }
  // What nodes were told since the last look: "1 2" is account 1, called by node 2.
  std::string Told() {
    EXPECT_TRUE(listener_.Run("come to the front", "SELECT 1").ok());
    std::string told;
    while (const auto notice = listener_.NextNotice()) told += (told.empty() ? "" : ",") + *notice;
    return told;
  }
  Pg listener_ = Connect(database_);
};

TEST_F(Recall, WhatOtherNodesHoldIsCalledBackAndTheNumberIsNotUsedUp) {
  ASSERT_EQ(Grant("9", "9", 1, 1), "granted 9");
  EXPECT_EQ(Grant("5", "2", 1, 2), "recall 0");
  EXPECT_EQ(Told(), "1 2");
  EXPECT_EQ(Return("9", 1, 1), "returned");
  EXPECT_EQ(Grant("5", "2", 1, 2), "granted 2.500000000");
}

TEST_F(Recall, IsNotSaidMoreOftenThanTenTimesASecond) {
  ASSERT_EQ(Grant("9", "9", 1, 1), "granted 9");
  for (int i = 0; i < 5; ++i) EXPECT_EQ(Grant("5", "2", 1, 2), "recall 0");
  EXPECT_EQ(Told(), "1 2");
  ASSERT_TRUE(
      pg_.Run("later", "UPDATE money.account SET recall_at = recall_at - interval '110 ms'").ok());
  EXPECT_EQ(Grant("5", "2", 1, 2), "recall 0");
  EXPECT_EQ(Told(), "1 2");
}

TEST_F(Recall, ASoleHolderIsRefusedAtOnce) {
  ASSERT_EQ(Grant("9", "9", 1, 1), "granted 9");
  EXPECT_EQ(Grant("5", "2", 2, 1), "no_credit 0");
  EXPECT_EQ(Grant("1", "1", 3, 1), "granted 1");
  EXPECT_EQ(Grant("1", "1", 4, 1), "no_credit 0");
  EXPECT_EQ(Told(), "");
}

TEST_F(Recall, NobodyIsCalledWhileNoMessageWaits) {
  ASSERT_EQ(Grant("10", "10", 1, 1), "granted 10");
  EXPECT_EQ(Grant("5", "0", 1, 2), "recall 0");
  EXPECT_EQ(Told(), "");
}

TEST_F(Recall, OneNodeCollectsAtATime) {
  ASSERT_EQ(StartNode(pg_, 3), 1);
  ASSERT_EQ(Grant("4", "4", 1, 1), "granted 4");
  ASSERT_EQ(Grant("6", "6", 1, 2), "granted 6");
  EXPECT_EQ(Grant("5", "5", 1, 3), "recall 0");  // node 3 collects
  EXPECT_EQ(Return("4", 1, 1), "returned");
  EXPECT_EQ(Grant("1", "1", 2, 1), "recall 0");  // not out of what is collected
  EXPECT_EQ(Told(), "1 3");
  EXPECT_EQ(Return("6", 1, 2), "returned");
  EXPECT_EQ(Grant("5", "5", 1, 3), "granted 5");
  EXPECT_EQ(Grant("1", "1", 2, 1), "granted 1");  // its turn is over
}

TEST_F(Recall, ATurnThatNobodyEndsEndsByItself) {
  ASSERT_EQ(Grant("4", "4", 1, 1), "granted 4");
  EXPECT_EQ(Grant("8", "8", 1, 2), "recall 0");
  EXPECT_EQ(Grant("3", "3", 2, 1), "granted 3");  // the only holder waits for nobody
  ASSERT_EQ(StartNode(pg_, 3), 1);
  EXPECT_EQ(Grant("1", "1", 1, 3), "recall 0");
  ASSERT_TRUE(
      pg_.Run("later", "UPDATE money.account SET recall_at = recall_at - interval '1 s'").ok());
  EXPECT_EQ(Grant("1", "1", 1, 3), "granted 1");
}

TEST_F(Recall, ANodeThatEndedIsNotWaitedFor) {
  ASSERT_EQ(Grant("9", "9", 1, 1), "granted 9");
  EXPECT_EQ(Scalar(pg_, "SELECT money.fence_node(1, 'its rack burnt')"), "1");
  EXPECT_EQ(Grant("5", "2", 1, 2), "no_credit 0");
  EXPECT_EQ(Told(), "");
}

TEST_F(Recall, ASuspendedAccountIsCalledBackFromEverybody) {
  ASSERT_EQ(Grant("4", "4", 1, 1), "granted 4");
  ASSERT_EQ(Refusal("UPDATE money.account SET status = 'suspended'"), "");
  EXPECT_EQ(Told(), "1 -1");  // not the other account: nothing of it is out
  ASSERT_EQ(Refusal("UPDATE money.account SET status = 'active'"), "");
  EXPECT_EQ(Told(), "");
}

class Limits : public Recall {
 protected:
  std::string SetLimit(const std::string& limit) {
    return Scalar(pg_, "SELECT trim_scale(money.set_credit_limit($1, $2, 'agreed'))",
                  {account_, limit});
  }
  std::string Chargeback(const std::string& amount, const std::string& reference = "cb-1") {
    return Scalar(pg_, "SELECT money.chargeback($1, $2, 'card disputed', $3)",
                  {account_, amount, reference});
  }
  std::string Events() {
    return Scalar(pg_,
                  "SELECT string_agg(what || ' ' || trim_scale(amount), ', ' ORDER BY event_id) "
                  "FROM bill.v_credit_event");
  }
};

TEST_F(Limits, ALimitLoweredBelowWhatIsOutFallsAsMoneyReturns) {
  EXPECT_EQ(SetLimit("5"), "5");
  ASSERT_EQ(Grant("12", "12", 1, 1), "granted 12");  // 2 of them on credit
  EXPECT_EQ(Told(), "");
  EXPECT_EQ(SetLimit("0.5"), "2");
  EXPECT_EQ(Told(), "1 -1");
  EXPECT_EQ(BrokenInvariants(database_), "");
  EXPECT_EQ(Grant("1", "0.1", 2, 1), "no_credit 0");
  EXPECT_EQ(Return("1", 1, 1), "returned");
  EXPECT_EQ(Of("credit_limit"), "1");
  Spend({3 * kNanoPerUnit});  // moves money from leased to spent: what is out stays the same
  EXPECT_EQ(Of("credit_limit"), "1");
  EXPECT_EQ(Return("8", 2, 1), "returned");
  EXPECT_EQ(Of("credit_limit"), "0.5");
  EXPECT_EQ(Grant("100", "7.5", 3, 1), "granted 7.5");
  EXPECT_EQ(Grant("100", "0.1", 4, 1), "no_credit 0");
  EXPECT_EQ(Events(), "limit 5, limit 0.5");
}

TEST_F(Limits, ALimitThatIsPassedNeverRisesWithAnError) {
  SetLimit("5");
  ASSERT_EQ(Grant("12", "12", 1, 1), "granted 12");
  ASSERT_EQ(SetLimit("0"), "2");
  EXPECT_EQ(Refusal("UPDATE money.account SET leased = leased + 0.000000001 WHERE account_id = 1"),
            "23514");
  EXPECT_EQ(Refusal("UPDATE money.account SET balance = balance - 1 WHERE account_id = 1"),
            "23514");
  EXPECT_EQ(Refusal("SELECT money.set_credit_limit(1, -1, 'x')"), "23514");
  EXPECT_EQ(Refusal("SELECT money.set_credit_limit(1, 1, '')"), "HB003");
  EXPECT_EQ(Refusal("SELECT money.set_credit_limit(99, 1, 'x')"), "HB003");
}

TEST_F(Limits, ALimitWrittenIntoItsColumnIsAgreedOnLikeAnyOther) {  // as hubctl apply does
  ASSERT_EQ(Refusal("UPDATE money.account SET credit_limit = 5 WHERE account_id = 1"), "");
  EXPECT_EQ(Of("limit_base"), "5");
  ASSERT_EQ(Grant("12", "12", 1, 1), "granted 12");
  ASSERT_EQ(Refusal("UPDATE money.account SET credit_limit = 1 WHERE account_id = 1"), "");
  EXPECT_EQ(Of("credit_limit"), "2");
  EXPECT_EQ(Told(), "1 -1");
  EXPECT_EQ(Return("12", 1, 1), "returned");
  EXPECT_EQ(Of("credit_limit"), "1");
  EXPECT_EQ(Scalar(pg_, "SELECT trim_scale(limit_base) FROM money.account WHERE account_id = 2"),
            "1");  // as inserted
}

TEST_F(Limits, ACreditGrantEndsByItselfThoughItIsSpent) {
  EXPECT_EQ(Scalar(pg_, "SELECT money.grant_credit($1, 3, now() + interval '1 hour', 'a fair')",
                   {account_}),
            "1");
  ASSERT_EQ(Grant("13", "13", 1, 1), "granted 13");
  ASSERT_EQ(
      Refusal("UPDATE money.credit_grant SET valid = tstzrange(lower(valid), clock_timestamp())"),
      "");
  EXPECT_EQ(Scalar(pg_, "SELECT money.credit_grants_refresh()"), "1");
  EXPECT_EQ(Told(), "1 -1");
  EXPECT_EQ(Of("credit_limit"), "3");
  EXPECT_EQ(Of("overdraft"), "0");
  EXPECT_EQ(Return("13", 1, 1), "returned");
  EXPECT_EQ(Of("credit_limit"), "0");
  EXPECT_EQ(Scalar(pg_, "SELECT money.credit_grants_refresh()"), "0");
}

TEST_F(Limits, ACreditGrantThatEndedIsSeenByTheNextGrant) {
  EXPECT_EQ(Scalar(pg_, "SELECT money.grant_credit($1, 3, now() + interval '1 hour', 'a fair')",
                   {account_}),
            "1");
  ASSERT_EQ(
      Refusal("UPDATE money.credit_grant SET valid = tstzrange(lower(valid), clock_timestamp())"),
      "");
  EXPECT_EQ(Grant("13", "11", 1, 1), "no_credit 0");
  EXPECT_EQ(Grant("13", "10", 2, 1), "granted 10");
}

TEST_F(Limits, AChargebackBeyondTheLimitIsForcedDebtThatTheNextMoneyPays) {
  ASSERT_EQ(Grant("4", "4", 1, 1), "granted 4");
  EXPECT_EQ(Chargeback("8"), "t");
  EXPECT_EQ(Chargeback("8"), "f");
  EXPECT_EQ(Of("balance"), "2");
  EXPECT_EQ(Of("forced_debt"), "2");
  EXPECT_EQ(Told(), "1 -1");
  EXPECT_EQ(Return("1", 1, 1), "returned");
  EXPECT_EQ(Of("forced_debt"), "1");
  EXPECT_EQ(Grant("1", "0.1", 2, 1), "no_credit 0");
  Spend({3 * kNanoPerUnit});
  EXPECT_EQ(Of("balance"), "-1");
  EXPECT_EQ(Of("forced_debt"), "1");
  ASSERT_EQ(Refusal("SELECT money.topup(1, 1.5, 'paid', 'paid')"), "");
  EXPECT_EQ(Of("forced_debt"), "0");
  EXPECT_EQ(Grant("1", "0.5", 3, 1), "granted 0.5");
  EXPECT_EQ(Events(), "forced_debt 2");
}

TEST_F(Limits, AChargebackThatTheAccountCanBearForcesNothing) {
  EXPECT_EQ(Chargeback("8"), "t");
  EXPECT_EQ(Of("forced_debt"), "0");
  EXPECT_EQ(Events(), "");
  EXPECT_EQ(
      Scalar(pg_,
             "SELECT trim_scale(sum(amount)) FROM money.ledger_entry WHERE kind = 'chargeback'"),
      "-8");
  EXPECT_EQ(Refusal("SELECT money.chargeback(1, 7, 'x', 'cb-1')"), "HB003");
  EXPECT_EQ(Refusal("SELECT money.chargeback(1, 0, 'x', 'cb-2')"), "HB003");
  EXPECT_EQ(Refusal("SELECT money.chargeback(1, 1, '', 'cb-2')"), "HB003");
}

TEST_F(Limits, BothAtOnceKeepTheirAccounts) {
  SetLimit("5");
  ASSERT_EQ(Grant("14", "14", 1, 1), "granted 14");
  EXPECT_EQ(SetLimit("1"), "4");
  EXPECT_EQ(Chargeback("2"), "t");
  EXPECT_EQ(Of("credit_limit"), "4");
  EXPECT_EQ(Of("forced_debt"), "2");
  EXPECT_EQ(Return("4", 1, 1), "returned");  // the limit comes down first, then the debt
  EXPECT_EQ(Of("credit_limit"), "1");
  EXPECT_EQ(Of("forced_debt"), "1");
  EXPECT_EQ(Refusal("UPDATE money.credit_event SET amount = 0"), "HB002");
}

class Nodes : public LeaseRig {};

TEST_F(Nodes, AFencedNodeGetsNothingButItsJournalIsStillSettled) {
  ASSERT_EQ(Grant("4", "4", 1), "granted 4");
  EXPECT_EQ(Scalar(pg_, "SELECT money.fence_node(1, 'dead')"), "1");
  EXPECT_EQ(Scalar(pg_, "SELECT money.fence_node(1, 'dead')"), "0");
  EXPECT_EQ(Grant("1", "1", 2), "fenced 0");
  Spend({kNanoPerUnit});
  EXPECT_EQ(Of("leased"), "3");
  EXPECT_EQ(Refusal("SELECT money.fence_node(1, '')"), "HB003");
}

TEST_F(Nodes, AnAbandonedNodesMoneyReturnsAndItsLaterBatchesAreRefused) {
  ASSERT_EQ(Grant("4", "4", 1), "granted 4");
  Spend({kNanoPerUnit});
  Spend({500'000'000}, 1, "delivered");
  EXPECT_EQ(Refusal("SELECT money.node_abandon(1, 'disk lost')"), "HB008");  // not fenced
  ASSERT_EQ(Scalar(pg_, "SELECT money.fence_node(1, 'dead')"), "1");
  EXPECT_EQ(Scalar(pg_, "SELECT trim_scale(money.node_abandon(1, 'disk lost'))"), "2.5");
  EXPECT_EQ(Scalar(pg_,
                   "SELECT what || ' ' || trim_scale(amount) || ' ' || node_id || ' ' || epoch || "
                   "' ' || reason"
                   " FROM money.credit_event"),
            "abandoned 2.5 1 1 disk lost");
  EXPECT_EQ(Of("leased"), "0");
  EXPECT_EQ(Of("balance"), "9");
  EXPECT_EQ(Of("held"), "0.5");
  auto late =
      Settle(pg_, {1, 1, 2, 3, {{ids_.Next(SystemClock().WallNow()), 1, {1}, "submit"}}, {}});
  EXPECT_EQ(late.error().sqlstate, "HB004");
  EXPECT_EQ(Scalar(pg_, "SELECT trim_scale(money.node_abandon(1, 'again'))"), "0");
}

TEST_F(Nodes, ANodeWhoseDaemonLivesIsNotAbandoned) {
  Pg daemon = Connect(database_);
  ASSERT_EQ(Scalar(daemon, "SELECT pg_try_advisory_lock(hashtext('smpphub node'), 1)"), "t");
  ASSERT_EQ(Scalar(pg_, "SELECT money.fence_node(1, 'dead?')"), "1");
  EXPECT_EQ(Refusal("SELECT money.node_abandon(1, 'disk lost')"), "HB008");
}

}  // namespace
}  // namespace hub::test
