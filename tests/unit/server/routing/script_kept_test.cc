// What a VM keeps from message to message, so that a call costs less: texts of m, sets, places on its stack.
#include "server/routing/script_vm.h"
#include "tests/unit/server/routing/world.h"

namespace hub::routing {
namespace {

using testing::HasSubstr;

// Every text that is kept, in one line.
constexpr const char kShowAll[] =
    "function on_submit(m)\n"
    "  local n = m.net\n"
    "  return reject('r', table.concat({m.client.code, m.class, m.coding, m.dst.country, n.mcc, "
    "n.mnc, n.name, "
    "n.source}, ' '))\n"
    "end";

TEST(KeptTexts, AreThoseOfTheMessageAtHand) {
  World world;
  world.ThreeSuppliers();
  world.catalog.clients.push_back(world.client());
  world.catalog.clients[1].system_id = "second_client";
  world.catalog.clients[1].message_class = "otp";
  world.catalog.networks[3].name = "a name of more than the forty octets that Lua makes one of";
  Rig rig(world);
  ASSERT_TRUE(rig.Load(kShowAll));
  const auto say = [&](std::size_t client, const char* number, std::uint8_t coding) {
    rig.query.client = &CatalogOf(*rig.tables).clients[client];
    rig.query.destination_addr = number;
    rig.query.data_coding = coding;
    return rig.Decide().refusal_text;
  };
  for (int round = 0; round < 3; ++round) {
    EXPECT_EQ(say(0, "447712345678", 0), "r: acme transactional gsm7 GB 234 10 O2 range");
    EXPECT_EQ(say(0, "440012345678", 8), "r: acme transactional ucs2 GB 234  United Kingdom range");
    EXPECT_EQ(say(1, "440012345678", 4),
              "r: second_client otp octets GB 234  United Kingdom range");
    EXPECT_EQ(say(1, "937712345678", 4),
              "r: second_client otp octets AF 412 01 a name of more than the forty octets that Lua "
              "makes one of range");
  }
}

TEST(KeptTexts, AreThoseOfTheCatalogInForce) {
  World world;
  world.ThreeSuppliers();
  Rig rig(world);
  ASSERT_TRUE(rig.Load("function on_submit(m) return reject('r', m.client.code) end"));
  EXPECT_EQ(rig.Decide().refusal_text, "r: acme");
  world.client().system_id = "other";
  rig.tables = world.Tables();
  ASSERT_TRUE(rig.router.Use(rig.tables, nullptr));
  rig.query.client = &CatalogOf(*rig.tables).clients[0];
  EXPECT_EQ(rig.Decide().refusal_text, "r: other");
}

// on_submit makes them ready for both hooks; on_route does so where there is no on_submit.
TEST(KeptTexts, AreTheSameForBothHooks) {
  World world;
  world.ThreeSuppliers();
  Rig rig(world);
  const std::string route = "function on_route(m, c) return reject('r', m.net.name) end ";
  for (const char* submit : {"", "function on_submit(m) end",
                             "function on_submit(m) if m.net.name == 'x' then return end end"}) {
    ASSERT_TRUE(rig.Load(route + submit));
    for (int round = 0; round < 2; ++round) {
      rig.query.destination_addr = "447712345678";
      EXPECT_EQ(rig.Decide().refusal_text, "r: O2");
      rig.query.destination_addr = "440012345678";
      EXPECT_EQ(rig.Decide().refusal_text, "r: United Kingdom");
    }
  }
}

// They are made ready outside of a protected call: Lua would have nowhere to fail to.
TEST(KeptTexts, AreMadeReadyWhateverTheHeapAdmits) {
  World world;
  world.ThreeSuppliers();
  world.Network(5, "234", "15", "GB", std::string(5'000, 'v').c_str());
  world.catalog.prefixes.push_back({"4478", 5});
  Rig rig(world);
  ASSERT_TRUE(rig.Load("function on_submit(m) return reject('r', m.net.name) end"));
  for (int i = 0; i < 4; ++i) {
    rig.query.destination_addr = i % 2 == 0 ? "447712345678" : "447812345678";
    EXPECT_THAT(rig.Decide().refusal_text, HasSubstr(i % 2 == 0 ? "r: O2" : "r: vvv"));
  }
}

TEST(WarmVm, AllocatesNothingForARuleWithoutTables) {
  World world;
  world.ThreeSuppliers();
  Script script;
  script.path = "rule.lua";
  script.source =
      "function on_route(m, c)\n"
      "  if m.class == 'otp' or m.dst.country == 'AF' or m.client:has('x') then return c:take(1) "
      "end\n"
      "  for r in c:each() do if r.margin_bp < 0 or r.type == 'x' then return c:pin(r.supplier) "
      "end end\n"
      "  return c:order('priority'):order('cost'):take(2)\nend";
  const auto vm = ScriptVm::Load(script);
  ASSERT_TRUE(vm) << vm.error().Text();
  Rig rig(world);
  rig.Decide();
  const auto call = [&] { return (*vm)->OnRoute(rig.query, *rig.tables, &rig.decision); };
  ASSERT_EQ(call().act, ScriptVerdict::kChose);
  const std::size_t warm = (*vm)->heap_octets();
  for (int i = 0; i < 1'000; ++i) {
    ASSERT_EQ(call().chosen->count, 2);
    ASSERT_EQ((*vm)->heap_octets(), warm) << "at call " << i;
  }
}

TEST(PooledSets, AnswerByIndexForThemselves) {
  World world;
  world.ThreeSuppliers();
  Rig rig(world);
  ASSERT_TRUE(rig.Load(
      "function on_route(m, c)\n"
      "  local rest, none = c:without{ type = 'sim' }, c:take(0)\n"
      "  if c[1].supplier == 'gamma' and rest[1].supplier == 'beta' and none[1] == nil and "
      "c[4] == nil then return rest end\nend"));
  EXPECT_THAT(rig.Plan(), testing::ElementsAre("beta", "alpha"));
}

TEST(PooledSets, OfAnotherMessageAnswerNothing) {
  World world;
  world.ThreeSuppliers();
  Rig rig(world);
  for (const char* read : {"kept[1]", "kept:count()", "#kept", "kept:take(1)"}) {
    ASSERT_TRUE(
        rig.Load("local kept function on_route(m, c)\n"
                 "  kept = kept or c:take(1):take(1):take(1)\n  local x = " +
                 std::string(read) + "\nend"));
    const std::uint64_t errors = rig.router.script_counts().errors;
    rig.Decide();
    EXPECT_EQ(rig.router.script_counts().errors, errors);
    rig.Decide();
    EXPECT_EQ(rig.router.script_counts().errors, errors + 1) << read;
    EXPECT_EQ(rig.router.script_counts().last_error,
              "rule.lua:3: a candidate set of another message");
  }
}

}  // namespace
}  // namespace hub::routing
