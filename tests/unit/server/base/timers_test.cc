#include "server/base/timers.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>

namespace hub {
namespace {

using namespace std::chrono_literals;

constexpr TimePoint kStart{1h};

struct TimersTest : testing::Test {
  TimersTest() { timers.set_now(kStart); }
  Timers timers;
  std::string fired;
};

TEST_F(TimersTest, FireInOrderOfDeadlineThenOfArming) {
  Timer c(timers, [&] { fired += 'c'; });
  Timer a(timers, [&] { fired += 'a'; });
  Timer b(timers, [&] { fired += 'b'; });
  c.Start(2s);
  a.Start(1s);
  b.Start(1s);
  EXPECT_EQ(timers.next(), kStart + 1s);
  timers.Advance(kStart + 999ms);
  EXPECT_EQ(fired, "");
  timers.Advance(kStart + 5s);
  EXPECT_EQ(fired, "abc");
  EXPECT_EQ(timers.next(), std::nullopt);
}

TEST_F(TimersTest, RestartingForgetsTheEarlierDeadline) {
  Timer a(timers, [&] { fired += 'a'; });
  a.Start(1s);
  a.Start(3s);
  timers.Advance(kStart + 2s);
  EXPECT_EQ(fired, "");
  timers.Advance(kStart + 3s);
  EXPECT_EQ(fired, "a");
  EXPECT_FALSE(a.armed());
}

TEST_F(TimersTest, StoppedAndDeadTimersDoNotFire) {
  Timer a(timers, [&] { fired += 'a'; });
  a.Start(1s);
  a.Stop();
  {
    Timer b(timers, [&] { fired += 'b'; });
    b.Start(1s);
  }
  timers.Advance(kStart + 2s);
  EXPECT_EQ(fired, "");
}

TEST_F(TimersTest, ATimerMayDestroyItselfAndOthers) {
  auto victim = std::make_unique<Timer>(timers, [&] { fired += 'v'; });
  std::unique_ptr<Timer> self;
  self = std::make_unique<Timer>(timers, [&] {
    fired += 's';
    victim.reset();
    self.reset();
  });
  self->Start(1s);
  victim->Start(2s);
  timers.Advance(kStart + 3s);
  EXPECT_EQ(fired, "s");
}

TEST_F(TimersTest, AZeroTimerThatReArmsItselfDoesNotHoldTheLoop) {
  int count = 0;
  Timer again(timers, [&] {
    ++count;
    again.Start(0s);
  });
  again.Start(0s);
  timers.Advance(kStart);
  EXPECT_EQ(count, 1);
  timers.Advance(kStart);
  EXPECT_EQ(count, 2);
}

}  // namespace
}  // namespace hub
