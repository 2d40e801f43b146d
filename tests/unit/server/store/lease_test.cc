// Leases as PostgreSQL grants them and takes them back: the functions that the daemon and these tests share.
#include <thread>

#include "server/base/random.h"
#include "tests/unit/server/store/lease_rig.h"

namespace hub::test {
namespace {

using namespace hub::store;

class LeaseTest : public LeaseRig {};

TEST_F(LeaseTest, GrantsHalfOfWhatIsThereButNeverLessThanAMessageNeeds) {
  EXPECT_EQ(Grant("2", "0.02", 1), "granted 2");
  EXPECT_EQ(Grant("100", "0.02", 2), "granted 4.000000000");
  EXPECT_EQ(Grant("100", "3.5", 3), "granted 3.5");
  EXPECT_EQ(Grant("100", "0.6", 4), "no_credit 0");
  EXPECT_EQ(Grant("100", "0.5", 5), "granted 0.5");
  EXPECT_EQ(Grant("100", "0", 6), "no_credit 0");
}

TEST_F(LeaseTest, HalvesDownToTheLastBillionth) {
  std::string state;
  for (int request = 1; request < 60; ++request) {
    state = Grant("1000", "0", request);
    if (state == "no_credit 0") break;
  }
  EXPECT_EQ(state, "no_credit 0");
  EXPECT_EQ(Scalar(pg_, "SELECT granted FROM money.credit_lease"), "10.000000000");
}

TEST_F(LeaseTest, NodesThatShareAnAccountShareWhatIsLeft) {
  ASSERT_EQ(StartNode(pg_, 2), 1);
  ASSERT_EQ(StartNode(pg_, 3), 1);
  EXPECT_EQ(Grant("1", "1", 1, 2), "granted 1");
  EXPECT_EQ(Grant("100", "0.02", 1, 1), "granted 2.250000000");  // 9 / (2 x 2)
  EXPECT_EQ(Grant("100", "0.02", 1, 3), "granted 1.125000000");  // 6.75 / (2 x 3)
  EXPECT_EQ(Grant("100", "4", 2, 3), "granted 4");
}

TEST_F(LeaseTest, ANodeThatHoldsNothingAndAskedLongAgoGetsNoShare) {
  ASSERT_EQ(StartNode(pg_, 2), 1);
  EXPECT_EQ(Grant("1", "1", 1, 2), "granted 1");
  EXPECT_EQ(Return("1", 1, 2), "returned");
  EXPECT_EQ(Grant("100", "0", 1), "granted 2.500000000");  // it asked just now
  ASSERT_TRUE(
      pg_.Run("long ago", "UPDATE money.credit_lease SET asked_at = now() - interval '11 s'").ok());
  EXPECT_EQ(Grant("100", "0", 2), "granted 3.750000000");
}

TEST_F(LeaseTest, TheSharesOfManyNodesNeverPassWhatIsThere) {
  for (int node = 2; node < 8; ++node) ASSERT_EQ(StartNode(pg_, node), 1);
  std::int64_t total = 0;
  for (int request = 1; request < 400; ++request) {
    const std::string answer = Grant("1000", "0", request, 1 + request % 7);
    if (answer.starts_with("granted ")) total += ParseNano(answer.substr(8))->units;
    // a request that was told "recall" has not used its number up: the next one passes it by
  }
  EXPECT_EQ(FormatNano({total}), "10");
  EXPECT_EQ(Of("leased"), "10");
}

TEST_F(LeaseTest, ALostAnswerIsGivenAgainAndGrantsNothing) {
  EXPECT_EQ(Grant("2", "0.02", 1), "granted 2");
  EXPECT_EQ(Grant("2", "0.02", 1), "granted 2.000000000");
  EXPECT_EQ(Of("leased"), "2");
  EXPECT_EQ(Grant("50", "50", 2), "no_credit 0");
  EXPECT_EQ(Grant("1", "1", 2), "no_credit 0.000000000");
  EXPECT_EQ(Grant("1", "1", 3), "granted 1");
}

TEST_F(LeaseTest, AReturnIsCountedOnce) {
  EXPECT_EQ(Grant("2", "2", 1), "granted 2");
  EXPECT_EQ(Return("1.5", 1), "returned");
  EXPECT_EQ(Return("1.5", 1), "returned");  // its answer was lost
  EXPECT_EQ(Of("leased"), "0.5");
  EXPECT_EQ(Return("0.5", 2), "returned");
  EXPECT_EQ(Of("leased"), "0");
  EXPECT_EQ(Grant("10", "10", 2), "granted 10");
}

TEST_F(LeaseTest, WhatWasSpentOrHeldCannotBeReturned) {
  EXPECT_EQ(Grant("2", "2", 1), "granted 2");
  Spend({500'000'000});
  Spend({500'000'000}, 1, "delivered");
  EXPECT_EQ(Return("1.000000001", 1), "unknown");
  EXPECT_EQ(Of("leased"), "1");
  EXPECT_EQ(Return("1", 1), "returned");
  EXPECT_EQ(Of("leased"), "0");
  EXPECT_EQ(Of("held"), "0.5");
  EXPECT_EQ(Return("0.1", 1, 2), "unknown");  // no such lease
}

TEST_F(LeaseTest, AClosedLeaseReturnsNothingMore) {
  EXPECT_EQ(Grant("2", "2", 1), "granted 2");
  EXPECT_EQ(Scalar(pg_, "SELECT money.lease_close_all(1, 1)"), "2.000000000");
  EXPECT_EQ(Return("2", 1), "fenced");
  EXPECT_EQ(Of("leased"), "0");
}

TEST_F(LeaseTest, AnEndedEpochGetsNothingAndKeepsWhatItHolds) {
  ASSERT_EQ(Grant("2", "2", 1), "granted 2");
  ASSERT_EQ(StartNode(pg_, 1), 2);
  EXPECT_EQ(Of("leased"), "2");
  EXPECT_EQ(Grant("2", "2", 2), "fenced 0");
  EXPECT_EQ(Grant("2", "2", 1, 1, 2), "granted 2");
  EXPECT_EQ(Return("2", 1), "returned");
}

TEST_F(LeaseTest, ClosingAnEpochsLeasesEndsTheEpoch) {
  EXPECT_EQ(Scalar(pg_, "SELECT money.lease_close_all(1, 1)"), "0");
  EXPECT_EQ(Grant("2", "2", 1), "fenced 0");  // a late first grant
  EXPECT_EQ(Scalar(pg_, "SELECT count(*) FROM money.credit_lease"), "0");
}

TEST_F(LeaseTest, ALockedAccountDoesNotFailTheGrantsBesideIt) {
  Pg holder = Connect(database_);
  ASSERT_TRUE(holder
                  .RunFile("hold",
                           "BEGIN; SELECT FROM money.account WHERE account_id = 2"
                           " FOR UPDATE")
                  .ok());
  const std::string both =
      "SELECT string_agg(g.state, ' ') FROM (VALUES (1, 1), (2, 1)) AS q(account, request),"
      " LATERAL money.lease_grant(q.account, 1, 1, 0.5, 0.5, q.request) AS g";
  EXPECT_EQ(Scalar(pg_, both), "granted busy");
  EXPECT_EQ(Scalar(pg_, "SELECT state FROM money.lease_return(2, 1, 1, 0.5, 1)"), "busy");
  ASSERT_TRUE(holder.Run("let go", "COMMIT").ok());
  EXPECT_EQ(Scalar(pg_, "SELECT state FROM money.lease_grant(2, 1, 1, 0.5, 0.5, 2)"), "granted");
}

TEST_F(LeaseTest, ASuspendedAccountGetsNothingAndSettlesWhatIsUnderWay) {  // F14
  ASSERT_EQ(Grant("2", "2", 1), "granted 2");
  ASSERT_TRUE(pg_.Run("suspend", "UPDATE money.account SET status = 'suspended'").ok());
  EXPECT_EQ(Grant("2", "2", 2), "suspended 0");
  Spend({500'000'000});
  EXPECT_EQ(Return("1.5", 1), "returned");
  EXPECT_EQ(Of("balance"), "9.5");
  EXPECT_EQ(Of("leased"), "0");
  EXPECT_EQ(Scalar(pg_, "SELECT state FROM money.lease_grant(999, 1, 1, 1, 1, 1)"), "no_account");
}

// One node of the race: leases, spends at random, settles each batch twice, until nothing is
// granted any more.
void SpendAll(const std::string& database, int node, std::int64_t account,
              std::atomic<std::int64_t>* spent) {
  Pg pg = Connect(database);
  Pg again = Connect(database);
  const std::int64_t epoch = StartNode(pg, node);
  Random random(static_cast<std::uint64_t>(node));
  std::int64_t held = 0;
  MessageIdSource ids(static_cast<unsigned>(node), 0, 0);
  std::int64_t position = 0;
  for (int request = 1;; ++request) {
    const auto amount = static_cast<std::int64_t>(1 + random.Below(700'000'000));
    if (held < amount) {
      auto grant =
          pg.Run("grant", "SELECT state, granted FROM money.lease_grant($1, $2, $3, 2, 0, $4)",
                 {ToParam(account), ToParam(node), ToParam(epoch), ToParam(request)});
      ASSERT_TRUE(grant.ok()) << grant.error().Text();
      held += ParseNano(grant->Text(0, 1))->units;
      if (held == 0) return;  // nothing is left anywhere but in the hands of others
    }
    PlainBatch batch{node, epoch, position, position + 1, {}, {}};
    ++position;
    batch.messages = {
        {ids.Next(SystemClock().WallNow()), account, {std::min(amount, held)}, "submit"}};
    auto first = Settle(pg, batch);
    ASSERT_TRUE(first.ok() && *first) << first.error().Text();
    auto second = Settle(again, batch);
    ASSERT_TRUE(second.ok() && !*second);
    held -= batch.messages[0].amount.units;
    *spent += batch.messages[0].amount.units;
  }
}

TEST_F(LeaseTest, EightNodesFightForCreditAndSpendItToTheLastDigit) {
  ASSERT_TRUE(pg_.Run("top up", "SELECT money.topup($1, 140, 'race', 'race')", {account_})
                  .ok());  // 150.00 in all
  std::atomic<std::int64_t> spent{0};
  std::vector<std::thread> nodes;
  for (int node = 2; node < 10; ++node) {
    nodes.emplace_back(SpendAll, database_, node, std::stoll(account_), &spent);
  }
  for (std::thread& node : nodes) node.join();
  EXPECT_EQ(FormatNano({spent.load()}), "150");
  EXPECT_EQ(Of("balance"), "0");
  EXPECT_EQ(Of("leased"), "0");
  EXPECT_EQ(Scalar(pg_, "SELECT sum(amount) FROM money.ledger_entry WHERE kind = 'usage'"),
            "-150.000000000");
  EXPECT_EQ(Scalar(pg_, "SELECT sum(amount) FROM traffic.message"), "150.000000000");
  EXPECT_EQ(Scalar(pg_, "SELECT count(*) FROM bill.v_open_leases WHERE at_node <> 0"), "0");
}

}  // namespace
}  // namespace hub::test
