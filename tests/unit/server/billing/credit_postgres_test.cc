// Credit, leases and settlement together, against a real PostgreSQL: what was accepted is what was
// charged.
#include <gtest/gtest.h>

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

TEST(CreditWithPostgres, RandomAmountsSpendAnAccountToItsLimitAndNeverPastIt) {
  const std::string database = PostgresServer::Get().NewDatabase();
  auto applied = store::Apply(database, SmallWorld(), false);
  ASSERT_TRUE(applied.ok()) << applied.error().Text();
  store::Options options;
  options.conninfo = database;
  options.settle.interval_ms = 10;
  auto started = store::Store::Start(options);
  ASSERT_TRUE(started.ok()) << started.error().Text();
  store::Store& store = **started;
  const SystemClock clock;
  billing::CreditBook book(store.leases(), clock);
  billing::AccountCredit* credit = book.Of(kAcme);

  std::atomic<std::int64_t> charged{0};
  std::vector<std::thread> loops;
  for (unsigned loop = 0; loop < 4; ++loop) {
    loops.emplace_back([&, loop] {
      Random random(loop + 1);
      MessageIdSource ids(1, loop, 0);
      std::vector<store::Record> records;
      int refused = 0;
      while (refused < 20) {
        const Nano amount{static_cast<std::int64_t>(1 + random.Below(20'000'000))};
        const Reserve answer = credit->TryReserve(amount);
        if (answer == Reserve::kWait) std::this_thread::sleep_for(std::chrono::milliseconds(1));
        if (answer == Reserve::kNoCredit) ++refused;
        if (answer != Reserve::kReserved) continue;
        store::MessageRecord m;
        m.message_id = ids.Next(clock.WallNow());
        m.account_id = kAcme;
        m.rate = m.amount = amount;
        records.emplace_back(std::move(m));
        charged += amount.units;
        if (records.size() == 16) {
          EXPECT_TRUE(store.settler().Offer(std::move(records)));
          records.clear();
        }
      }
      EXPECT_TRUE(store.settler().Offer(std::move(records)));
    });
  }
  for (std::thread& loop : loops) loop.join();
  ASSERT_TRUE(store.settler().Drain(kPatience));

  store::Pg pg = Connect(database);
  EXPECT_EQ(Scalar(pg,
                   "SELECT trim_scale(balance) || ' ' || trim_scale(leased) FROM money.account "
                   "WHERE account_id = 1"),
            FormatNano({10 * kNanoPerUnit - charged}) + " " + FormatNano(credit->remaining()));
  EXPECT_EQ(Scalar(pg, "SELECT trim_scale(sum(amount)) FROM traffic.message"),
            FormatNano({charged}));
  EXPECT_LT(10 * kNanoPerUnit - charged,
            20'000'000);  // less than one message is left: nothing was stranded
  ASSERT_TRUE(store.leases().CloseAll(kPatience).ok());
  EXPECT_EQ(BrokenInvariants(database), "");
  started->reset();  // the desk ends before the book
}

}  // namespace
}  // namespace hub::test
