#include "server/access/bind_seats.h"

#include <gtest/gtest.h>

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

}  // namespace
}  // namespace hub::access
