#include "server/relay/supplier/queue_room.h"

#include <gtest/gtest.h>

namespace hub::relay {
namespace {

using namespace std::chrono_literals;

constexpr TimePoint kBegin{1h};

// A bind that sends `per_second`, looked at after each message.
struct SteadyBind {
  QueueRoom room;
  TimePoint now = kBegin;
  std::int32_t places = 0;

  void Send(int messages, int per_second, std::int32_t promised = 0, bool turned_away = false) {
    for (int n = 0; n < messages; ++n) {
      now += Duration(1s) / per_second;
      room.OnSent();
      places = room.Places(now, promised, turned_away);
    }
  }
};

TEST(QueueRoom, HoldsAllWhileNobodyIsTurnedAway) {
  SteadyBind bind{QueueRoom(20ms)};
  bind.Send(5'000, 1'000);
  EXPECT_EQ(bind.places, QueueRoom::kAll);
}

TEST(QueueRoom, HoldsWhatGoesWithinTheWaitOnceAMessageIsTurnedAway) {
  SteadyBind bind{QueueRoom(20ms)};
  bind.Send(2'000, 2'000);
  bind.Send(1, 2'000, 0, true);
  EXPECT_NEAR(bind.places, 40, 1);
  bind.Send(590, 2'000);  // not yet kCalm
  EXPECT_NEAR(bind.places, 40, 1);
}

TEST(QueueRoom, HoldsAllAgainWhenNobodyWasForAMoment) {
  SteadyBind bind{QueueRoom(20ms)};
  bind.Send(2'000, 2'000, 0, true);
  bind.Send(601, 2'000);
  EXPECT_EQ(bind.places, QueueRoom::kAll);
}

TEST(QueueRoom, GivesPlacesToThoseThatWaitForTheDisk) {
  SteadyBind bind{QueueRoom(20ms)};
  bind.Send(4'000, 2'000, 100, true);
  EXPECT_NEAR(bind.places, 140, 2);
}

TEST(QueueRoom, RemembersThePaceOverAMomentOfNothing) {
  SteadyBind bind{QueueRoom(20ms)};
  bind.Send(2'000, 2'000, 0, true);
  bind.now += 500ms;
  EXPECT_NEAR(bind.room.Places(bind.now, 0, true), 40, 1);
  bind.Send(20, 20, 0, true);  // a second of a supplier that has become slow
  EXPECT_EQ(bind.places, QueueRoom::kLeast);
}

TEST(QueueRoom, WithoutAWaitHoldsAllAlways) {
  SteadyBind bind{QueueRoom(0ms)};
  bind.Send(2'000, 2'000, 0, true);
  EXPECT_EQ(bind.places, QueueRoom::kAll);
}

}  // namespace
}  // namespace hub::relay
