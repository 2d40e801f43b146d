// The desk against a PostgreSQL that loses answers, ends sessions and forgets: grants, returns, recalls, the check after a
// reconnect.
#include "server/store/lease_desk.h"

#include <future>
#include <map>
#include <thread>

#include "tests/support/lossy_proxy.h"
#include "tests/unit/server/store/lease_rig.h"

namespace hub::test {
namespace {

using namespace hub::store;
using std::chrono::milliseconds;

constexpr int kPatienceMs = 20'000;

// Holds what it is granted and returns all of it when told. Any thread.
class Purse final : public LeaseHolder {
 public:
  explicit Purse(LeaseDesk& desk) : desk_(desk) { desk.Serve(this); }

  Grant Ask(Nano want, Nano need) {
    std::promise<Grant> answer;
    desk_.Request(1, want, need, [&](const Grant& grant) {
      Add(grant.granted);
      answer.set_value(grant);
    });
    return answer.get_future().get();
  }
  Grant AskUntilAnswered(Nano want, Nano need) {
    while (true) {
      const Grant grant = Ask(want, need);
      if (grant.state != GrantState::kUnreachable) return grant;
      std::this_thread::sleep_for(milliseconds(20));
    }
  }
  std::future<ReturnState> Return(Nano amount) {
    Add(-amount);
    auto told = std::make_shared<std::promise<ReturnState>>();
    desk_.Return(1, amount, [this, told, amount](ReturnState state) {
      if (state == ReturnState::kKept) Add(amount);
      told->set_value(state);
    });
    return told->get_future();
  }
  void Spend(Nano amount) { Add(-amount); }
  Nano left() const {
    const std::lock_guard lock(mutex_);
    return left_;
  }

  void OnRecall(std::int64_t) override {
    ++recalls;
    if (stubborn || left().units == 0) return;
    Return(left());
  }
  Nano Freeze(std::int64_t) override {
    const std::lock_guard lock(mutex_);
    ++freezes;
    return std::exchange(left_, Nano{});
  }
  void OnTick() override { ++ticks; }

  std::atomic<int> recalls{0}, freezes{0}, ticks{0};
  std::atomic<bool> stubborn{false};

 private:
  void Add(Nano amount) {
    const std::lock_guard lock(mutex_);
    left_.units += amount.units;
  }
  LeaseDesk& desk_;
  mutable std::mutex mutex_;
  Nano left_;
};

// A node: its desk, reached through a proxy, and its purse.
struct Node {
  Node(const std::string& database, int id, DeskLimits limits)
      : options{database + " host=" + proxy.directory(), "smpphub leases", 10'000},
        fence({id, 1, 0}, [this] { ++fenced; }),
        desk(std::in_place, Connected(id), options, NodeEpoch{id, 1, 0}, limits, &fence),
        purse(*desk) {}
  Pg Connected(int id) {
    auto pg = Pg::Connect(options);
    EXPECT_TRUE(pg.ok() && LockNode(*pg, id, 0).ok());
    return std::move(*pg);
  }
  LossyProxy proxy{PostgresServer::Get().socket_directory()};
  PgOptions options;
  std::atomic<int> fenced{0};
  Fence fence;
  std::optional<PgLeaseDesk> desk;
  Purse purse;
};

class DeskTest : public LeaseRig {
 protected:
  DeskTest() {
    EXPECT_EQ(StartNode(pg_, 2), 1);
    limits_.waiting_max = 100;
    limits_.probe_ms = 100'000;
    limits_.recall_round_ms = 300;
    limits_.recall_poll_ms = 10;
  }
  Node& Start(int id) { return nodes_.try_emplace(id, database_, id, limits_).first->second; }
  void TearDown() override {
    for (auto& [id, node] : nodes_) node.desk.reset();
    LeaseRig::TearDown();
  }
  // Ends the desk's session. It notices by itself.
  void CutSessions() {
    EXPECT_NE(
        Scalar(pg_,
               "SELECT count(pg_terminate_backend(pid, 5000)) FROM pg_stat_activity WHERE datname ="
               " current_database() AND application_name = 'smpphub leases'"),
        "0");
  }
  template <class Condition>
  void Await(Condition condition) {
    for (int i = 0; i < kPatienceMs / 5 && !condition(); ++i)
      std::this_thread::sleep_for(milliseconds(5));
    EXPECT_TRUE(condition());
  }

