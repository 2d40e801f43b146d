// A store ends at once, also while its threads wait for a PostgreSQL that does not answer; and nothing is lost by it.
#include <thread>

#include "server/store/lease_desk.h"
#include "tests/support/lossy_proxy.h"
#include "tests/unit/server/store/archive_rig.h"
#include "tests/unit/server/store/store_rig.h"

namespace hub::test {
namespace {

using namespace hub::store;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr auto kAtOnce = seconds(10);  // statement_timeout_ms and its grace are 15 s

class StopTest : public StoreRig {
 protected:
  StopTest() {
    options_.conninfo = database_ + " host=" + proxy_->directory();
    Restart();
  }
  void AwaitSilence() {
    for (int i = 0; i < 10'000 && !proxy_->silent(); ++i)
      std::this_thread::sleep_for(milliseconds(1));
    ASSERT_TRUE(proxy_->silent());
    std::this_thread::sleep_for(milliseconds(30));
  }
  void ExpectToEndAtOnce() {
    const auto began = std::chrono::steady_clock::now();
    store_.reset();
    EXPECT_LT(std::chrono::steady_clock::now() - began, kAtOnce);
  }
  // The line is there again: PostgreSQL hears that our sessions ended.
  void RestartWithoutProxy() {
    proxy_.reset();
    options_.conninfo = database_;
    Restart();
  }

  std::optional<LossyProxy> proxy_{PostgresServer::Get().socket_directory()};
};

TEST_F(StopTest, WhileTheAnswerToCommitIsAwaited) {
  ASSERT_EQ(Ask({5 * kNanoPerUnit}, {1}).state, GrantState::kGranted);
  proxy_->FallSilentAt("COMMIT");
  WriteMessages(3, Nano{kNanoPerUnit});
  AwaitSilence();
  ExpectToEndAtOnce();
  RestartWithoutProxy();
  EXPECT_EQ(Balance(), "7 0") << "charged once, and the lease is back";
  EXPECT_EQ(store_->recovery().records_settled, 0) << "it was committed";
}

TEST_F(StopTest, WhileABatchIsOnItsWay) {
  ASSERT_EQ(Ask({5 * kNanoPerUnit}, {1}).state, GrantState::kGranted);
  proxy_->FallSilentAt("settle_begin");
  WriteMessages(3, Nano{kNanoPerUnit});
  AwaitSilence();
  ExpectToEndAtOnce();
  RestartWithoutProxy();
  EXPECT_EQ(Balance(), "7 0");
  EXPECT_EQ(store_->recovery().records_settled, 3);
}

TEST_F(StopTest, WhileTheDeskAsksForCredit) {
  std::promise<GrantState> told;
  proxy_->FallSilentAt("lease_grant");
  store_->leases().Request(kAcme, {5 * kNanoPerUnit}, {1},
                           [&](const Grant& grant) { told.set_value(grant.state); });
  AwaitSilence();
  ExpectToEndAtOnce();
  EXPECT_EQ(told.get_future().get(), GrantState::kUnreachable);
  RestartWithoutProxy();
  EXPECT_EQ(Balance(), "10 0");
}

TEST_F(StopTest, WhileTheArchiveIsAsked) {
  std::promise<bool> reachable;
  proxy_->FallSilentAt("take_overdue");
  store_->archive().FindOverdue(10, [&](OverduePage page) { reachable.set_value(page.reachable); });
  AwaitSilence();
  ExpectToEndAtOnce();
  EXPECT_FALSE(reachable.get_future().get());
}

// connect_timeout is longer than a stop may take.
TEST_F(StopTest, WhileAllThreadsTryToConnect) {
  store_.reset();
  options_.conninfo += " connect_timeout=60";
  options_.statement_timeout_ms = 300;
  options_.node_probe_ms = 100;
  Restart();
  proxy_->FallSilentAt("settle_begin");
  WriteMessages(3, Nano{1});
  AwaitSilence();
  const auto lost = [&] { return !store_->settler().stats().reachable; };
  for (int i = 0; i < 10'000 && !lost(); ++i) std::this_thread::sleep_for(milliseconds(1));
  ASSERT_TRUE(lost()) << "a server that is silent counts as lost, though its connection is open";
  std::this_thread::sleep_for(milliseconds(100));
  ExpectToEndAtOnce();
}

}  // namespace
}  // namespace hub::test
