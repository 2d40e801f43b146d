// Credit, leases, journal and settlement together, against a real PostgreSQL: what was accepted is what was charged.
#include <gtest/gtest.h>

#include <filesystem>
#include <thread>

#include "server/base/random.h"
#include "server/billing/credit.h"
#include "server/store/apply.h"
#include "tests/support/postgres_rig.h"

namespace hub::test {
namespace {

using billing::Reserve;

constexpr std::int64_t kAcme = 1;  // holds 10.00
constexpr std::int64_t kPatience = 30'000;
constexpr unsigned kLoops = 4;

// A folder that dies with the test.
class Folder {
 public:
  Folder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "hub-credit.XXXXXX").string();
    EXPECT_NE(mkdtemp(pattern.data()), nullptr);
    path_ = pattern;
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

class CreditWithPostgres : public testing::Test {
 protected:
  CreditWithPostgres() {
    auto applied = store::Apply(database_, SmallWorld(), false);
    EXPECT_TRUE(applied.ok()) << applied.error().Text();
    store::Options options;
    options.conninfo = database_;
    options.settle.interval_ms = 10;
    options.journal.folder = folder_.path();
    options.journal.sync = false;
    options.writers = kLoops;
    options.wake_writer = [](unsigned) {};
    auto started = store::Store::Start(options);
    EXPECT_TRUE(started.ok()) << started.error().Text();
    store_ = std::move(*started);
    book_ = std::make_unique<billing::CreditBook>(store_->leases(), clock_);
  }
  ~CreditWithPostgres() override { store_.reset(); }  // the desk ends before the book

  // One loop: reserves whatever amounts until it was refused often. What it accepted.
  std::int64_t Spend(unsigned loop) {
    Random random(loop + 1);
    MessageIdSource ids(1, loop, 0);
    journal::FrameBuffer frames;
    std::int64_t charged = 0;
    for (int refused = 0; refused < 20;) {
      const Nano amount{static_cast<std::int64_t>(1 + random.Below(20'000'000))};
      const Reserve answer = book_->Of(kAcme)->TryReserve(amount);
      if (answer == Reserve::kWait) std::this_thread::sleep_for(std::chrono::milliseconds(1));
      if (answer == Reserve::kNoCredit) ++refused;
      if (random.Below(200) == 0) book_->Of(kAcme)->ReturnAll();  // its last bind is gone
      if (answer != Reserve::kReserved) continue;
      store::MessageRecord m;
      m.message_id = ids.Next(clock_.WallNow());
      m.client_id = 1;
      m.account_id = kAcme;
      m.rate = m.amount = amount;
      store::Encode(m, &frames);
      charged += amount.units;
      if (frames.frames() == 16) store_->journal().Append(loop, &frames);
    }
    store_->journal().Append(loop, &frames);
    return charged;
  }

  const std::string database_ = PostgresServer::Get().NewDatabase();
  const Folder folder_;
  const SystemClock clock_;
  std::unique_ptr<store::Store> store_;
  std::unique_ptr<billing::CreditBook> book_;
};

TEST_F(CreditWithPostgres, RandomAmountsSpendAnAccountToItsLimitAndNeverPastIt) {
  std::atomic<std::int64_t> charged{0};
  std::vector<std::thread> loops;
  for (unsigned loop = 0; loop < kLoops; ++loop) {
    loops.emplace_back([&, loop] { charged += Spend(loop); });
  }
  for (std::thread& loop : loops) loop.join();
  while (store_->journal().stats().appended_octets_waiting != 0)
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  ASSERT_TRUE(store_->settler().Drain(kPatience));

  store::Pg pg = Connect(database_);
  EXPECT_EQ(Scalar(pg, "SELECT trim_scale(balance) FROM money.account WHERE account_id = 1"),
            FormatNano({10 * kNanoPerUnit - charged}));
  EXPECT_EQ(Scalar(pg, "SELECT trim_scale(sum(amount)) FROM traffic.message"),
            FormatNano({charged}));
  EXPECT_LT(10 * kNanoPerUnit - charged, 20'000'000);  // less than one message: nothing stranded
  ASSERT_TRUE(store_->leases().CloseAll(kPatience).ok());
  EXPECT_EQ(Scalar(pg, "SELECT leased FROM money.account WHERE account_id = 1"), "0.000000000");
  EXPECT_EQ(BrokenInvariants(database_), "");
}

}  // namespace
}  // namespace hub::test
