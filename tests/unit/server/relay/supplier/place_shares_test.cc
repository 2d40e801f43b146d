#include "server/relay/supplier/place_shares.h"

#include <gtest/gtest.h>

namespace hub::relay {
namespace {

using namespace std::chrono_literals;

constexpr TimePoint kBegin{1h};

TEST(PlaceShares, CountsEachClientOnceAPeriod) {
  PlaceShares shares;
  EXPECT_EQ(shares.Ask(kBegin, 7), 1);
  EXPECT_EQ(shares.Ask(kBegin, 7), 1);
  EXPECT_EQ(shares.Ask(kBegin + 1ms, 8), 2);
  EXPECT_EQ(shares.Ask(kBegin + 499ms, 7), 2);
}

TEST(PlaceShares, RemembersThoseOfTheLastPeriodAndNoOthers) {
  PlaceShares shares;
  for (std::int64_t client = 1; client <= 3; ++client) shares.Ask(kBegin, client);
  EXPECT_EQ(shares.Ask(kBegin + 500ms, 1), 3) << "the period has only begun";
  EXPECT_EQ(shares.Ask(kBegin + 1s, 1), 1) << "the others want none any more";
  EXPECT_EQ(shares.Ask(kBegin + 10min, 2), 1);
}

// A loop asks with the moment at which its turn began.
TEST(PlaceShares, ALoopThatIsLateBeginsNoPeriodAnew) {
  PlaceShares shares;
  for (std::int64_t client = 1; client <= 3; ++client) shares.Ask(kBegin, client);
  EXPECT_EQ(shares.Ask(kBegin + 500ms, 1), 3);
  EXPECT_EQ(shares.Ask(kBegin + 499ms, 2), 3);
  EXPECT_EQ(shares.Ask(kBegin + 501ms, 1), 3);
  EXPECT_EQ(shares.Ask(kBegin + 1s, 1), 2) << "both were counted in the period before, each once";
}

TEST(PlaceShares, CountsWhatIsUnderWayByClient) {
  PlaceShares shares;
  shares.Enter(1);
  shares.Enter(1);
  shares.Enter(2);
  EXPECT_EQ(shares.under_way(1), 2);
  shares.Leave(1);
  EXPECT_EQ(shares.under_way(1), 1);
  EXPECT_EQ(shares.under_way(2), 1);
  EXPECT_EQ(shares.under_way(3), 0);
}

TEST(PlaceShares, ClientsFarApartHaveOneShareTogether) {
  PlaceShares shares;
  constexpr auto kFar = static_cast<std::int64_t>(PlaceShares::kSlots);
  shares.Ask(kBegin, 1);
  EXPECT_EQ(shares.Ask(kBegin, 1 + kFar), 1);
  shares.Enter(1);
  EXPECT_EQ(shares.under_way(1 + kFar), 1);
}

}  // namespace
}  // namespace hub::relay
