// The daemon's side: Store, its settling thread and its lease desk, against a PostgreSQL that is
// cut off and stopped.
#include "server/store/store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>
#include <thread>

#include "server/base/random.h"
#include "server/store/apply.h"
#include "server/store/balances.h"
#include "tests/support/lossy_proxy.h"
#include "tests/support/postgres_rig.h"

namespace hub::test {
namespace {

using namespace hub::store;
using testing::HasSubstr;

constexpr std::int64_t kPatience = 30'000;  // milliseconds a test waits for what must come

class StoreTest : public testing::Test {
 protected:
  StoreTest() {
    auto applied = Apply(database_, SmallWorld(), false);
    EXPECT_TRUE(applied.ok()) << applied.error().Text();
    options_.conninfo = database_;
    options_.settle.interval_ms = 5;
    options_.settle.retry_ms = 20;
    options_.settle.batch_rows_max = 50;
    Restart();
  }
  void TearDown() override {
    store_.reset();
    EXPECT_EQ(BrokenInvariants(database_), "");
  }
  void Restart() {
    store_.reset();
    auto started = Store::Start(options_);
    ASSERT_TRUE(started.ok()) << started.error().Text();
    store_ = std::move(*started);
    ids_.emplace(1, 0, store_->node().last_message_id);
  }
  Grant Ask(Nano want, Nano need) {
    std::promise<Grant> answer;
    store_->leases().Request(kAcme, want, need,
                             [&](const Grant& grant) { answer.set_value(grant); });
    return answer.get_future().get();
  }
  // Until PostgreSQL answers.
  Grant AskUntilAnswered(Nano want, Nano need) {
    while (true) {
      const Grant grant = Ask(want, need);
      if (grant.state != GrantState::kUnreachable) return grant;
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
  }
  std::vector<Record> Messages(int count, Nano amount) {
    std::vector<Record> records;
    for (int i = 0; i < count; ++i) {
      MessageRecord m;
      m.message_id = ids_->Next(SystemClock().WallNow());
      m.account_id = kAcme;
      m.client_id = 1;
      m.rate = m.amount = amount;
      records.emplace_back(std::move(m));
    }
    return records;
  }
  // Another start of this node, as far as PostgreSQL knows.
  void StartAnother() {
    Pg pg = Connect(database_);
    EXPECT_EQ(Scalar(pg, "SELECT epoch FROM money.node_start(1)"),
              std::to_string(store_->node().epoch + 1));
  }
  // A store that counts how often it was told that it is fenced.
  void RestartCountingFences(std::int64_t probe_ms) {
    options_.node_probe_ms = probe_ms;
    options_.on_fenced = [this] { ++fenced_; };
    Restart();
  }
  void AwaitFence() {
    for (int i = 0; i < 3'000 && fenced_ == 0; ++i)
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    EXPECT_EQ(fenced_, 1);
    EXPECT_TRUE(store_->settler().stats().fenced);
    EXPECT_FALSE(store_->settler().has_room());
    EXPECT_FALSE(store_->settler().Offer(Messages(1, {1})));
    EXPECT_EQ(Ask({1}, {1}).state, GrantState::kUnreachable);
  }
  std::string Balance() {
    Pg pg = Connect(database_);
    return Scalar(pg,
                  "SELECT trim_scale(balance) || ' ' || trim_scale(leased) FROM money.account "
                  "WHERE account_id = 1");
  }

  static constexpr std::int64_t kAcme = 1;  // holds 10.00
  const std::string database_ = PostgresServer::Get().NewDatabase();
  Options options_;
  std::atomic<int> fenced_{0};
  std::unique_ptr<Store> store_;
  std::optional<MessageIdSource> ids_;
};

TEST(StoreStart, SaysWhatIsMissing) {
  Options options;
  options.conninfo = "host=/nowhere/run port=5999 user=hub password=hunter2";
  auto missing = Store::Start(options);
  ASSERT_FALSE(missing.ok());
  EXPECT_THAT(missing.error().Text(), HasSubstr("connect to PostgreSQL at /nowhere/run port 5999"));
  EXPECT_THAT(missing.error().Text(),
              HasSubstr("start PostgreSQL, or correct the connection string"));
  EXPECT_THAT(missing.error().Text(), testing::Not(HasSubstr("hunter2")));

  options.conninfo = "host=/nowhere password='hunter2";  // no closing quote
  auto malformed = Store::Start(options);
  ASSERT_FALSE(malformed.ok());
  EXPECT_THAT(malformed.error().Text(), testing::Not(HasSubstr("hunter2")));

  options.conninfo = PostgresServer::Get().NewEmptyDatabase();
  auto empty = Store::Start(options);
  ASSERT_FALSE(empty.ok());
  EXPECT_THAT(empty.error().Text(), HasSubstr("run: hubctl migrate"));
}

TEST_F(StoreTest, LeasesSpendsSettlesAndReturns) {
  EXPECT_EQ(Ask({3 * kNanoPerUnit}, {1}).granted, Nano{3 * kNanoPerUnit});
  EXPECT_EQ(Balance(), "10 3");
  ASSERT_TRUE(store_->settler().Offer(Messages(120, {20'000'000})));
  ASSERT_TRUE(store_->settler().Drain(kPatience));
  EXPECT_EQ(Balance(), "7.6 0.6");
  const SettleStats stats = store_->settler().stats();
  EXPECT_EQ(stats.records_settled, 120);
  EXPECT_EQ(stats.records_waiting, 0);
  EXPECT_EQ(stats.failures, 0);
  ASSERT_TRUE(store_->leases().CloseAll(kPatience).ok());
  EXPECT_EQ(Balance(), "7.6 0");
  auto balances = ReadBalances(database_);
  ASSERT_TRUE(balances.ok());
  ASSERT_EQ(balances->size(), 2u);
  EXPECT_EQ((*balances)[0].client, "acme");
  EXPECT_EQ((*balances)[0].available, NanoSum{7'600'000'000});
}

TEST_F(StoreTest, ANewStartReturnsWhatACrashLeftAndKnowsTheLastId) {
  ASSERT_EQ(Ask({kNanoPerUnit}, {1}).state, GrantState::kGranted);
  ASSERT_TRUE(store_->settler().Offer(Messages(1, {20'000'000})));
  ASSERT_TRUE(store_->settler().Drain(kPatience));
  const std::int64_t epoch = store_->node().epoch;
  Restart();
  EXPECT_EQ(store_->node().epoch, epoch + 1);
  EXPECT_GT(store_->node().last_message_id, 0u);
  EXPECT_EQ(Balance(), "9.98 0");
}

TEST_F(StoreTest, TwoDaemonsCannotBeOneNode) {
  options_.node_lock_wait_ms = 0;
  auto second = Store::Start(options_);
  ASSERT_FALSE(second.ok());
  EXPECT_THAT(second.error().Text(), HasSubstr("another smpphubd runs as this node"));
}

TEST_F(StoreTest, ReadsTheCatalog) {
  auto catalog = store_->ReadCatalog();
  ASSERT_TRUE(catalog.ok());
  EXPECT_EQ((*catalog)->clients.size(), 2u);
}

// Ends our sessions again and again while messages are settled and credit is leased.
TEST_F(StoreTest, ConnectionsCutMidwayChargeEveryMessageOnce) {
  std::atomic<int> cuts{0};
  std::atomic<bool> over{false};
  std::thread cutter([&] {
    Pg pg = Connect(database_);
    Random random(3);
    while (!over) {  // long enough apart that work gets done in between, never in step with it
      std::this_thread::sleep_for(std::chrono::milliseconds(10 + random.Below(120)));
      cuts += std::stoi(
          Scalar(pg,
                 "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname ="
                 " current_database() AND application_name LIKE 'smpphub %'"));
    }
  });
  std::int64_t credit = 0;
  std::int64_t sent = 0;
  for (int turn = 0; turn < 150 || cuts < 10; ++turn) {
    const Nano amount{1'000'000};
    if (credit < 20 * amount.units) {
      const Grant grant = AskUntilAnswered({100 * amount.units}, {20 * amount.units});
      credit += grant.granted.units;
      if (credit < 20 * amount.units) break;  // ten euros spent
    }
    ASSERT_TRUE(store_->settler().Offer(Messages(20, amount)));
    credit -= 20 * amount.units;
    sent += 20;
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  over = true;
  cutter.join();
  ASSERT_TRUE(store_->settler().Drain(kPatience));
  EXPECT_GE(cuts, 10);
  EXPECT_GT(store_->settler().stats().failures, 0);
  Pg pg = Connect(database_);
  EXPECT_EQ(Scalar(pg, "SELECT count(*) FROM traffic.message"), std::to_string(sent));
  // Messages of 0.001; and not a billionth was granted that we were not told of.
  EXPECT_EQ(Balance(),
            FormatNano({10 * kNanoPerUnit - sent * 1'000'000}) + " " + FormatNano({credit}));
}

// PostgreSQL granted, and the answer never came: the same question gets the same answer, and no
// cent hangs in the air.
TEST_F(StoreTest, ALostGrantIsNotGrantedTwice) {
  LossyProxy proxy(PostgresServer::Get().socket_directory());
  options_.conninfo = database_ + " host=" + proxy.directory();
  Restart();
  proxy.LoseTheAnswerTo("lease_grant");
  EXPECT_EQ(Ask({kNanoPerUnit}, {1}).state, GrantState::kUnreachable);
  EXPECT_EQ(proxy.lost(), 1);
  EXPECT_EQ(Balance(), "10 1");
  EXPECT_EQ(AskUntilAnswered({2 * kNanoPerUnit}, {1}).granted, Nano{kNanoPerUnit});
  EXPECT_EQ(Balance(), "10 1");
  EXPECT_EQ(Ask({2 * kNanoPerUnit}, {1}).granted, Nano{2 * kNanoPerUnit});
  store_.reset();
}

// PostgreSQL committed the batch, and the answer never came: sent again under the same key, it is
// nothing.
TEST_F(StoreTest, ALostCommitIsNotChargedTwice) {
  LossyProxy proxy(PostgresServer::Get().socket_directory());
  options_.conninfo = database_ + " host=" + proxy.directory();
  Restart();
  ASSERT_EQ(Ask({kNanoPerUnit}, {1}).state, GrantState::kGranted);
  proxy.LoseTheAnswerTo(std::string("COMMIT\0", 7));  // whole: not ON COMMIT DELETE ROWS
  ASSERT_TRUE(store_->settler().Offer(Messages(10, {1'000'000})));
  ASSERT_TRUE(store_->settler().Drain(kPatience));
  EXPECT_EQ(proxy.lost(), 1);
  EXPECT_EQ(store_->settler().stats().failures, 1);
  EXPECT_EQ(Balance(), "9.99 0.99");
  store_.reset();
}

TEST_F(StoreTest, SettlesAndLeasesAgainAfterPostgresCameBack) {
  ASSERT_EQ(Ask({kNanoPerUnit}, {1}).state, GrantState::kGranted);
  PostgresServer::Get().Stop();
  EXPECT_EQ(Ask({kNanoPerUnit}, {1}).state, GrantState::kUnreachable);
  ASSERT_TRUE(store_->settler().Offer(Messages(100, {1'000'000})));
  EXPECT_FALSE(store_->settler().Drain(200));
  EXPECT_FALSE(store_->settler().stats().reachable);
  EXPECT_TRUE(store_->settler().has_room());
  PostgresServer::Get().Start();
  EXPECT_TRUE(store_->settler().Drain(kPatience));
  EXPECT_TRUE(store_->settler().stats().reachable);
  EXPECT_EQ(Balance(), "9.9 0.9");
  EXPECT_EQ(AskUntilAnswered({kNanoPerUnit}, {1}).granted, Nano{kNanoPerUnit});
}

TEST_F(StoreTest, RefusesMoreWhenItsBacklogIsFull) {
  store_.reset();
  options_.settle.backlog_records_max = 100;
  Restart();
  ASSERT_EQ(Ask({kNanoPerUnit}, {1}).state, GrantState::kGranted);
  PostgresServer::Get().Stop();
  EXPECT_TRUE(store_->settler().Offer(Messages(100, {1})));
  EXPECT_FALSE(store_->settler().has_room());
  std::vector<Record> more = Messages(1, {1});
  EXPECT_FALSE(store_->settler().Offer(std::move(more)));
  EXPECT_EQ(more.size(), 1u);  // NOLINT(bugprone-use-after-move): a refusal takes nothing
  PostgresServer::Get().Start();
  EXPECT_TRUE(store_->settler().Drain(kPatience));
  EXPECT_TRUE(store_->settler().has_room());
}

TEST_F(StoreTest, ABatchThatPostgresRefusesStopsAcceptingAndSaysWhy) {
  ASSERT_TRUE(store_->settler().Offer(Messages(1, {1})));  // charged, and never leased
  while (store_->settler().stats().quarantined == 0)
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  EXPECT_FALSE(store_->settler().has_room());
  EXPECT_THAT(store_->settler().stats().last_error,
              HasSubstr("1 accounts were charged, 0 have an open lease"));
  // An operator mends it, and the very same batch goes through.
  ASSERT_EQ(Ask({kNanoPerUnit}, {1}).state, GrantState::kGranted);
  EXPECT_TRUE(store_->settler().Drain(kPatience));
  EXPECT_TRUE(store_->settler().has_room());
  EXPECT_EQ(store_->settler().stats().quarantined, 0);
}

TEST_F(StoreTest, AnIdleDeskTakesALostLockBack) {
  RestartCountingFences(20);
  Pg pg = Connect(database_);
  const std::string holder =
      "SELECT pid FROM pg_locks JOIN pg_stat_activity USING (pid) WHERE locktype = 'advisory' AND "
      "granted AND datname = current_database() AND application_name = 'smpphub leases'";
  const std::string before = Scalar(pg, holder);
  ASSERT_NE(before, "");
  ASSERT_EQ(Scalar(pg, "SELECT pg_terminate_backend($1, 5000)", {before}), "t");
  std::string after;
  for (int i = 0; i < 1'000 && (after.empty() || after == before); ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
    after = Scalar(pg, holder);
  }
  EXPECT_NE(after, "");
  EXPECT_NE(after, before);
  EXPECT_EQ(Ask({kNanoPerUnit}, {1}).state, GrantState::kGranted);
  EXPECT_EQ(fenced_, 0);
}

TEST_F(StoreTest, AnIdleDeskNoticesAnotherStart) {
  RestartCountingFences(20);
  StartAnother();
  AwaitFence();
  EXPECT_FALSE(store_->leases().CloseAll(kPatience).ok());
  EXPECT_EQ(fenced_, 1);
}

TEST_F(StoreTest, AGrantNoticesAnotherStart) {
  RestartCountingFences(1'000'000);
  StartAnother();
  EXPECT_EQ(Ask({1}, {1}).state, GrantState::kUnreachable);
  AwaitFence();
}

TEST_F(StoreTest, ABatchNoticesAnotherStartAndIsNotTriedAgain) {
  RestartCountingFences(1'000'000);
  ASSERT_EQ(Ask({kNanoPerUnit}, {1}).state, GrantState::kGranted);
  StartAnother();
  ASSERT_TRUE(store_->settler().Offer(Messages(3, {1})));
  EXPECT_FALSE(store_->settler().Drain(kPatience));
  AwaitFence();
  const SettleStats stats = store_->settler().stats();
  EXPECT_EQ(stats.failures, 1);
  EXPECT_EQ(stats.records_waiting, 3);
  EXPECT_EQ(stats.quarantined, 0);
  EXPECT_EQ(Balance(), "10 0");
}

TEST_F(StoreTest, LeasesAreReturnedThoughTheFirstAnswerIsLost) {
  LossyProxy proxy(PostgresServer::Get().socket_directory());
  options_.conninfo = database_ + " host=" + proxy.directory();
  RestartCountingFences(20);
  ASSERT_EQ(Ask({kNanoPerUnit}, {1}).state, GrantState::kGranted);
  proxy.LoseTheAnswerTo("lease_close_all");
  auto closed = store_->leases().CloseAll(kPatience);
  EXPECT_TRUE(closed.ok()) << closed.error().Text();
  EXPECT_EQ(proxy.lost(), 1);
  EXPECT_EQ(Balance(), "10 0");
  EXPECT_EQ(fenced_, 0);  // we closed the epoch ourselves
  store_.reset();
}

TEST_F(StoreTest, ReturningLeasesEndsAtItsDeadline) {
  PostgresServer::Get().Stop();
  EXPECT_FALSE(store_->leases().CloseAll(300).ok());
  PostgresServer::Get().Start();
}

TEST_F(StoreTest, TheBacklogIsBoundedInOctetsAndTheLastRecordsPassIt) {
  store_.reset();
  options_.settle.backlog_octets_max = 1'000;
  Restart();
  ASSERT_EQ(Ask({kNanoPerUnit}, {1}).state, GrantState::kGranted);
  PostgresServer::Get().Stop();
  std::vector<Record> records = Messages(1, {1});
  std::get<MessageRecord>(records[0]).decision.assign(1'000, 'x');
  EXPECT_TRUE(store_->settler().Offer(std::move(records)));
  EXPECT_FALSE(store_->settler().has_room());
  EXPECT_FALSE(store_->settler().Offer(Messages(1, {1})));
  store_->settler().OfferLast(Messages(2, {1}));
  EXPECT_EQ(store_->settler().stats().records_waiting, 3);
  PostgresServer::Get().Start();
  EXPECT_TRUE(store_->settler().Drain(kPatience));
  EXPECT_EQ(store_->settler().stats().octets_waiting, 0);
  EXPECT_TRUE(store_->settler().has_room());
}

TEST_F(StoreTest, ALargeBunchIsSettledInSeveralBatches) {
  ASSERT_EQ(Ask({kNanoPerUnit}, {1}).state, GrantState::kGranted);
  ASSERT_TRUE(store_->settler().Offer(Messages(510, {1})));  // of 50 a batch
  ASSERT_TRUE(store_->settler().Drain(kPatience));
  EXPECT_EQ(store_->settler().stats().batches_settled, 11);
  EXPECT_EQ(store_->settler().stats().records_settled, 510);
}

// Rows have the default partition meanwhile.
TEST_F(StoreTest, PartitionsThatCannotBeMadeAreNotAskedForBeforeEachBatch) {
  store_.reset();
  Pg pg = Connect(database_);
  ASSERT_TRUE(pg.RunFile("break",
                         "CREATE SEQUENCE ops.asked;"
                         "CREATE OR REPLACE FUNCTION ops.ensure_partitions(p_days integer) RETURNS "
                         "integer LANGUAGE plpgsql AS $$ BEGIN PERFORM nextval('ops.asked');"
                         " RAISE lock_not_available; END $$")
                  .ok());
  Restart();
  ASSERT_EQ(Ask({kNanoPerUnit}, {1}).state, GrantState::kGranted);
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(store_->settler().Offer(Messages(1, {1})));
    ASSERT_TRUE(store_->settler().Drain(kPatience));
  }
  EXPECT_EQ(store_->settler().stats().batches_settled, 3);
  EXPECT_EQ(Scalar(pg, "SELECT last_value FROM ops.asked"), "1");
}

}  // namespace
}  // namespace hub::test
