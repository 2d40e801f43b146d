// Leases as PostgreSQL grants them: the functions that the daemon and these tests share.
#include <gtest/gtest.h>

#include <thread>

#include "server/base/random.h"
#include "server/store/apply.h"
#include "server/store/batch.h"
#include "tests/support/postgres_rig.h"

namespace hub::test {
namespace {

using namespace hub::store;

class LeaseTest : public testing::Test {
 protected:
  LeaseTest() {
    auto applied = Apply(database_, SmallWorld(), false);
    EXPECT_TRUE(applied.ok()) << applied.error().Text();
    account_ =
        Scalar(pg_, "SELECT account_id FROM crm.client WHERE system_id = 'acme'");  // holds 10.00
    EXPECT_EQ(Scalar(pg_, "SELECT epoch FROM money.node_start(1)"), "1");
  }
  void TearDown() override { EXPECT_EQ(BrokenInvariants(database_), ""); }

  // "granted 5.000000000"
  std::string Grant(const std::string& want, const std::string& need, int request, int node = 1,
                    int epoch = 1) {
    return Scalar(pg_,
                  "SELECT state || ' ' || granted FROM money.lease_grant($1, $2, $3, $4, $5, $6)",
                  {account_, ToParam(node), ToParam(epoch), want, need, ToParam(request)});
  }

  const std::string database_ = PostgresServer::Get().NewDatabase();
  Pg pg_ = Connect(database_);
  std::string account_;
};

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

TEST_F(LeaseTest, ALostAnswerIsGivenAgainAndGrantsNothing) {
  EXPECT_EQ(Grant("2", "0.02", 1), "granted 2");
  EXPECT_EQ(Grant("2", "0.02", 1), "granted 2.000000000");
  EXPECT_EQ(Scalar(pg_, "SELECT leased FROM money.account WHERE account_id = $1", {account_}),
            "2.000000000");
  EXPECT_EQ(Grant("50", "50", 2), "no_credit 0");
  EXPECT_EQ(Grant("1", "1", 2), "no_credit 0.000000000");
  EXPECT_EQ(Grant("1", "1", 3), "granted 1");
}

TEST_F(LeaseTest, ANewEpochTakesBackWhatTheOldOneDidNotSettle) {
  ASSERT_EQ(Grant("2", "2", 1), "granted 2");
  ASSERT_EQ(Scalar(pg_, "SELECT epoch FROM money.node_start(1)"), "2");
  EXPECT_EQ(Scalar(pg_, "SELECT leased FROM money.account WHERE account_id = $1", {account_}),
            "0.000000000");
  EXPECT_EQ(Grant("2", "2", 2), "fenced 0");
  EXPECT_EQ(Grant("2", "2", 1, 1, 2), "granted 2");
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
  ASSERT_TRUE(holder.Run("let go", "COMMIT").ok());
  EXPECT_EQ(Scalar(pg_, "SELECT state FROM money.lease_grant(2, 1, 1, 0.5, 0.5, 2)"), "granted");
}

TEST_F(LeaseTest, ASuspendedAccountGetsNothing) {
  ASSERT_TRUE(pg_.Run("suspend", "UPDATE money.account SET status = 'suspended'").ok());
  EXPECT_EQ(Grant("2", "2", 1), "suspended 0");
  EXPECT_EQ(Scalar(pg_, "SELECT state FROM money.lease_grant(999, 1, 1, 1, 1, 1)"), "no_account");
}

// One node of the race: leases, spends at random, settles each batch twice, until nothing is
// granted any more.
void SpendAll(const std::string& database, int node, std::int64_t account,
              std::atomic<std::int64_t>* spent) {
  Pg pg = Connect(database);
  Pg again = Connect(database);
  const std::string epoch = Scalar(pg, "SELECT epoch FROM money.node_start($1)", {ToParam(node)});
  Random random(static_cast<std::uint64_t>(node));
  std::int64_t held = 0;
  MessageIdSource ids(static_cast<unsigned>(node), 0, 0);
  std::int64_t batch_seq = 0;
  for (int request = 1;; ++request) {
    const auto amount = static_cast<std::int64_t>(1 + random.Below(700'000'000));
    if (held < amount) {
      auto grant =
          pg.Run("grant", "SELECT state, granted FROM money.lease_grant($1, $2, $3, 2, 0, $4)",
                 {ToParam(account), ToParam(node), epoch, ToParam(request)});
      ASSERT_TRUE(grant.ok()) << grant.error().Text();
      held += ParseNano(grant->Text(0, 1))->units;
      if (held == 0) return;  // nothing is left anywhere but in the hands of others
    }
    MessageRecord message;
    message.message_id = ids.Next(SystemClock().WallNow());
    message.account_id = account;
    message.rate = message.amount = {std::min(amount, held)};  // the last one takes what is left
    const Batch batch = BuildBatch({node, std::stoll(epoch), ++batch_seq}, 0, {Record(message)});
    ASSERT_TRUE(SettleBatch(pg, batch).ok());
    ASSERT_TRUE(SettleBatch(again, batch).ok());
    held -= message.amount.units;
    *spent += message.amount.units;
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
  EXPECT_EQ(Scalar(pg_, "SELECT balance || ' ' || leased FROM money.account WHERE account_id = $1",
                   {account_}),
            "0.000000000 0.000000000");
  EXPECT_EQ(Scalar(pg_, "SELECT sum(amount) FROM money.ledger_entry WHERE kind = 'usage'"),
            "-150.000000000");
  EXPECT_EQ(Scalar(pg_, "SELECT sum(amount) FROM traffic.message"), "150.000000000");
  EXPECT_EQ(Scalar(pg_, "SELECT count(*) FROM bill.v_open_leases WHERE at_node <> 0"), "0");
}

}  // namespace
}  // namespace hub::test
