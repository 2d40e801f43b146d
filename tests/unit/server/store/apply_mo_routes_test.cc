#include <gmock/gmock.h>

#include "tests/unit/server/store/apply_rig.h"

namespace hub::test {
namespace {

using namespace hub::store;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::IsSupersetOf;

using ApplyMoRoutesTest = ApplyTest;

MoRouteRow MoRange(const char* from, const char* to) {
  MoRouteRow row;
  row.range_from = from;
  row.range_to = to;
  return row;
}

MoRouteEntry MoRoute(const char* place, MoRouteRow route, const char* supplier = "") {
  MoRouteEntry entry;
  entry.place = place;
  entry.route = std::move(route);
  entry.client = "acme";
  entry.supplier = supplier;
  return entry;
}

TEST_F(ApplyMoRoutesTest, RoutesOfEachKindComeInOnceAndFollowTheirDescription) {
  MoRouteRow number;
  number.number = "10000";
  MoRouteRow keyword = number;
  keyword.keyword = "STOP";
  const MoRouteRow range = MoRange("4478000", "4478099");
  world_.mo_routes = {MoRoute("world:20", number), MoRoute("world:21", keyword),
                      MoRoute("world:22", keyword, "beta"), MoRoute("world:23", range)};
  EXPECT_THAT(Bring().added,
              IsSupersetOf({"mo_route 10000", "mo_route 10000 STOP",
                            "mo_route 10000 STOP from beta", "mo_route 4478000..4478099"}));
  EXPECT_THAT(Bring().added, IsEmpty());
  world_.mo_routes[3].route.range_to = "4478199";
  world_.mo_routes[1].client = "limited";
  EXPECT_THAT(Bring().changed, ElementsAre(HasSubstr("mo_route 10000 STOP: client_id"),
                                           HasSubstr("range_to 4478099 -> 4478199")));
  world_.mo_routes.pop_back();
  EXPECT_THAT(Bring().notes, Contains("mo_routes stored and not described: 4478000..4478199"));
}

TEST_F(ApplyMoRoutesTest, RangesOfOneKeywordThatOverlapAreRefused) {
  Bring();
  const MoRouteRow range = MoRange("4478000", "4478099");
  const MoRouteRow other = MoRange("4478099", "4478199");
  world_.mo_routes = {MoRoute("world:20", range), MoRoute("world:21", other)};
  EXPECT_THAT(Refused(), HasSubstr("world:21: mo_route 4478099..4478199: it overlaps another range "
                                   "of the same keyword and supplier"));
  world_.mo_routes[1].route.keyword = "STOP";
  Bring();
  world_.mo_routes = {MoRoute("world:22", range), MoRoute("world:23", range)};
  world_.mo_routes[1].route.range_to = "4478050";
  EXPECT_THAT(Refused(), HasSubstr("world:23: mo_route 4478000..: it is described twice"));
}

}  // namespace
}  // namespace hub::test
