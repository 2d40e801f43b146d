#include "server/access/password_pool.h"

#include <gtest/gtest.h>

#include <future>

#include "server/base/password.h"
#include "tests/support/fake_clock.h"

namespace hub::access {
namespace {

using namespace std::chrono_literals;

// Cost 1 is 1 ms: a test needs no slow hash. The decoy is of the real cost.
const std::string& Hash() {
  static const std::string hash = *HashPassword("secret", 1);
  return hash;
}

class PasswordPoolTest : public testing::Test {
 protected:
  PasswordCase Case(std::string password, std::vector<PasswordHash> hashes = {{Hash()}}) {
    PasswordCase one;
    one.client_id = 1;
    one.password = std::move(password);
    one.hashes = std::move(hashes);
    one.wanted = here_;
    return one;
  }
  bool IsRight(PasswordCase one) {
    std::promise<bool> answer;
    one.done = [&](std::string_view right) { answer.set_value(!right.empty()); };
    EXPECT_TRUE(pool_.Judge(std::move(one)));
    return answer.get_future().get();
  }
  // The pool's thread stands still in the answer to a case until the gate opens; whoever asks now, waits.
  void Block() {
    PasswordCase one = Case("wrong");
    std::promise<void> stands;
    one.done = [&, gate = gate_.get_future().share()](std::string_view) {
      stands.set_value();
      gate.wait();
    };
    ASSERT_TRUE(pool_.Judge(std::move(one)));
    stands.get_future().wait();
  }

