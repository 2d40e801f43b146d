// The daemon's side: Store, its settling thread and its lease desk, against a PostgreSQL that is
// cut off and stopped.
#include "server/store/store.h"

#include <gmock/gmock.h>

#include "server/base/random.h"
#include "server/store/balances.h"
#include "tests/support/lossy_proxy.h"
#include "tests/unit/server/store/store_rig.h"

namespace hub::test {
namespace {

using namespace hub::store;
using testing::HasSubstr;

class StoreTest : public StoreRig {
 protected:
  StoreTest() { Restart(); }

  // Somebody gives the node up, and with it our epoch.
  void Fence() {
    Do("SELECT money.lease_close_all(1, " + std::to_string(store_->node().epoch) + ")");
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
    EXPECT_EQ(Ask({1}, {1}).state, GrantState::kUnreachable);
  }
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
  WriteMessages(120, {20'000'000});
  ASSERT_TRUE(store_->settler().Drain(kPatience));
  EXPECT_EQ(Balance(), "7.6 0.6");
  const SettleStats stats = store_->settler().stats();
  EXPECT_EQ(stats.records_settled, 120);
  EXPECT_EQ(stats.octets_waiting, 0);
  EXPECT_EQ(stats.failures, 0);
  ASSERT_TRUE(store_->leases().CloseAll(kPatience).ok());
  EXPECT_EQ(Balance(), "7.6 0");
  auto balances = ReadBalances(database_);
  ASSERT_TRUE(balances.ok());
  ASSERT_EQ(balances->size(), 2u);
  EXPECT_EQ((*balances)[0].client, "acme");
  EXPECT_EQ((*balances)[0].available, NanoSum{7'600'000'000});
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
    WriteMessages(20, amount);
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

// Its client may have gone to another node, which needs the money.
TEST_F(StoreTest, ALostGrantThatNobodyAsksForAgainIsGivenBack) {
  LossyProxy proxy(PostgresServer::Get().socket_directory());
  options_.conninfo = database_ + " host=" + proxy.directory();
  Restart();
  proxy.LoseTheAnswerTo("lease_grant");
  EXPECT_EQ(Ask({kNanoPerUnit}, {1}).state, GrantState::kUnreachable);
  EXPECT_EQ(Balance(), "10 1");
  for (int i = 0; i < 3'000 && Balance() != "10 0"; ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  EXPECT_EQ(Balance(), "10 0");
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
  WriteMessages(10, {1'000'000});
  ASSERT_TRUE(store_->settler().Drain(kPatience));
  EXPECT_EQ(proxy.lost(), 1);
  EXPECT_EQ(store_->settler().stats().failures, 1);
  EXPECT_EQ(Balance(), "9.99 0.99");
  store_.reset();
}

// The connection is lost between COPY and COMMIT: PostgreSQL rolls back, the same batch goes again.
TEST_F(StoreTest, ABatchCutOffBeforeItsCommitIsSentAgain) {
  LossyProxy proxy(PostgresServer::Get().socket_directory());
  options_.conninfo = database_ + " host=" + proxy.directory();
  Restart();
  ASSERT_EQ(Ask({kNanoPerUnit}, {1}).state, GrantState::kGranted);
  proxy.LoseTheAnswerTo("settle_usage");
  WriteMessages(10, {1'000'000});
  ASSERT_TRUE(store_->settler().Drain(kPatience));
  EXPECT_EQ(proxy.lost(), 1);
  EXPECT_EQ(store_->settler().stats().records_settled, 10);
  EXPECT_EQ(Balance(), "9.99 0.99");
  store_.reset();
}

// A fail-over to a standby that lagged: the journal still has what was settled, and settles it again.
TEST_F(StoreTest, WhatPostgresForgotIsSettledAgain) {
  ASSERT_EQ(Ask({kNanoPerUnit}, {1}).state, GrantState::kGranted);
  WriteMessages(10, {1'000'000});
  ASSERT_TRUE(store_->settler().Drain(kPatience));
  Do("SET session_replication_role = replica; DELETE FROM traffic.message;"
     "DELETE FROM money.ledger_entry WHERE kind = 'usage'; DELETE FROM money.settle_batch;"
     "UPDATE money.account SET balance = 10, leased = 1 WHERE account_id = 1;"
     "UPDATE money.credit_lease SET spent = 0; UPDATE money.node SET settled_position = 0;"
     "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database()"
     " AND application_name = 'smpphub settle'");
  EXPECT_EQ(Balance(), "10 1");
  WriteMessages(5, {1'000'000});
  while (Sql("SELECT count(*) FROM traffic.message") != "15")
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  EXPECT_EQ(Balance(), "9.985 0.985");
}

TEST_F(StoreTest, ABatchOfAFencedEpochIsNotTriedAgain) {
  RestartCountingFences(1'000'000);
  ASSERT_EQ(Ask({kNanoPerUnit}, {1}).state, GrantState::kGranted);
  Fence();
  WriteMessages(3, {1});
  AwaitFence();
  EXPECT_FALSE(store_->settler().Drain(kPatience));
  const SettleStats stats = store_->settler().stats();
  EXPECT_EQ(stats.failures, 1);
  EXPECT_GT(stats.octets_waiting, 0);
  EXPECT_EQ(stats.quarantined, 0);
  EXPECT_EQ(Balance(), "10 0");
}

// At its end the hub drains at once: what the loops wrote last is still on its way to the disk.
TEST_F(StoreTest, DrainWaitsForWhatIsNotDurableYet) {
  options_.journal.sync_window_us = 200'000;
  Restart();
  ASSERT_EQ(Ask({kNanoPerUnit}, {1}).state, GrantState::kGranted);
  journal::FrameBuffer frames;
  Encode(Message({1'000'000}), &frames);
  store_->journal().Append(0, &frames);
  ASSERT_TRUE(store_->settler().Drain(kPatience));
  EXPECT_EQ(Balance(), "9.999 0.999");
}

TEST_F(StoreTest, ABatchHasAtMostItsRows) {
  ASSERT_EQ(Ask({kNanoPerUnit}, {1}).state, GrantState::kGranted);
  WriteMessages(510, {1});  // of 50 a batch
  ASSERT_TRUE(store_->settler().Drain(kPatience));
  EXPECT_EQ(Sql("SELECT count(*) || ' ' || max(row_count) FROM money.settle_batch"), "11 50");
  EXPECT_EQ(store_->settler().stats().records_settled, 510);
}

TEST_F(StoreTest, ABatchThatTakesTooLongComesAgainInParts) {
  options_.statement_timeout_ms = 200;
  options_.settle.batch_rows_max = 1'000;
  Restart();
  ASSERT_EQ(Ask({1'000}, {1'000}).state, GrantState::kGranted);
  Pg other = Connect(database_);
  ASSERT_TRUE(other.RunFile("test", "BEGIN; LOCK TABLE traffic.message IN EXCLUSIVE MODE").ok());
  WriteMessages(64, Nano{1});
  while (store_->settler().stats().failures < 2)
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  ASSERT_TRUE(other.RunFile("test", "ROLLBACK").ok());
  ASSERT_TRUE(store_->settler().Drain(kPatience));
  EXPECT_EQ(Sql("SELECT count(*) FROM traffic.message"), "64");
  EXPECT_LE(std::stoi(Sql("SELECT max(row_count) FROM money.settle_batch")), 32);
}

TEST_F(StoreTest, ASettledSegmentGoesUnlessASubmitUnderWayBeganThere) {
  ASSERT_EQ(Ask({kNanoPerUnit}, {1}).state, GrantState::kGranted);
  HandedRecord handed;
  handed.message_id = NewId();
  handed.supplier_id = 1;
  Write(handed);
  const auto fill = [this] {  // three segments and more
    for (int i = 0; i < 40; ++i) WriteMessages(100, {1});
    EXPECT_TRUE(store_->settler().Drain(kPatience));
  };
  fill();
  std::this_thread::sleep_for(std::chrono::milliseconds(500));
  EXPECT_LT(store_->journal().stats().released, 100u);  // not beyond its record
  AttemptRecord attempt;
  attempt.message_id = handed.message_id;
  attempt.supplier_id = 1;
  Write(attempt);
  fill();
  while (store_->journal().stats().released < 100u)
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  EXPECT_LE(store_->journal().stats().released, store_->settler().settled());
}

TEST_F(StoreTest, SettlesAndLeasesAgainAfterPostgresCameBack) {
  ASSERT_EQ(Ask({kNanoPerUnit}, {1}).state, GrantState::kGranted);
  PostgresServer::Get().Stop();
  EXPECT_EQ(Ask({kNanoPerUnit}, {1}).state, GrantState::kUnreachable);
  WriteMessages(100, {1'000'000});
  EXPECT_FALSE(store_->settler().Drain(200));
  EXPECT_FALSE(store_->settler().stats().reachable);
  EXPECT_TRUE(store_->settler().has_room());
  PostgresServer::Get().Start();
  EXPECT_TRUE(store_->settler().Drain(kPatience));
  EXPECT_TRUE(store_->settler().stats().reachable);
  EXPECT_EQ(Balance(), "9.9 0.9");
  EXPECT_EQ(AskUntilAnswered({kNanoPerUnit}, {1}).granted, Nano{kNanoPerUnit});
}

// Nobody writes anything, and `hubctl status` says it all the same.
TEST_F(StoreTest, AnIdleSettlerNoticesThatPostgresWentAndCameBack) {
  const auto becomes = [&](bool reachable) {
    for (int i = 0; i < 2'000; ++i) {
      const SettleStats stats = store_->settler().stats();
      if (stats.reachable == reachable) return (stats.lost_since_us == 0) == reachable;
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    return false;
  };
  ASSERT_EQ(Ask({kNanoPerUnit}, {1}).state, GrantState::kGranted);
  WriteMessages(1, {1'000'000});
  ASSERT_TRUE(store_->settler().Drain(kPatience)) << "from here on it has nothing to do";
  PostgresServer::Get().Stop();
  EXPECT_TRUE(becomes(false));
  PostgresServer::Get().Start();
  EXPECT_TRUE(becomes(true));
}

TEST_F(StoreTest, ABatchThatPostgresRefusesStopsAcceptingAndSaysWhy) {
  WriteMessages(1, {1});  // charged, and never leased
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

// A record that we cannot read is never passed over, however often we try: what stands behind it waits.
TEST_F(StoreTest, WhatIsNoRecordOfOursStopsSettlementForGood) {
  journal::FrameBuffer frames;
  frames.Begin(99);
  frames.U8(1);
  frames.End();
  Encode(Message({}), &frames);
  Append(&frames);
  for (int i = 0; i < 1'000 && store_->settler().stats().failures < 3; ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  EXPECT_GE(store_->settler().stats().failures, 3);
  EXPECT_THAT(store_->settler().stats().last_error, HasSubstr("kind 99"));
  EXPECT_FALSE(store_->settler().has_room());
  EXPECT_EQ(Sql("SELECT count(*) FROM traffic.message"), "0");
  store_.reset();
  std::filesystem::remove_all(options_.journal.folder);
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

TEST_F(StoreTest, AnIdleDeskNoticesThatTheNodeWasGivenUp) {
  RestartCountingFences(20);
  Fence();
  AwaitFence();
  EXPECT_FALSE(store_->leases().CloseAll(kPatience).ok());
  EXPECT_EQ(fenced_, 1);
}

TEST_F(StoreTest, AGrantNoticesThatTheNodeWasGivenUp) {
  RestartCountingFences(1'000'000);
  Fence();
  EXPECT_EQ(Ask({1}, {1}).state, GrantState::kUnreachable);
  AwaitFence();
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
    WriteMessages(1, {1});
    ASSERT_TRUE(store_->settler().Drain(kPatience));
  }
  EXPECT_EQ(store_->settler().stats().batches_settled, 3);
  EXPECT_EQ(Scalar(pg, "SELECT last_value FROM ops.asked"), "1");
}

}  // namespace
}  // namespace hub::test
