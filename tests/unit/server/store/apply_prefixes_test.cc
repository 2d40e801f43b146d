#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "server/store/apply.h"
#include "tests/support/postgres_rig.h"

namespace hub::test {
namespace {

using namespace hub::store;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::MatchesRegex;

constexpr std::size_t kMoreThanAPage = 50'001;

class ApplyPrefixesTest : public testing::Test {
 protected:
  ApplyReport Bring() {
    auto applied = Apply(database_, world_, false);
    EXPECT_TRUE(applied.ok()) << applied.error().Text();
    return applied ? *applied : ApplyReport{};
  }
  std::string Mnc(const std::string& prefix) {
    return Scalar(pg_,
                  "SELECT coalesce(mnc, 'any') FROM ref.number_prefix"
                  " JOIN ref.network USING (network_id) WHERE prefix = '" +
                      prefix + "'");
  }
  // Many prefixes of 44 in front of those of the world.
  void Describe(std::size_t count) {
    std::vector<PrefixEntry> many;
    for (std::size_t i = 0; i < count; ++i) {
      many.push_back({"world:90", "44" + std::to_string(100'000 + i), "234", "10"});
    }
    world_.prefixes.insert(world_.prefixes.begin(), many.begin(), many.end());
  }

  const std::string database_ = PostgresServer::Get().NewDatabase();
  Pg pg_ = Connect(database_);
  Description world_ = SmallWorld();
};

TEST_F(ApplyPrefixesTest, APrefixMovesToTheNetworkDescribed) {
  Bring();
  EXPECT_EQ(Mnc("44"), "any");
  world_.prefixes[0].mnc = "10";
  EXPECT_THAT(Bring().changed, ElementsAre(MatchesRegex("prefix 44: network_id [0-9]+ -> [0-9]+")));
  EXPECT_EQ(Mnc("44"), "10");
  EXPECT_THAT(Bring().changed, IsEmpty());
}

TEST_F(ApplyPrefixesTest, APlanOfMoreThanAPageIsThereToItsLastRow) {
  Describe(kMoreThanAPage);
  EXPECT_THAT(Bring().added, Contains("prefix 447700"));  // the last one
  EXPECT_EQ(Scalar(pg_, "SELECT count(*) FROM ref.number_prefix"),
            std::to_string(kMoreThanAPage + 2));
  const ApplyReport again = Bring();
  EXPECT_THAT(again.added, IsEmpty());
  EXPECT_THAT(again.changed, IsEmpty());
}

TEST_F(ApplyPrefixesTest, WhatIsWrongOnTheSecondPageIsToldWithItsPlaceAndTakesTheFirstBack) {
  Describe(kMoreThanAPage);
  world_.prefixes.back().mnc = "99";
  const auto applied = Apply(database_, world_, false);
  ASSERT_FALSE(applied.ok());
  EXPECT_THAT(applied.error().Text(),
              HasSubstr("world:4: prefix 447700: there is no network 234/99"));
  EXPECT_EQ(Scalar(pg_, "SELECT count(*) FROM ref.number_prefix"), "0");
}

}  // namespace
}  // namespace hub::test
