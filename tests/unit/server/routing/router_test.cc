// Decisions without a script: number, network, price, candidates, guards, order.
#include "server/routing/candidates.h"
#include "tests/unit/server/routing/world.h"

namespace hub::routing {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(Router, TakesTheCheapestFirst) {
  World world;
  world.ThreeSuppliers();
  Rig rig(world);
  rig.query.segments = 2;
  EXPECT_THAT(rig.Plan(), ElementsAre("gamma", "beta", "alpha"));
  EXPECT_EQ(rig.decision.refusal, Refusal::kNone);
  EXPECT_EQ(rig.decision.sell_amount, Money("0.06"));
  EXPECT_EQ(rig.decision.candidates[0].cost, Money("0.024"));
  EXPECT_EQ(rig.decision.candidates[0].margin, Money("0.036"));
  EXPECT_EQ(rig.decision.network->name, "O2");
  EXPECT_EQ(rig.decision.number(), "447712345678");
}

TEST(Router, EqualCostsGoByPriorityThenById) {
  World world;
  world.Supplier("one", "direct", "0.01").priority = 5;
  world.Supplier("two", "direct", "0.01").priority = 1;
  world.Supplier("three", "direct", "0.01").priority = 5;
  Rig rig(world);
  EXPECT_THAT(rig.Plan(), ElementsAre("two", "one", "three"));
}

TEST(Router, ComparesSuppliersByPriceNotByHowFineTheirDecksAre) {  // billing-routing §2.1 (a)
  World world;
  world.client().attempts_max = 1;
  world.Supplier("a", "direct", "0.030");
  world.Supplier("b", "direct", "");
  world.Rate(20, "234", "10", "0.034");
  world.client().guard_mode = store::GuardMode::kOff;
  Rig rig(world);
  EXPECT_THAT(rig.Plan(), ElementsAre("a"));
  EXPECT_EQ(rig.DropOf("b"), "attempts_max");
}

TEST(Router, ABlockedRowStopsItsSupplierWhateverTheCountryCosts) {  // §2.1 (b)
  World world;
  world.Supplier("a", "direct", "0.010");
  world.Rate(10, "234", "10", "0").blocked = true;
  world.Supplier("b", "direct", "0.020");
  Rig rig(world);
  EXPECT_THAT(rig.Plan(), ElementsAre("b"));
  EXPECT_EQ(rig.DropOf("a"), "blocked");
  rig.query.destination_addr = "442012345678";  // another network of the country
  EXPECT_THAT(rig.Plan(), ElementsAre("a", "b"));
}

TEST(Router, ARateHoldsFromItsFirstToBeforeItsLastMoment) {
  World world;
  world.Supplier("a", "direct", "");
  store::RateRow& rate = world.Rate(10, "234", "", "0.01");
  rate.valid = {ToMicros(At(1000)), ToMicros(At(2000))};
  Rig rig(world);
  rig.query.at = At(1000) - std::chrono::microseconds(1);
  EXPECT_THAT(rig.Plan(), IsEmpty());
  EXPECT_EQ(rig.DropOf("a"), "no_rate");
  rig.query.at = At(1000);
  EXPECT_THAT(rig.Plan(), ElementsAre("a"));
  rig.query.at = At(2000);
  EXPECT_THAT(rig.Plan(), IsEmpty());
}

struct GuardCase {
  const char* name;
  const char *sell, *cost, *min_abs;
  std::int32_t min_bp;
  bool holds;
};
constexpr GuardCase kGuardCases[] = {
    {"NothingAsked", "0.03", "0.03", "0", 0, true},
    {"NothingAskedLoss", "0.03", "0.030000001", "0", 0, false},
    {"AbsoluteEqual", "0.03", "0.02", "0.01", 0, true},
    {"AbsoluteOneNanoShort", "0.03", "0.020000001", "0.01", 0, false},
    {"AbsoluteOneNanoMore", "0.03", "0.019999999", "0.01", 0, true},
    {"ShareEqual", "0.03", "0.027", "0", 1'000, true},
    {"ShareOneNanoShort", "0.03", "0.027000001", "0", 1'000, false},
    {"ShareThatDoesNotDivide", "0.000000001", "0", "0", 3'333, true},
    {"ShareOfOneNanoRoundsUpNotDown", "0.000000003", "0.000000003", "0", 1, false},
    {"TheLargerOfBothCounts", "0.03", "0.02", "0.001", 5'000, false},
    {"NegativeMinimumAllowsALoss", "0.03", "0.031", "-0.001", -1'000, true},
    {"Largest", "9223372036.854775807", "0", "9223372036.854775807", 10'000, true},
    {"LargestCost", "0", "9223372036.854775807", "0", 10'000, false},
};

class MarginGuard : public testing::TestWithParam<GuardCase> {};

TEST_P(MarginGuard, ComparesExactly) {
  const GuardCase& c = GetParam();
  store::ClientRow client;
  client.margin_min_abs = Money(c.min_abs);
  client.margin_min_bp = c.min_bp;
  EXPECT_EQ(MarginHolds(client, Money(c.sell), Money(c.cost)), c.holds);
}

INSTANTIATE_TEST_SUITE_P(Exact, MarginGuard, testing::ValuesIn(kGuardCases),
                         [](const auto& c) { return std::string(c.param.name); });

TEST(Router, GuardModesBlockWarnAndOff) {
  World world;
  world.Supplier("dear", "direct", "0.029");
  world.client().margin_min_bp = 1'000;
  EXPECT_EQ(Rig(world).Decide().refusal, Refusal::kmargin_guard);
  world.client().guard_mode = store::GuardMode::kWarn;
  Rig warned(world);
  EXPECT_THAT(warned.Plan(), ElementsAre("dear"));
  EXPECT_THAT(Explanation(warned.query, warned.decision, *warned.tables),
              testing::HasSubstr("(warn)"));
  world.client().guard_mode = store::GuardMode::kOff;
  EXPECT_THAT(Rig(world).Plan(), ElementsAre("dear"));
}

struct RefusalCase {
  const char* name;
  const char* destination;
  void (*change)(World*);
  Refusal refusal;
  smpp::Status status;
};
const RefusalCase kRefusalCases[] = {
    {"BadNumber", "12", [](World*) {}, Refusal::kbad_number, smpp::Status::ESME_RINVDSTADR},
    {"NoNetwork", "997712345678", [](World*) {}, Refusal::kno_network,
     smpp::Status::ESME_RINVDSTADR},
    {"NoClientPrice", "441512345678", [](World*) {}, Refusal::kno_client_price,
     smpp::Status::ESME_RINVDSTADR},
    {"Closed", "441512345678", [](World* w) { w->Rate(1, "235", "", "0").blocked = true; },
     Refusal::kclosed, smpp::Status::ESME_RINVDSTADR},
    {"RateError", "447712345678", [](World* w) { w->Rate(1, "234", "10", "9223372036.854775807"); },
     Refusal::krate_error, smpp::Status::ESME_RSYSERR},
    {"NoRoute", "937012345678", [](World*) {}, Refusal::kno_route, smpp::Status::ESME_RINVDSTADR},
    {"Dear", "447712345678", [](World* w) { w->client().margin_min_abs = Money("1"); },
     Refusal::kmargin_guard, smpp::Status::ESME_RSUBMITFAIL},
    {"Down", "447712345678",
     [](World* w) {
       w->up.down = {0, 1, 2};
     },
     Refusal::ksuppliers_down, smpp::Status::ESME_RSYSERR},
    {"Drained", "447712345678",
     [](World* w) {
       for (store::SupplierRow& supplier : w->catalog.suppliers) supplier.enabled = false;
     },
     Refusal::ksuppliers_down, smpp::Status::ESME_RSYSERR},
    {"DrainedAndTooDear", "447712345678",
     [](World* w) {
       w->client().margin_min_abs = Money("1");
       for (store::SupplierRow& supplier : w->catalog.suppliers) supplier.enabled = false;
     },
     Refusal::kmargin_guard, smpp::Status::ESME_RSUBMITFAIL},
};
class RefusalTest : public testing::TestWithParam<RefusalCase> {};

TEST_P(RefusalTest, HasItsReasonAndStatus) {
  World world;
  world.ThreeSuppliers();
  GetParam().change(&world);
  Rig rig(world);
  rig.query.segments = 2;
  rig.query.destination_addr = GetParam().destination;
  EXPECT_THAT(rig.Plan(), IsEmpty());
  EXPECT_EQ(rig.decision.refusal, GetParam().refusal) << Name(rig.decision.refusal);
  EXPECT_EQ(rig.decision.status, GetParam().status);
}
INSTANTIATE_TEST_SUITE_P(Table, RefusalTest, testing::ValuesIn(kRefusalCases),
                         [](const auto& c) { return std::string(c.param.name); });

TEST(Router, EachDropHasItsReason) {
  World world;
  world.client().margin_min_abs = Money("0.005");
  world.client().attempts_max = 1;
  world.Supplier("off", "direct", "0.01").enabled = false;
  auto& dollars = world.Supplier("dollars", "direct", "0.01");
  dollars.currency = "USD";
  world.catalog.decks.back().currency = "USD";
  world.Supplier("none", "direct", "");
  world.Supplier("huge", "direct", "9000000000");
  world.Supplier("dear", "direct", "0.0276");
  world.Supplier("down", "direct", "0.01");
  world.Supplier("cheap", "direct", "0.01");
  world.Supplier("second", "direct", "0.02");
  world.up.down = {5};
  Rig rig(world);
  rig.query.segments = 2;
  rig.Decide();
  EXPECT_EQ(rig.DropOf("off"), "draining");
  EXPECT_EQ(rig.DropOf("dollars"), "currency");
  EXPECT_EQ(rig.DropOf("none"), "no_rate");
  EXPECT_EQ(rig.DropOf("huge"), "rate_error");
  EXPECT_EQ(rig.DropOf("dear"), "margin_guard") << "0.0552 leaves 0.0048 of 0.06";
  EXPECT_EQ(rig.DropOf("down"), "link_down");
  EXPECT_EQ(rig.DropOf("cheap"), "none");
  EXPECT_EQ(rig.DropOf("second"), "attempts_max");
}

struct Picky final : Fitness {
  std::map<std::uint32_t, Drop> drops;
  mutable int asked = 0;
  Drop Judge(std::uint32_t i) const override {
    ++asked;
    const auto found = drops.find(i);
    return found == drops.end() ? Drop::kNone : found->second;
  }
};

TEST(Router, WhoCannotBeSentAMessageTakesNoPlaceInItsPlan) {
  World world;
  world.client().attempts_max = 2;
  world.ThreeSuppliers();
  world.Supplier("delta", "direct", "0.025");
  Rig rig(world);
  ASSERT_THAT(rig.Plan(), ElementsAre("gamma", "beta"));
  Picky picky;
  picky.drops = {{2, Drop::kunfit}};
  rig.query.fitness = &picky;
  EXPECT_THAT(rig.Plan(), ElementsAre("beta", "alpha"));
  EXPECT_EQ(rig.DropOf("gamma"), "unfit");
  EXPECT_EQ(rig.DropOf("delta"), "attempts_max");
  EXPECT_EQ(picky.asked, 3) << "who has no place anyway is not asked";
}

TEST(Router, APlanThatNobodyCanBeSentIsMadeAllTheSame) {
  World world;
  world.client().attempts_max = 2;
  world.ThreeSuppliers();
  Rig rig(world);
  Picky picky;
  picky.drops = {{0, Drop::kunfit}, {1, Drop::klink_down}, {2, Drop::kunfit}};
  rig.query.fitness = &picky;
  EXPECT_THAT(rig.Plan(), ElementsAre("gamma", "beta"));
  EXPECT_EQ(rig.decision.refusal, Refusal::kNone);
  EXPECT_EQ(rig.DropOf("beta"), "none");
  EXPECT_EQ(rig.DropOf("alpha"), "unfit") << "a place would not help it";
}

TEST(Router, ARulesPlanAsksTheSame) {
  World world;
  world.client().attempts_max = 1;
  world.ThreeSuppliers();
  Rig rig(world);
  ASSERT_TRUE(rig.Load("function on_route(m, c) return c:without{ type = 'wholesale' } end"));
  ASSERT_THAT(rig.Plan(), ElementsAre("gamma"));
  Picky picky;
  picky.drops = {{2, Drop::kunfit}};
  rig.query.fitness = &picky;
  EXPECT_THAT(rig.Plan(), ElementsAre("alpha"));
  EXPECT_EQ(rig.DropOf("gamma"), "unfit");
  EXPECT_EQ(rig.DropOf("beta"), "script");
}

// Rules name suppliers, catalogs number them: a rule must never meet the tables of another reload.
TEST(Router, KeepsOldTablesAndOldScriptTogetherWhenANewScriptIsBad) {
  World world;
  world.ThreeSuppliers();
  Rig rig(world);
  ASSERT_TRUE(rig.Load("function on_route(m, c) return c:pin('alpha') end"));
  ASSERT_THAT(rig.Plan(), testing::ElementsAre("alpha"));
  World next;
  next.Supplier("without_price", "direct", "");
  next.Supplier("delta", "direct", "0.01");  // the number of another one in the old tables
  const auto tables = next.Tables();
  auto script = std::make_shared<Script>();
  script->path = "rules/rule.lua";
  script->source = "function on_route(m, c) return c:pin('delta') end garbage";
  EXPECT_FALSE(rig.router.Use(tables, script));
  EXPECT_THAT(rig.Plan(), testing::ElementsAre("alpha"));
  EXPECT_EQ(rig.decision.script_act, ScriptAct::kChose);
  EXPECT_EQ(rig.decision.script_version, 7);
  script->source = "function on_route(m, c) return c:pin('delta') end";
  ASSERT_TRUE(rig.router.Use(tables, script));
  rig.tables = tables;
  rig.query.client = &CatalogOf(*tables).clients[0];
  EXPECT_THAT(rig.Plan(), testing::ElementsAre("delta"));
}

struct CatalogCase {
  const char* name;
  void (*spoil)(store::Catalog*);
  const char* error;
};
const CatalogCase kCatalogCases[] = {
    {"PrefixWithoutNetwork",
     [](store::Catalog* c) {
       c->prefixes.push_back({"4912", 17});
     },
     "ref.number_prefix 4912: build the routing tables: network 17 does not exist"},
    {"PrefixTwice",
     [](store::Catalog* c) {
       c->prefixes.push_back({"44", 2});
     },
     "ref.number_prefix 44: build the routing tables: stands there twice"},
    {"PrefixNoDigits",
     [](store::Catalog* c) {
       c->prefixes.push_back({"44x", 2});
     },
     "ref.number_prefix 44x: build the routing tables: a prefix has 1 to 15 digits and nothing "
     "else"},
    {"ClientWithoutDeck", [](store::Catalog* c) { c->clients[0].deck_id = 99; },
     "client acme: build the routing tables: deck 99 does not exist"},
    {"ClientInAnotherCurrency", [](store::Catalog* c) { c->clients[0].currency = "USD"; },
     "client acme: build the routing tables: is in USD, its deck sell in EUR"},
    {"SupplierWithoutDeck", [](store::Catalog* c) { c->suppliers[1].deck_id = 98; },
     "supplier beta: build the routing tables: deck 98 does not exist"},
    {"SupplierTwice", [](store::Catalog* c) { c->suppliers[1].name = "alpha"; },
     "supplier alpha: build the routing tables: the name stands there twice"},
    {"RateWithoutDeck", [](store::Catalog* c) { c->rates[0].deck_id = 97; },
     "rate 501: build the routing tables: deck 97 does not exist"},
};
class CatalogTest : public testing::TestWithParam<CatalogCase> {};

TEST_P(CatalogTest, ABadRowIsNamed) {
  World world;
  world.ThreeSuppliers();
  GetParam().spoil(&world.catalog);
  const auto tables = BuildTables(std::make_shared<store::Catalog>(world.catalog));
  ASSERT_FALSE(tables);
  EXPECT_EQ(tables.error().Text(), GetParam().error);
}
INSTANTIATE_TEST_SUITE_P(Rows, CatalogTest, testing::ValuesIn(kCatalogCases),
                         [](const auto& c) { return std::string(c.param.name); });

}  // namespace
}  // namespace hub::routing
