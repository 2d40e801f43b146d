#include "server/access/bind_seats.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

namespace hub::access {
namespace {

using enum BindMode;

TEST(BindSeats, ATotalHoldsForAllModesTogether) {
  BindSeats seats;
  EXPECT_TRUE(seats.Take(kTx, 2, 0));
  EXPECT_TRUE(seats.Take(kRx, 2, 0));
  EXPECT_FALSE(seats.Take(kTrx, 2, 0));
  seats.Leave(kTx);
  EXPECT_TRUE(seats.Take(kTrx, 2, 0));
  EXPECT_EQ(seats.taken(), 2);
}

TEST(BindSeats, AModeHasItsOwnLimitAndARefusalTakesNothing) {
  BindSeats seats;
  EXPECT_TRUE(seats.Take(kRx, 3, 1));
  EXPECT_FALSE(seats.Take(kRx, 3, 1));
  EXPECT_TRUE(seats.Take(kTx, 3, 1));
  EXPECT_TRUE(seats.Take(kTrx, 3, 1));
  seats.Leave(kRx);
  EXPECT_TRUE(seats.Take(kRx, 3, 1));
  EXPECT_EQ(seats.taken(), 3);
}

// A bind that is refused for its mode must not take, for a moment, the last place of another mode.
TEST(BindSeats, ARefusalForAModeRefusesNobodyElse) {
  BindSeats seats;
  ASSERT_TRUE(seats.Take(kRx, 2, 1));
  std::atomic<bool> over{false};
  std::thread refused([&] {
    while (!over.load()) EXPECT_FALSE(seats.Take(kRx, 2, 1));
  });
  int lost = 0;
  for (int i = 0; i < 3'000'000; ++i) {
    if (seats.Take(kTx, 2, 0)) {
      seats.Leave(kTx);
    } else {
      ++lost;
    }
  }
  over.store(true);
  refused.join();
  EXPECT_EQ(lost, 0);
}

}  // namespace
}  // namespace hub::access
