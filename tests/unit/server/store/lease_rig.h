// A world with one account of 10.00 and its leases, asked for by the SQL functions that the daemon calls.
#pragma once

#include <gtest/gtest.h>

#include <string>

#include "server/store/apply.h"
#include "tests/support/plain_batch.h"
#include "tests/support/postgres_rig.h"

namespace hub::test {

class LeaseRig : public testing::Test {
 protected:
  LeaseRig() {
    auto applied = store::Apply(database_, SmallWorld(), false);
    EXPECT_TRUE(applied.ok()) << applied.error().Text();
    account_ = Scalar(pg_, "SELECT account_id FROM crm.client WHERE system_id = 'acme'");
    EXPECT_EQ(StartNode(pg_, 1), 1);
  }
  void TearDown() override { EXPECT_EQ(BrokenInvariants(database_), ""); }

  // "granted 5.000000000"
  std::string Grant(const std::string& want, const std::string& need, int request, int node = 1,
                    int epoch = 1) {
    return Scalar(pg_,
                  "SELECT state || ' ' || granted FROM money.lease_grant($1, $2, $3, $4, $5, $6)",
                  {account_, store::ToParam(node), store::ToParam(epoch), want, need,
                   store::ToParam(request)});
  }
  std::string Return(const std::string& amount, int number, int node = 1, int epoch = 1) {
    return Scalar(
        pg_, "SELECT state FROM money.lease_return($1, $2, $3, $4, $5)",
        {account_, store::ToParam(node), store::ToParam(epoch), amount, store::ToParam(number)});
  }
  // A message of so much, charged or held, settled as the node's next batch.
  void Spend(Nano amount, int node = 1, const std::string& basis = "submit") {
    PlainBatch batch{node, 1, positions_[node], positions_[node] + 1, {}, {}};
    ++positions_[node];
    batch.messages = {{ids_.Next(SystemClock().WallNow()), std::stoll(account_), amount, basis}};
    last_ = batch.messages[0].id;
    auto settled = Settle(pg_, batch);
    ASSERT_TRUE(settled.ok() && *settled) << settled.error().Text();
  }
  // A column of the account, without its zeros.
  std::string Of(const std::string& column) {
    return Scalar(pg_, "SELECT trim_scale(" + column + ") FROM money.account WHERE account_id = $1",
                  {account_});
  }
  // The SQLSTATE, or "" when PostgreSQL took it.
  std::string Refusal(const std::string& sql) {
    auto ran = pg_.Run("test", sql.c_str());
    return ran ? "" : ran.error().sqlstate;
  }

  const std::string database_ = PostgresServer::Get().NewDatabase();
  store::Pg pg_ = Connect(database_);
  std::string account_;  // "1"
  std::int64_t positions_[64] = {};
  MessageIdSource ids_{1, 0, 0};
  MessageId last_ = 0;
};

}  // namespace hub::test