  DeskLimits limits_;
  std::map<int, Node> nodes_;
};

TEST_F(DeskTest, WhatIsReturnedIsTheAccountsAgain) {
  Purse& purse = Start(1).purse;
  ASSERT_EQ(purse.Ask({3 * kNanoPerUnit}, {1}).granted, Nano{3 * kNanoPerUnit});
  EXPECT_EQ(purse.Return({2 * kNanoPerUnit}).get(), ReturnState::kReturned);
  EXPECT_EQ(Of("leased"), "1");
}

TEST_F(DeskTest, AReturnWhoseAnswerIsLostIsCountedOnce) {
  Node& node = Start(1);
  node.purse.Ask({3 * kNanoPerUnit}, {1});
  node.proxy.LoseTheAnswerTo("lease_return");
  EXPECT_EQ(node.purse.Return({kNanoPerUnit}).get(), ReturnState::kReturned);
  EXPECT_EQ(node.proxy.lost(), 1);
  EXPECT_EQ(Of("leased"), "2");  // twice would fit, and leave 1
  EXPECT_EQ(node.purse.Return({2 * kNanoPerUnit}).get(), ReturnState::kReturned);
  EXPECT_EQ(Of("leased"), "0");
}

TEST_F(DeskTest, ALostGrantAndALostReturnDoNotDisturbEachOther) {
  Node& node = Start(1);
  node.purse.Ask({3 * kNanoPerUnit}, {1});
  node.proxy.LoseTheAnswerTo("lease_grant");
  EXPECT_EQ(node.purse.Ask({kNanoPerUnit}, {1}).state, GrantState::kUnreachable);
  node.proxy.LoseTheAnswerTo("lease_return");
  EXPECT_EQ(node.purse.Return({3 * kNanoPerUnit}).get(), ReturnState::kReturned);
  EXPECT_EQ(Of("leased"), "1");  // the lost grant
  EXPECT_EQ(node.purse.AskUntilAnswered({5 * kNanoPerUnit}, {1}).granted, Nano{kNanoPerUnit});
  EXPECT_EQ(node.proxy.lost(), 2);
  EXPECT_EQ(node.purse.freezes, 0);
}

TEST_F(DeskTest, AReturnThatPostgresNeverHeardOfCanBeSpentAgain) {
  Node& node = Start(1);
  node.purse.Ask({3 * kNanoPerUnit}, {1});
  PostgresServer::Get().Stop();
  EXPECT_EQ(node.purse.Return({2 * kNanoPerUnit}).get(), ReturnState::kKept);
  EXPECT_EQ(node.purse.left(), Nano{3 * kNanoPerUnit});
  PostgresServer::Get().Start();
  pg_ = Connect(database_);
}

TEST_F(DeskTest, AnotherNodesMessageWaitsForTheRecallAndThenPasses) {
  limits_.recall_round_ms = kPatienceMs;
  Node& holder = Start(1);
  Node& asker = Start(2);
  ASSERT_EQ(holder.purse.Ask({10 * kNanoPerUnit}, {10 * kNanoPerUnit}).granted,
            Nano{10 * kNanoPerUnit});
  const auto began = std::chrono::steady_clock::now();
  EXPECT_EQ(asker.purse.Ask({kNanoPerUnit}, {kNanoPerUnit / 2}).granted, Nano{kNanoPerUnit});
  EXPECT_LT(std::chrono::steady_clock::now() - began,
            milliseconds(kPatienceMs));  // as a rule 30 ms
  EXPECT_EQ(holder.purse.recalls, 1);
  EXPECT_EQ(asker.purse.recalls, 0);  // nobody recalls himself
  EXPECT_EQ(Of("leased"), "1");
}

TEST_F(DeskTest, NoCreditIsSaidAfterARoundThatFoundNothing) {
  Node& holder = Start(1);
  Node& asker = Start(2);
  holder.purse.Ask({10 * kNanoPerUnit}, {10 * kNanoPerUnit});
  holder.purse.stubborn = true;  // all of it is reserved
  const auto began = std::chrono::steady_clock::now();
  EXPECT_EQ(asker.purse.Ask({kNanoPerUnit}, {kNanoPerUnit}).state, GrantState::kNoCredit);
  EXPECT_GE(std::chrono::steady_clock::now() - began, milliseconds(limits_.recall_round_ms));
  EXPECT_GE(holder.purse.recalls, 2);
  EXPECT_EQ(asker.purse.Ask({kNanoPerUnit}, {}).state, GrantState::kElsewhere);  // no message waits
}

TEST_F(DeskTest, ASoleHolderIsRefusedWithoutARound) {
  limits_.recall_round_ms = 10 * kPatienceMs;
  Node& node = Start(1);
  node.purse.Ask({10 * kNanoPerUnit}, {10 * kNanoPerUnit});
  EXPECT_EQ(node.purse.Ask({kNanoPerUnit}, {kNanoPerUnit}).state, GrantState::kNoCredit);
}

TEST_F(DeskTest, ASuspendedAccountsLeaseComesBackAtOnce) {
  Node& node = Start(1);
  node.purse.Ask({3 * kNanoPerUnit}, {1});
  ASSERT_EQ(Refusal("UPDATE money.account SET status = 'suspended'"), "");
  Await([&] { return Of("leased") == "0"; });
  EXPECT_EQ(node.purse.Ask({1}, {1}).state, GrantState::kSuspended);
}

TEST_F(DeskTest, ARecallThatCameWhileTheSessionWasGoneIsHeardAtTheNext) {
  Node& node = Start(1);
  node.purse.Ask({3 * kNanoPerUnit}, {1});
  node.purse.stubborn = true;
  ASSERT_EQ(Refusal("UPDATE money.account SET status = 'suspended'"), "");
  Await([&] { return node.purse.recalls == 1; });
  node.purse.stubborn = false;
  CutSessions();
  Await([&] { return Of("leased") == "0"; });
}

TEST_F(DeskTest, TellsTheTime) {
  Node& node = Start(1);
  Await([&] { return node.purse.ticks >= 2; });
}

// Settlement locks accounts until its COMMIT, and on a machine that has much to do that may take longer than a grant waits for a row (200 ms).
// PostgreSQL is there: whoever needs the money waits for it, and is not told that nobody knows.
TEST_F(DeskTest, AnAccountThatSomebodyHoldsIsAskedAgainUntilItIsFree) {
  Node& node = Start(1);
  Pg holder = Connect(database_);
  ASSERT_TRUE(holder.Run("hold", "BEGIN").ok());
  ASSERT_TRUE(
      holder.Run("hold", "SELECT 1 FROM money.account WHERE account_id = 1 FOR UPDATE").ok());
  auto granted =
      std::async(std::launch::async, [&] { return node.purse.Ask({3 * kNanoPerUnit}, {1}); });
  std::this_thread::sleep_for(milliseconds(600));  // longer than two grants wait for it
  ASSERT_TRUE(holder.Run("let go", "COMMIT").ok());
  EXPECT_EQ(granted.get().granted, Nano{3 * kNanoPerUnit});
  EXPECT_EQ(Of("leased"), "3");
}

TEST_F(DeskTest, AnAccountThatIsHeldForTooLongIsUnreachable) {
  limits_.row_round_ms = 300;
  Node& node = Start(1);
  Pg holder = Connect(database_);
  ASSERT_TRUE(holder.Run("hold", "BEGIN").ok());
  ASSERT_TRUE(
      holder.Run("hold", "SELECT 1 FROM money.account WHERE account_id = 1 FOR UPDATE").ok());
  EXPECT_EQ(node.purse.Ask({3 * kNanoPerUnit}, {1}).state, GrantState::kUnreachable);
  ASSERT_TRUE(holder.Run("let go", "COMMIT").ok());
  EXPECT_EQ(node.purse.AskUntilAnswered({kNanoPerUnit}, {1}).granted, Nano{kNanoPerUnit});
  EXPECT_EQ(Of("leased"), "1");
}

TEST_F(DeskTest, AFencedNodeEnds) {
  limits_.probe_ms = 20;
  Node& node = Start(1);
  node.purse.Ask({3 * kNanoPerUnit}, {1});
  ASSERT_EQ(Scalar(pg_, "SELECT money.fence_node(1, 'paused for an hour')"), "1");
  Await([&] { return node.fenced == 1; });
  EXPECT_EQ(node.purse.Ask({1}, {1}).state, GrantState::kUnreachable);
}

// A standby that lagged was promoted: the last transactions never were.
class ForgetfulDesk : public DeskTest {
 protected:
  // PostgreSQL as it was before a grant of so much, made to node 1.
  void ForgetGrant(const std::string& amount) {
    ASSERT_EQ(
        Refusal("UPDATE money.account SET leased = leased - " + amount + " WHERE account_id = 1"),
        "");
    ASSERT_EQ(Refusal("UPDATE money.credit_lease SET granted = granted - " + amount +
                      ", last_request = last_request - 1 WHERE node_id = 1"),
              "");
  }
};

TEST_F(ForgetfulDesk, AKnownLeaseStays) {
  Node& node = Start(1);
  node.purse.Ask({3 * kNanoPerUnit}, {1});
  CutSessions();
  EXPECT_EQ(node.purse.AskUntilAnswered({kNanoPerUnit}, {1}).granted, Nano{kNanoPerUnit});
  EXPECT_EQ(node.purse.freezes, 0);
  EXPECT_EQ(node.purse.left(), Nano{4 * kNanoPerUnit});
}

TEST_F(ForgetfulDesk, AForgottenGrantFreezesTheLeaseAndItIsAskedForAnew) {
  Node& node = Start(1);
  node.purse.Ask({3 * kNanoPerUnit}, {1});
  node.purse.Return({kNanoPerUnit / 4}).wait();
  node.purse.Ask({2 * kNanoPerUnit}, {1});
  ForgetGrant("2");
  CutSessions();
  Await([&] { return node.purse.freezes == 1; });
  EXPECT_EQ(node.purse.left(), Nano{0});
  // Nothing was spent: all is the account's again, and asked for anew.
  Await([&] { return Of("leased") == "0"; });
  EXPECT_EQ(node.purse.AskUntilAnswered({kNanoPerUnit}, {1}).granted, Nano{kNanoPerUnit});
  EXPECT_EQ(Scalar(pg_, "SELECT what || ' ' || trim_scale(amount) FROM money.credit_event"),
            "frozen 4.75");
}

TEST_F(ForgetfulDesk, WhatOthersWereGrantedMeanwhileIsForcedDebtOfWhatWasSpentAlready) {
  Node& node = Start(1);
  Node& other = Start(2);
  node.purse.Ask({8 * kNanoPerUnit}, {8 * kNanoPerUnit});
  const Nano spent{3 * kNanoPerUnit};
  node.purse.Spend(spent);
  ForgetGrant("8");
  ASSERT_EQ(other.purse.Ask({9 * kNanoPerUnit}, {9 * kNanoPerUnit}).granted,
            Nano{9 * kNanoPerUnit});
  other.purse.stubborn = true;
  CutSessions();
  Await([&] { return Of("forced_debt") == "2"; });  // 9 + 3 of 10
  Await([&] { return other.purse.recalls > 0; });
  EXPECT_EQ(node.purse.left(), Nano{0});
  Spend(spent);  // its batch comes through
  EXPECT_EQ(Of("balance"), "7");
  EXPECT_EQ(
      Scalar(pg_,
             "SELECT string_agg(what || ' ' || trim_scale(amount), ', ' ORDER BY event_id) FROM"
             " money.credit_event"),
      "frozen 5, forced_debt 2");
  EXPECT_EQ(other.purse.Return({9 * kNanoPerUnit}).get(), ReturnState::kReturned);
  EXPECT_EQ(Of("forced_debt"), "0");
  EXPECT_EQ(Of("leased"), "0");
}

TEST_F(ForgetfulDesk, AnAnswerAboutARestoredLeaseThatIsLostChangesNothing) {
  Node& node = Start(1);
  node.purse.Ask({8 * kNanoPerUnit}, {8 * kNanoPerUnit});
  node.purse.Spend({3 * kNanoPerUnit});
  ForgetGrant("8");
  node.proxy.LoseTheAnswerTo("lease_restore");
  CutSessions();
  Await([&] { return node.proxy.lost() == 1 && node.purse.freezes >= 1; });
  EXPECT_NE(node.purse.AskUntilAnswered({kNanoPerUnit}, {1}).granted, Nano{});
  Spend({3 * kNanoPerUnit});
  EXPECT_EQ(Of("balance"), "7");
  EXPECT_EQ(Of("leased"), FormatNano(node.purse.left()));
}

}  // namespace
}  // namespace hub::test