  test::FakeClock clock_;
  const ProcessKey key_;
  const std::shared_ptr<std::atomic<bool>> here_ = std::make_shared<std::atomic<bool>>(true);
  std::promise<void> gate_;
  PasswordPool pool_{clock_, key_, {.known_waiting_max = 7, .strangers_waiting_max = 2}};
};

TEST_F(PasswordPoolTest, JudgesAndRemembersWhatWasRight) {
  EXPECT_FALSE(IsRight(Case("wrong")));
  EXPECT_TRUE(IsRight(Case("secret")));
  EXPECT_EQ(pool_.stats().hashed, 2u);
  EXPECT_TRUE(IsRight(Case("secret")));
  EXPECT_EQ(pool_.stats().hashed, 2u) << "a warm bind costs no hash";
  EXPECT_EQ(pool_.stats().remembered, 1u);
  EXPECT_FALSE(IsRight(Case("wrong")));
  EXPECT_EQ(pool_.stats().hashed, 3u);
}

TEST_F(PasswordPoolTest, NothingIsRememberedForADayAndNothingThatWasForgotten) {
  EXPECT_TRUE(IsRight(Case("secret")));
  clock_.Advance(24h);
  EXPECT_TRUE(IsRight(Case("secret")));
  EXPECT_EQ(pool_.stats().hashed, 2u);
  pool_.Forget(1);
  EXPECT_TRUE(IsRight(Case("secret")));
  EXPECT_EQ(pool_.stats().hashed, 3u);
}

TEST_F(PasswordPoolTest, AHashThatIsNoLongerInForceIsNotRemembered) {
  EXPECT_TRUE(IsRight(Case("secret")));
  EXPECT_FALSE(IsRight(Case("secret", {{*HashPassword("new", 1)}})));
  EXPECT_FALSE(IsRight(Case("secret", {})));
}

TEST_F(PasswordPoolTest, EitherPasswordWillDoWhileAClientChangesOver) {
  const std::vector<PasswordHash> both = {{*HashPassword("new", 1)}, {Hash()}};
  EXPECT_TRUE(IsRight(Case("new", both)));
  EXPECT_TRUE(IsRight(Case("secret", both)));
  EXPECT_FALSE(IsRight(Case("wrong", both)));
}

TEST_F(PasswordPoolTest, AnUnknownNameCostsAsManyHashesAsAWrongPassword) {
  PasswordCase unknown = Case("secret", {});
  unknown.client_id = 0;
  unknown.hashes_of_work = 2;
  EXPECT_FALSE(IsRight(std::move(unknown)));
  EXPECT_EQ(pool_.stats().hashed, 2u);
  PasswordCase wrong = Case("wrong");
  wrong.hashes_of_work = 2;
  EXPECT_FALSE(IsRight(std::move(wrong)));
  EXPECT_EQ(pool_.stats().hashed, 4u);
}

// A known place is never banned: if it sent wrong passwords without end, a stranger would never be judged.
TEST_F(PasswordPoolTest, EveryFourthTurnIsAStrangersAndBothQueuesAreBounded) {
  Block();
  std::vector<std::string> order;
  std::mutex mutex;
  std::promise<void> all;
  const auto ask = [&](const char* name, bool is_known) {
    PasswordCase one = Case(name);
    one.is_known = is_known;
    one.done = [&, name](std::string_view) {
      std::lock_guard lock(mutex);
      order.emplace_back(name);
      if (order.size() == 9) all.set_value();
    };
    return pool_.Judge(std::move(one));
  };
  EXPECT_TRUE(ask("s1", false));
  EXPECT_TRUE(ask("s2", false));
  EXPECT_FALSE(ask("s3", false)) << "strangers_waiting_max";
  EXPECT_TRUE(ask("k1", true));
  EXPECT_TRUE(ask("k2", true));
  EXPECT_TRUE(ask("k3", true));
  EXPECT_TRUE(ask("k4", true));
  EXPECT_TRUE(ask("k5", true));
  EXPECT_TRUE(ask("k6", true));
  EXPECT_TRUE(ask("k7", true));
  EXPECT_FALSE(ask("k8", true)) << "known_waiting_max";
  EXPECT_EQ(pool_.stats().strangers_waiting, 2u);
  gate_.set_value();
  all.get_future().wait();
  EXPECT_EQ(order,
            (std::vector<std::string>{"k1", "k2", "k3", "s1", "k4", "k5", "k6", "s2", "k7"}));
}

TEST_F(PasswordPoolTest, BindsOfOneClientThatComeTogetherCostOneHash) {
  Block();
  const std::uint64_t before = pool_.stats().hashed;
  std::atomic<int> right{0};
  std::promise<void> all;
  for (int i = 0; i < 3; ++i) {
    PasswordCase one = Case("secret");
    one.is_known = true;
    one.done = [&](std::string_view ok) {
      if (!ok.empty() && ++right == 3) all.set_value();
    };
    EXPECT_TRUE(pool_.Judge(std::move(one)));
  }
  gate_.set_value();
  all.get_future().wait();
  EXPECT_EQ(pool_.stats().hashed, before + 1);
}

TEST_F(PasswordPoolTest, WhoHungUpIsNotJudged) {
  Block();
  const std::uint64_t before = pool_.stats().hashed;
  const auto gone = std::make_shared<std::atomic<bool>>(false);
  PasswordCase one = Case("secret");
  one.wanted = gone;
  one.done = [](std::string_view) { ADD_FAILURE(); };
  EXPECT_TRUE(pool_.Judge(std::move(one)));
  gate_.set_value();
  EXPECT_FALSE(IsRight(Case("wrong")));
  EXPECT_EQ(pool_.stats().hashed, before + 1);
}

// A flood of binds whose peers do not wait for the answer must not fill the queue for those who do.
TEST_F(PasswordPoolTest, WhoHungUpKeepsNobodysPlace) {
  Block();
  const auto gone = std::make_shared<std::atomic<bool>>(true);
  for (int i = 0; i < 2; ++i) {
    PasswordCase one = Case("wrong");
    one.wanted = gone;
    one.done = [](std::string_view) { ADD_FAILURE(); };
    EXPECT_TRUE(pool_.Judge(std::move(one)));
  }
  PasswordCase late = Case("secret");
  late.done = [](std::string_view) {};
  EXPECT_FALSE(pool_.Judge(late)) << "both places are taken";
  gone->store(false);
  EXPECT_TRUE(pool_.Judge(late));
  gate_.set_value();
}

TEST_F(PasswordPoolTest, TheVerdictNamesTheHashThatThePasswordIsOf) {
  const std::string other = *HashPassword("new", 1);
  for (int i = 0; i < 2; ++i) {  // hashed, then remembered
    std::promise<std::string> answer;
    PasswordCase one = Case("secret", {{other}, {Hash()}});
    one.done = [&](std::string_view right) { answer.set_value(std::string(right)); };
    EXPECT_TRUE(pool_.Judge(std::move(one)));
    EXPECT_EQ(answer.get_future().get(), Hash());
  }
}

}  // namespace
}  // namespace hub::access
