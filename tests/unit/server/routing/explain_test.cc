// What hubctl prints, word by word; and that two routers never disagree.
#include <random>

#include "tests/unit/server/routing/world.h"

namespace hub::routing {
namespace {

TEST(Explain, TellsTheWholeDecision) {
  World world;
  world.client().margin_min_abs = Money("0.002");
  world.client().margin_min_bp = 500;
  world.ThreeSuppliers();
  world.Supplier("delta", "direct", "0.0295");
  world.Supplier("epsilon", "direct", "");
  Rig rig(world);
  ASSERT_TRUE(rig.Load("function on_route(m, c) return c:without{ type = 'sim' } end"));
  rig.query.destination_addr = "+447712345678";
  rig.query.segments = 2;
  rig.Decide();
  EXPECT_EQ(Explanation(rig.query, rig.decision, *rig.tables),
            R"(client      acme, class transactional, account in EUR
number      +447712345678 -> 447712345678
network     234-10 O2 (GB), by prefix
segments    2
price       rate 501 (234, class any): 0.03 a segment; amount 0.06 EUR
margin      at least 0.002 and 500 bp of the amount, mode block
candidates  by cost, priority, id
  gamma          cost 0.024, margin 0.036 (6000 bp), rate 505 (234, class any): 0.012 a segment; dropped, script: the script left it out
  beta           cost 0.038, margin 0.022 (3666 bp), rate 504 (234, class any): 0.019 a segment; stands
  alpha          cost 0.042, margin 0.018 (3000 bp), rate 503 (234, class any): 0.021 a segment; stands
  delta          cost 0.059, margin 0.001 (166 bp), rate 506 (234, class any): 0.0295 a segment; dropped, margin_guard: its cost leaves less than the margin asked for
  epsilon        dropped, no_rate: its cost deck has no price for this destination
script      version 7: made the plan
plan        1. beta 2. alpha
result      routed; charge 0.06 EUR
)");
  EXPECT_EQ(rig.Line(),
            "gamma 0.024 script; beta 0.038 #1; alpha 0.042 #2; delta 0.059 margin_guard; epsilon "
            "no_rate");
}

TEST(Explain, HasACostOnlyWhenItWasPriced) {
  World world;
  world.Supplier("stands", "direct", "0.01");
  world.Supplier("dear", "direct", "1");
  world.Supplier("closed", "direct", "");
  world.Rate(world.catalog.suppliers.back().deck_id, "234", "", "0.01").blocked = true;
  world.Supplier("huge", "direct", "9000000000");
  world.Supplier("none", "direct", "");
  Rig rig(world);
  rig.query.segments = 2;
  rig.Decide();
  std::set<std::string> priced;
  for (std::size_t i = 0; i < rig.decision.candidate_count; ++i) {
    if (HasCost(rig.decision.candidates[i])) priced.insert(rig.NameOf(i));
  }
  EXPECT_EQ(rig.DropOf("closed"), "blocked");
  EXPECT_EQ(rig.DropOf("huge"), "rate_error");
  EXPECT_THAT(priced, testing::ElementsAre("dear", "stands"));
}

TEST(Explain, TellsARefusal) {
  World world;
  world.ThreeSuppliers();
  Rig rig(world);
  rig.query.destination_addr = "12";
  rig.Decide();
  EXPECT_EQ(Explanation(rig.query, rig.decision, *rig.tables),
            R"(client      acme, class transactional, account in EUR
number      12 -> none
segments    1
script      none
result      refused, bad_number: the destination is no number of 5 to 15 digits; answer 0x0000000B ESME_RINVDSTADR; nothing is charged
)");
  EXPECT_EQ(rig.Line(), "");
}

TEST(Explain, SummaryIsBounded) {
  World world;
  for (int i = 0; i < 60; ++i)
    world.Supplier(("supplier_" + std::to_string(i)).c_str(), "direct", "0.01");
  Rig rig(world);
  rig.Decide();
  const std::string summary = rig.Line();
  EXPECT_LE(summary.size(), kSummaryOctetsMax + 8);
  EXPECT_THAT(summary, testing::ContainsRegex("; \\+[0-9]+$"));
}

TEST(Router, TwoRoutersDecideAlike) {
  World world;
  for (int i = 0; i < 12; ++i) {
    const std::string name = "s" + std::to_string(i);
    const char* kTypes[] = {"direct", "sim", "wholesale"};
    world.Supplier(name.c_str(), kTypes[i % 3], i % 4 == 0 ? "0.02" : "0.0201").priority = i % 2;
  }
  world.client().attempts_max = 8;
  const std::string rule =
      "function on_submit(m) if m:hash('drop') < 100 then return reject('unlucky', m.src.kind) end "
      "end\n"
      "function on_route(m, c)\n"
      "  if m.segments == 2 then return c:split{ s0 = 25, s1 = 25, s2 = 25, s3 = 25, salt = 'x' } "
      "end\n"
      "  if m.segments == 3 then return c:where{ type = one_of('sim', 'direct'), price_rank = "
      "at_most(5) } end\n"
      "  if m.segments == 4 then return c:order('priority'):take(3) end\n"
      "end";
  Rig one(world), two(world);
  ASSERT_TRUE(one.Load(rule));
  ASSERT_TRUE(two.Load(rule));
  std::mt19937_64 random(7);
  for (int i = 0; i < 20'000; ++i) {
    const std::string number = "44" + std::to_string(random() % 10'000'000'000);
    one.query.message_id = random() >> 1;
    one.query.destination_addr = number;
    one.query.segments = static_cast<std::int32_t>(1 + random() % 4);
    one.query.multipart = random() % 2 == 0;
    one.query.concat_ref = static_cast<std::uint16_t>(random());
    one.up.down = {static_cast<std::uint32_t>(random() % 14)};
    two.query = one.query;
    two.query.client = &CatalogOf(*two.tables).clients[0];
    two.up = one.up;
    one.Decide();
    two.Decide();
    ASSERT_EQ(Explanation(one.query, one.decision, *one.tables),
              Explanation(two.query, two.decision, *two.tables));
  }
  EXPECT_EQ(one.router.script_counts().errors, 0u) << one.router.script_counts().last_error;
}

}  // namespace
}  // namespace hub::routing
