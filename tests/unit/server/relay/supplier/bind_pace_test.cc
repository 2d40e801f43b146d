#include "server/relay/supplier/bind_pace.h"

#include <gtest/gtest.h>

namespace hub::relay {
namespace {

using namespace std::chrono_literals;

struct Rig {
  explicit Rig(BindPaceLimits limits = {}) : pace(limits) {}

  bool Sends() {
    if (pace.Next(now) > now) return false;
    pace.OnSent(now);
    return true;
  }
  int SendsAtOnce(int most) {
    int sent = 0;
    while (sent < most && Sends()) ++sent;
    return sent;
  }
  // A window of them at once, and a throttle for each.
  void FirstCut(int window) {
    ASSERT_EQ(SendsAtOnce(window), window);
    const TimePoint sent_at = now;
    now += 50ms;
    for (int n = 0; n < window; ++n) pace.OnThrottled(sent_at, now);
  }

  BindPace pace;
  TimePoint now{1h};
};

TEST(BindPace, SendsAsFastAsItCanUntilItIsThrottled) {
  Rig rig;
  EXPECT_EQ(rig.SendsAtOnce(1'000), 1'000);
  EXPECT_EQ(rig.pace.rate(), 0);
  EXPECT_EQ(rig.pace.state(rig.now), Throttle::kNone);
}

TEST(BindPace, AWindowOfThrottlesIsOnePauseAndOneHalving) {
  Rig rig;
  rig.FirstCut(100);
  EXPECT_EQ(rig.pace.pauses(), 1u);
  EXPECT_EQ(rig.pace.rate(), 50);
  EXPECT_EQ(rig.pace.state(rig.now), Throttle::kPaused);
  EXPECT_EQ(rig.pace.Next(rig.now), rig.now + 1s);
}

// Its answer is not heard, so nobody may wait for it.
TEST(BindPace, WhatIsNoSubmitDoesNotAsk) {
  Rig rig;
  rig.FirstCut(100);
  rig.now += 1s;
  ASSERT_LE(rig.pace.Next(rig.now), rig.now);
  rig.pace.OnOtherSent(rig.now);
  EXPECT_EQ(rig.pace.state(rig.now), Throttle::kProbe);
  rig.now += 1s;
  EXPECT_EQ(rig.SendsAtOnce(10), 1);
}

TEST(BindPace, BehindAPauseOneAsksAndOthersWaitForItsAnswer) {
  Rig rig;
  rig.FirstCut(100);
  rig.now += 1s;
  EXPECT_EQ(rig.SendsAtOnce(10), 1);
  EXPECT_EQ(rig.pace.Next(rig.now), TimePoint::max());
  const TimePoint asked = rig.now;
  rig.now += 200ms;
  rig.pace.OnGood(asked - 1'100ms, rig.now);
  EXPECT_EQ(rig.pace.Next(rig.now), TimePoint::max()) << "an answer to what went before the cut";
  rig.pace.OnGood(asked, rig.now);
  EXPECT_EQ(rig.pace.state(rig.now), Throttle::kNone);
  EXPECT_TRUE(rig.Sends());
}

TEST(BindPace, WhoThrottlesAllSeesOneASecond) {
  Rig rig;
  rig.FirstCut(64);
  int sent = 0;
  for (int ms = 0; ms < 60'000; ++ms, rig.now += 1ms) {
    if (!rig.Sends()) continue;
    ++sent;
    rig.pace.OnThrottled(rig.now, rig.now);
  }
  EXPECT_LE(sent, 60);
  EXPECT_GE(sent, 50) << "it goes on asking";
  EXPECT_EQ(rig.pace.rate(), 1) << "never below one";
}

TEST(BindPace, GrowsBackByAStepASecondOfGoodAnswers) {
  Rig rig;
  rig.FirstCut(640);
  EXPECT_EQ(rig.pace.rate(), 320);
  rig.now += 1s;
  ASSERT_TRUE(rig.Sends());
  rig.pace.OnGood(rig.now, rig.now);
  for (int second = 1; second <= 10; ++second) {
    rig.now += 1s;
    rig.pace.OnGood(rig.now, rig.now);
    rig.pace.OnGood(rig.now, rig.now);
    EXPECT_EQ(rig.pace.rate(), 320 + 20 * second);
  }
  for (int second = 0; second < 60; ++second) rig.pace.OnGood(rig.now, rig.now += 1s);
  EXPECT_EQ(rig.pace.rate(), 0) << "as fast as it can again";
}

TEST(BindPace, KeepsTheRateOfItsRow) {
  Rig rig({.rate_per_second = 100});
  int sent = 0;
  for (int ms = 0; ms < 1'000; ++ms, rig.now += 1ms) sent += rig.Sends() ? 1 : 0;
  EXPECT_LE(sent, 100);
  EXPECT_GE(sent, 95);
  rig.pace.OnThrottled(rig.now, rig.now);
  EXPECT_LE(rig.pace.rate(), 50);
  rig.now += 1s;
  ASSERT_TRUE(rig.Sends());
  for (int second = 0; second < 60; ++second) rig.pace.OnGood(rig.now, rig.now += 1s);
  EXPECT_EQ(rig.pace.rate(), 100);
}

TEST(BindPace, IsChokedWhenItIsThrottledForLongerThanAMessageHasPatience) {
  Rig rig({.patience = 5s});
  rig.FirstCut(10);
  for (int second = 0; second < 5; ++second) {
    EXPECT_NE(rig.pace.state(rig.now), Throttle::kChoked) << second;
    rig.now += 1'100ms;
    ASSERT_TRUE(rig.Sends());
    rig.pace.OnThrottled(rig.now, rig.now);
  }
  EXPECT_EQ(rig.pace.state(rig.now), Throttle::kChoked);
  rig.now += 1'100ms;
  EXPECT_LE(rig.pace.Next(rig.now), rig.now);
  EXPECT_EQ(rig.pace.state(rig.now), Throttle::kChokedProbe);
  ASSERT_TRUE(rig.Sends());
  EXPECT_EQ(rig.pace.state(rig.now), Throttle::kChoked);
  rig.pace.OnGood(rig.now, rig.now);
  EXPECT_EQ(rig.pace.state(rig.now), Throttle::kNone);
}

TEST(BindPace, AsksAgainWhenNobodyAnsweredOrTheLinkDied) {
  Rig rig;
  rig.FirstCut(10);
  rig.now += 1'100ms;
  ASSERT_TRUE(rig.Sends());
  const TimePoint asked = rig.now;
  rig.now += 10s;
  rig.pace.OnNoAnswer(asked, rig.now);
  EXPECT_FALSE(rig.Sends());
  rig.now += 1s;
  ASSERT_TRUE(rig.Sends());
  rig.pace.OnLost();
  rig.now += 2s;
  EXPECT_EQ(rig.SendsAtOnce(10), 1) << "one, to ask";
}

}  // namespace
}  // namespace hub::relay
