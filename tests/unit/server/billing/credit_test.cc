#include "server/billing/credit.h"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

#include "server/base/random.h"
#include "tests/support/fake_clock.h"

namespace hub::billing {
namespace {

using store::Grant;
using store::GrantState;
using store::ReturnState;

// A desk whose answers the test gives by hand.
class HandDesk final : public store::LeaseDesk {
 public:
  struct Asked {
    Nano want, need;
    std::function<void(const Grant&)> done;
  };
  void Request(std::int64_t, Nano want, Nano need,
               std::function<void(const Grant&)> done) override {
    asked.push_back({want, need, std::move(done)});
  }
  void Return(std::int64_t, Nano amount, std::function<void(ReturnState)> done) override {
    returned.push_back({amount, std::move(done)});
  }
  void Serve(store::LeaseHolder* who) override { holder = who; }
  Outcome<Done> CloseAll(std::int64_t) override { return Done{}; }
  void TakeBack(ReturnState state) {
    const Returned last = std::move(returned.back());
    returned.pop_back();
    last.done(state);
  }
  void Answer(GrantState state, std::int64_t granted = 0) {
    const Asked last = std::move(asked.back());
    asked.pop_back();
    last.done({1, state, {granted}});
  }
  struct Returned {
    Nano amount;
    std::function<void(ReturnState)> done;
  };
  std::vector<Asked> asked;
  std::vector<Returned> returned;
  store::LeaseHolder* holder = nullptr;
};

class CreditTest : public testing::Test {
 protected:
  test::FakeClock clock_;
  HandDesk desk_;
  int wakes_ = 0;
  AccountCredit credit_{1, desk_, clock_, [this] { ++wakes_; }};
};

TEST_F(CreditTest, AsksOnceAndMakesTheOthersWait) {
  EXPECT_EQ(credit_.TryReserve({5}), Reserve::kWait);
  EXPECT_EQ(credit_.TryReserve({7}), Reserve::kWait);
  ASSERT_EQ(desk_.asked.size(), 1u);
  EXPECT_EQ(desk_.asked[0].need, Nano{5});
  EXPECT_EQ(desk_.asked[0].want, Nano{5 * kLeaseMessagesMin});
  desk_.Answer(GrantState::kGranted, 100);
  EXPECT_EQ(wakes_, 1);
  EXPECT_EQ(credit_.answers(), 1u);
  EXPECT_EQ(credit_.TryReserve({5}), Reserve::kReserved);
  EXPECT_EQ(credit_.remaining(), Nano{95});
}

TEST_F(CreditTest, AnAmountEqualToWhatIsLeftPassesAndLeavesZero) {
  EXPECT_EQ(credit_.TryReserve({5}), Reserve::kWait);
  desk_.Answer(GrantState::kGranted, 5);
  EXPECT_EQ(credit_.TryReserve({5}), Reserve::kReserved);
  EXPECT_EQ(credit_.remaining(), Nano{0});
  EXPECT_EQ(credit_.TryReserve({0}), Reserve::kReserved);
}

TEST_F(CreditTest, AsksForMoreBeforeItIsOutAndAtThePaceOfTheLast) {
  credit_.TryReserve({10});
  desk_.Answer(GrantState::kGranted, 1'000'000);
  clock_.Advance(std::chrono::milliseconds(500));
  EXPECT_EQ(credit_.TryReserve({750'000}), Reserve::kReserved);
  EXPECT_TRUE(desk_.asked.empty());  // a quarter is left
  EXPECT_EQ(credit_.TryReserve({10}), Reserve::kReserved);
  ASSERT_EQ(desk_.asked.size(), 1u);
  EXPECT_EQ(desk_.asked[0].need, Nano{0});
  EXPECT_EQ(desk_.asked[0].want,
            Nano{(750'010) * 6});  // spent in half a second; three seconds' worth
}

TEST_F(CreditTest, BelievesARefusalForASecond) {
  EXPECT_EQ(credit_.TryReserve({5}), Reserve::kWait);
  desk_.Answer(GrantState::kNoCredit);
  EXPECT_EQ(credit_.TryReserve({5}), Reserve::kNoCredit);
  EXPECT_EQ(credit_.TryReserve({6}), Reserve::kNoCredit);
  EXPECT_TRUE(desk_.asked.empty());
  clock_.Advance(kRefusalMemory - Duration(1));
  EXPECT_EQ(credit_.TryReserve({5}), Reserve::kNoCredit);
  clock_.Advance(Duration(1));
  EXPECT_EQ(credit_.TryReserve({5}), Reserve::kWait);
}

TEST_F(CreditTest, ACheaperMessageMayPassWhereADearOneWasRefused) {
  EXPECT_EQ(credit_.TryReserve({5}), Reserve::kWait);
  desk_.Answer(GrantState::kNoCredit);
  EXPECT_EQ(credit_.TryReserve({4}), Reserve::kWait);
  desk_.Answer(GrantState::kGranted, 4);
  EXPECT_EQ(credit_.TryReserve({4}), Reserve::kReserved);
}

TEST_F(CreditTest, TellsNoCreditFromNobodyKnows) {
  credit_.TryReserve({5});
  desk_.Answer(GrantState::kUnreachable);
  EXPECT_EQ(credit_.TryReserve({1}), Reserve::kUnreachable);
  clock_.Advance(kRefusalMemory);
  EXPECT_EQ(credit_.TryReserve({5}), Reserve::kWait);
  desk_.Answer(GrantState::kSuspended);
  EXPECT_EQ(credit_.TryReserve({1}), Reserve::kNoCredit);
}

TEST_F(CreditTest, WhatIsReleasedCanBeSpentAgain) {
  credit_.TryReserve({5});
  desk_.Answer(GrantState::kGranted, 5);
  EXPECT_EQ(credit_.TryReserve({5}), Reserve::kReserved);
  credit_.Release({5});
  EXPECT_EQ(credit_.TryReserve({5}), Reserve::kReserved);
}

TEST_F(CreditTest, AHugeMessageAsksForWhatItNeedsNotForMoreThanFits) {
  const std::int64_t huge = INT64_MAX / 2;
  EXPECT_EQ(credit_.TryReserve({huge}), Reserve::kWait);
  EXPECT_EQ(desk_.asked[0].want, Nano{huge});
  desk_.Answer(GrantState::kGranted, huge);
  EXPECT_EQ(credit_.TryReserve({huge}), Reserve::kReserved);
}

TEST_F(CreditTest, WhatIsBeingReturnedCannotBeSpent) {
  credit_.TryReserve({5});
  desk_.Answer(GrantState::kGranted, 100);
  EXPECT_EQ(credit_.TryReserve({5}), Reserve::kReserved);
  credit_.ReturnAll();
  ASSERT_EQ(desk_.returned.size(), 1u);
  EXPECT_EQ(desk_.returned[0].amount, Nano{95});
  EXPECT_EQ(credit_.remaining(), Nano{0});
  EXPECT_EQ(credit_.TryReserve({5}), Reserve::kWait);
  credit_.Release({5});  // in flight when the rest was returned
  EXPECT_EQ(credit_.remaining(), Nano{5});
  credit_.ReturnAll();  // the other one is under way
  EXPECT_EQ(desk_.returned.size(), 1u);
  desk_.TakeBack(ReturnState::kReturned);
  EXPECT_EQ(credit_.remaining(), Nano{5});
  credit_.ReturnAll();
  EXPECT_EQ(desk_.returned[0].amount, Nano{5});
}

TEST_F(CreditTest, WhatPostgresNeverHeardOfIsSpentHere) {
  credit_.TryReserve({5});
  desk_.Answer(GrantState::kGranted, 100);
  credit_.ReturnAll();
  desk_.TakeBack(ReturnState::kKept);
  EXPECT_EQ(credit_.remaining(), Nano{100});
}

TEST_F(CreditTest, NothingIsReturnedOutOfNothing) {
  credit_.ReturnAll();
  credit_.TryReserve({5});
  desk_.Answer(GrantState::kGranted, 5);
  credit_.TryReserve({5});
  credit_.ReturnAll();
  EXPECT_TRUE(desk_.returned.empty());
}

TEST_F(CreditTest, AReturnIsNoPace) {
  credit_.TryReserve({10});
  desk_.Answer(GrantState::kGranted, 1'000'000);
  clock_.Advance(std::chrono::seconds(3));
  EXPECT_EQ(credit_.TryReserve({20'000}), Reserve::kReserved);
  credit_.ReturnAll();
  desk_.TakeBack(ReturnState::kReturned);
  EXPECT_EQ(credit_.TryReserve({1}), Reserve::kWait);
  EXPECT_EQ(desk_.asked[0].want, Nano{20'000});  // what three seconds took
}

TEST_F(CreditTest, AnIdleLeaseIsReturned) {
  credit_.TryReserve({5});
  desk_.Answer(GrantState::kGranted, 100);
  credit_.Tick();
  clock_.Advance(kLeaseIdle - Duration(1));
  credit_.Tick();
  EXPECT_TRUE(desk_.returned.empty());
  EXPECT_EQ(credit_.TryReserve({5}), Reserve::kReserved);
  clock_.Advance(Duration(1));
  credit_.Tick();
  clock_.Advance(kLeaseIdle);
  EXPECT_TRUE(desk_.returned.empty());
  credit_.Tick();
  ASSERT_EQ(desk_.returned.size(), 1u);
  EXPECT_EQ(desk_.returned[0].amount, Nano{95});
  desk_.TakeBack(ReturnState::kReturned);
  clock_.Advance(kLeaseIdle);
  credit_.Tick();
  EXPECT_TRUE(desk_.returned.empty());
}

// Only a waiting message makes other nodes give something back.
TEST_F(CreditTest, ALeaseThatIsLowAsksAndAMessageThatWaitsAsksAgain) {
  credit_.TryReserve({100});
  desk_.Answer(GrantState::kGranted, 100);
  EXPECT_EQ(credit_.TryReserve({90}), Reserve::kReserved);
  ASSERT_EQ(desk_.asked.size(), 1u);
  EXPECT_EQ(desk_.asked[0].need, Nano{0});
  desk_.Answer(GrantState::kElsewhere);
  EXPECT_EQ(credit_.TryReserve({1}), Reserve::kReserved);
  EXPECT_TRUE(desk_.asked.empty());  // for a second
  EXPECT_EQ(credit_.TryReserve({10}), Reserve::kWait);
  ASSERT_EQ(desk_.asked.size(), 1u);
  EXPECT_EQ(desk_.asked[0].need, Nano{1});
  EXPECT_EQ(credit_.TryReserve({10}), Reserve::kWait);
  desk_.Answer(GrantState::kNoCredit);  // the round found nothing
  EXPECT_EQ(credit_.TryReserve({10}), Reserve::kNoCredit);
}

TEST_F(CreditTest, AFrozenLeaseIsAskedForAnew) {
  credit_.TryReserve({5});
  desk_.Answer(GrantState::kGranted, 100);
  EXPECT_EQ(credit_.TryReserve({5}), Reserve::kReserved);
  EXPECT_EQ(credit_.Freeze(), Nano{95});
  EXPECT_EQ(credit_.remaining(), Nano{0});
  EXPECT_EQ(credit_.TryReserve({5}), Reserve::kWait);
}

// Grants from a purse of its own, on the caller's thread: as SQL would.
class PurseDesk final : public store::LeaseDesk {
 public:
  explicit PurseDesk(std::int64_t purse) : purse_(purse) {}
  void Request(std::int64_t account, Nano want, Nano need,
               std::function<void(const Grant&)> done) override {
    Grant grant{account, GrantState::kNoCredit, {}};
    {
      const std::lock_guard lock(mutex_);
      if (purse_ > 0 && purse_ >= need.units) {
        grant.granted = {std::min(want.units, std::max(purse_ - purse_ / 2, need.units))};
        grant.state = GrantState::kGranted;
        purse_ -= grant.granted.units;
      }
    }
    done(grant);
  }
  void Return(std::int64_t, Nano amount, std::function<void(ReturnState)> done) override {
    const bool keep = amount.units % 3 == 0;
    if (!keep) {
      const std::lock_guard lock(mutex_);
      purse_ += amount.units;
    }
    done(keep ? ReturnState::kKept : ReturnState::kReturned);
  }
  Outcome<Done> CloseAll(std::int64_t) override { return Done{}; }
  std::int64_t purse() const { return purse_; }

 private:
  std::mutex mutex_;
  std::int64_t purse_;
};

// However many threads reserve and release whatever amounts: spent + left + purse is what there
// was, to the last unit.
TEST(CreditProperty, MoneyIsNeitherMadeNorLost) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    Random setup(seed);
    const auto purse = static_cast<std::int64_t>(setup.Below(1'000'000'000));
    PurseDesk desk(purse);
    const SystemClock clock;
    AccountCredit credit(1, desk, clock, [] {});
    std::atomic<std::int64_t> spent{0};
    std::vector<std::thread> loops;
    for (std::uint64_t loop = 0; loop < 4; ++loop) {
      loops.emplace_back([&, loop] {
        Random random(seed * 100 + loop);
        for (int i = 0; i < 3'000; ++i) {
          const Nano amount{static_cast<std::int64_t>(random.Below(200'000))};
          if (credit.TryReserve(amount) != Reserve::kReserved) continue;
          if (random.Below(50) == 0) credit.ReturnAll();
          if (random.Below(10) == 0) {
            credit.Release(amount);
          } else {
            spent += amount.units;
          }
        }
      });
    }
    for (std::thread& loop : loops) loop.join();
    ASSERT_EQ(spent + credit.remaining().units + desk.purse(), purse) << "seed " << seed;
    ASSERT_GE(credit.remaining().units, 0);
  }
}

TEST(CreditBook, OneCreditAnAccountAndOneWaker) {
  HandDesk desk;
  const SystemClock clock;
  CreditBook book(desk, clock);
  int wakes = 0;
  book.SetWaker([&] { ++wakes; });
  AccountCredit* first = book.Of(1);
  EXPECT_EQ(book.Of(1), first);
  EXPECT_NE(book.Of(2), first);
  first->TryReserve({1});
  desk.Answer(GrantState::kGranted, 10);
  EXPECT_EQ(wakes, 1);
}

TEST(CreditBook, PassesOnWhatTheDeskSays) {
  HandDesk desk;
  test::FakeClock clock;
  CreditBook book(desk, clock);
  ASSERT_EQ(desk.holder, &book);
  for (const std::int64_t account : {1, 2, 3}) {
    book.Of(account)->TryReserve({1});
    desk.Answer(GrantState::kGranted, 10 * account);
  }
  desk.holder->OnRecall(2);
  desk.holder->OnRecall(99);  // nobody's
  ASSERT_EQ(desk.returned.size(), 1u);
  EXPECT_EQ(desk.returned[0].amount, Nano{20});
  EXPECT_EQ(desk.holder->Freeze(1), Nano{10});
  EXPECT_EQ(desk.holder->Freeze(99), Nano{0});
  desk.holder->OnTick();
  clock.Advance(kLeaseIdle);
  desk.holder->OnTick();
  ASSERT_EQ(desk.returned.size(), 2u);
  EXPECT_EQ(desk.returned[1].amount, Nano{30});
}

}  // namespace
}  // namespace hub::billing
