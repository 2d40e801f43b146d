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

TEST_F(TimersTest, PatientTimersThatAreDueOneAfterTheOtherShareAWakeUp) {
  Timer a(timers, [&] { fired += 'a'; });
  Timer b(timers, [&] { fired += 'b'; });
  Timer c(timers, [&] { fired += 'c'; });
  b.StartPatiently(1s + kPatience / 2);
  a.StartPatiently(1s);
  c.StartPatiently(1s + 2 * kPatience);
  EXPECT_EQ(timers.next(), kStart + 1s + kPatience);
  timers.Advance(*timers.next());
  EXPECT_EQ(fired, "ab");
  EXPECT_EQ(timers.next(), kStart + 1s + 3 * kPatience);
}

TEST_F(TimersTest, APatientTimerFiresInItsTurnWhenThereIsATurnAnyway) {
  Timer patient(timers, [&] { fired += 'p'; });
  Timer sooner(timers, [&] { fired += 's'; });
  Timer later(timers, [&] { fired += 'l'; });
  patient.StartPatiently(1s);
  later.Start(1s);
  sooner.Start(1s - 1ms);
  EXPECT_EQ(timers.next(), kStart + 1s - 1ms);
  timers.Advance(kStart + 1s - 1ms);
  EXPECT_EQ(fired, "s") << "never early";
  timers.Advance(kStart + 1s);
  EXPECT_EQ(fired, "spl");
}

TEST_F(TimersTest, APatientTimerStopsAndStartsPunctually) {
  Timer a(timers, [&] { fired += 'a'; });
  a.StartPatiently(1s);
  a.Start(1s);
  EXPECT_EQ(timers.next(), kStart + 1s);
  a.StartPatiently(2s);
  a.Stop();
  EXPECT_EQ(timers.next(), std::nullopt);
  timers.Advance(kStart + 3s);
  EXPECT_EQ(fired, "");
}

}  // namespace
}  // namespace hub
