#include "server/routing/split.h"

#include <gtest/gtest.h>

#include <array>
#include <vector>

namespace hub::routing {
namespace {

std::vector<std::uint8_t> Draw(std::uint64_t id, std::vector<Share> shares) {
  Query query;
  query.message_id = id;
  std::array<std::uint8_t, 8> order;
  const std::size_t count = DrawShares(RoutingKey(query, "447712345678"), "de02", shares, order);
  return {order.begin(), order.begin() + static_cast<long>(count)};
}

const std::vector<Share> kThree{{"a", 50, 0, true}, {"b", 30, 1, true}, {"c", 20, 2, true}};

TEST(Split, IsFairOverAMillionIds) {  // billing-routing §2.2: 70.0 +- 0.2 %
  std::array<int, 2> taken{};
  for (std::uint64_t id = 1; id <= 1'000'000; ++id) {
    ++taken[Draw(id << 10, {{"a", 7'000, 0, true}, {"b", 3'000, 1, true}})[0]];
  }
  EXPECT_NEAR(taken[0], 700'000, 2'000);
  EXPECT_EQ(taken[0] + taken[1], 1'000'000);
}

TEST(Split, DrawsTheSameForTheSameIdInAnyOrderOfWriting) {
  for (std::uint64_t id = 1; id < 1'000; ++id) {
    EXPECT_EQ(Draw(id, kThree), Draw(id, {kThree[2], kThree[0], kThree[1]}));
  }
}

TEST(Split, AMemberThatFallsOutMovesOnlyItsOwnShare) {
  std::vector<Share> without_b = kThree;
  without_b[1].stands = false;
  std::array<int, 3> moved_to{};
  for (std::uint64_t id = 1; id <= 100'000; ++id) {
    const auto before = Draw(id, kThree), after = Draw(id, without_b);
    ASSERT_EQ(after.size(), 2u);
    if (before[0] == 1) {
      ++moved_to[after[0]];
      EXPECT_EQ(after[0], before[1]) << "the fail-over of before is the route of after";
    } else {
      ASSERT_EQ(before[0], after[0]);
    }
  }
  EXPECT_NEAR(moved_to[0] + moved_to[2], 30'000, 600);
  EXPECT_NEAR(moved_to[0], 30'000 * 5 / 7, 600);  // in proportion to the shares that are left
}

TEST(Split, AShareOfNothingIsNeverDrawn) {
  for (std::uint64_t id = 1; id < 1'000; ++id) {
    EXPECT_EQ(Draw(id, {{"a", 100, 0, true}, {"b", 0, 1, true}}), std::vector<std::uint8_t>{0});
  }
}

TEST(Split, PartsOfOneMessageShareAKeyAndOtherMessagesDoNot) {
  store::ClientRow client;
  client.client_id = 5;
  Query query;
  query.client = &client;
  query.source_addr = "INFO";
  query.multipart = true;
  query.concat_ref = 77;
  query.concat_total = 3;
  query.message_id = 1;
  const std::uint64_t first = RoutingKey(query, "447712345678");
  query.message_id = 2;
  query.concat_part = 2;
  EXPECT_EQ(RoutingKey(query, "447712345678"), first);
  query.concat_ref = 78;
  EXPECT_NE(RoutingKey(query, "447712345678"), first);
  query.concat_ref = 77;
  EXPECT_NE(RoutingKey(query, "447712345679"), first);
  query.source_addr = "INFO2";
  EXPECT_NE(RoutingKey(query, "447712345678"), first);
  query.source_addr = "INFO";
  query.concat_total = 4;
  EXPECT_NE(RoutingKey(query, "447712345678"), first);
  query.concat_total = 3;
  store::ClientRow other;
  other.client_id = 6;
  query.client = &other;
  EXPECT_NE(RoutingKey(query, "447712345678"), first);
  query.client = &client;
  EXPECT_EQ(RoutingKey(query, "447712345678"), first);
}

}  // namespace
}  // namespace hub::routing
