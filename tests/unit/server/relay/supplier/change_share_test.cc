#include "server/relay/supplier/change_share.h"

#include <gtest/gtest.h>

namespace hub::relay {
namespace {

using namespace std::chrono_literals;

constexpr TimePoint kStart{1h};

TEST(ChangeShare, IsOnePlaceInEightAndOneAtLeast) {
  EXPECT_EQ(ChangeShare(1).max(), 1u);
  EXPECT_EQ(ChangeShare(15).max(), 1u);
  EXPECT_EQ(ChangeShare(16).max(), 2u);
  EXPECT_EQ(ChangeShare(1'000).max(), 125u);
}

TEST(ChangeShare, APlaceIsFreeAgainWhenItsChangeHasEnded) {
  ChangeShare share(16);
  share.OnSent(kStart);
  EXPECT_TRUE(share.MayGo(kStart));
  share.OnSent(kStart);
  EXPECT_FALSE(share.MayGo(kStart));
  share.OnEnd(kStart + 1s);
  EXPECT_TRUE(share.MayGo(kStart + 1s)) << "the window has other places";
}

TEST(ChangeShare, WhileMessagesWaitSevenOfEightTurnsAreTheirs) {
  ChangeShare share(100);
  for (int round = 0; round < 3; ++round) {
    EXPECT_TRUE(share.IsItsTurn(true)) << round;
    share.OnSent(kStart);
    for (int n = 0; n < 7; ++n) {
      EXPECT_FALSE(share.IsItsTurn(true)) << n;
      EXPECT_TRUE(share.IsItsTurn(false)) << n;
      share.OnMessageSent();
    }
  }
  for (int n = 0; n < 100; ++n) share.OnMessageSent();
  share.OnSent(kStart);
  EXPECT_FALSE(share.IsItsTurn(true)) << "turns are not saved";
}

TEST(ChangeShare, TheOnlyPlaceOfAWindowIsLeftAloneAsLongAsItWasHeld) {
  ChangeShare share(1);
  EXPECT_TRUE(share.MayGo(kStart));
  share.OnSent(kStart);
  share.OnEnd(kStart + 300ms);
  EXPECT_EQ(share.next(), kStart + 600ms);
  EXPECT_FALSE(share.MayGo(kStart + 599ms));
  EXPECT_TRUE(share.MayGo(kStart + 600ms));
}

}  // namespace
}  // namespace hub::relay
