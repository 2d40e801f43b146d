// What a rule reads and returns, through whole decisions.
#include "tests/unit/server/routing/world.h"

namespace hub::routing {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

// A rule whose on_submit refuses with the text of an expression: the way to look at a field from outside.
std::string Show(
    const std::string& expression, void (*change)(Rig*) = [](Rig*) {}) {
  World world;
  world.ThreeSuppliers();
  Rig rig(world);
  change(&rig);
  const auto used =
      rig.Load("function on_submit(m) return reject('show', tostring(" + expression + ")) end");
  EXPECT_TRUE(used) << used.error().Text();
  rig.Decide();
  const std::string& text = rig.decision.refusal_text;
  if (rig.decision.refusal != Refusal::kscript) return rig.router.script_counts().last_error;
  return text.starts_with("show: ") ? text.substr(6) : text;
}

struct FieldCase {
  const char *expression, *value;
};
constexpr FieldCase kFieldCases[] = {
    {"m.id", "1"},
    {"m.class", "transactional"},
    {"m.segments", "1"},
    {"m.coding", "gsm7"},
    {"m.parts.ref .. '/' .. m.parts.total .. '/' .. m.parts.index", "0/1/1"},
    {"m.src.raw", "INFO"},
    {"m.src.kind", "alnum"},
    {"m.dst.e164", "447712345678"},
    {"m.dst.country", "GB"},
    {"m.net.mcc .. m.net.mnc .. m.net.name .. m.net.source", "23410O2range"},
    {"m.client.code", "acme"},
    {"m.client:has('gold')", "true"},
    {"m.client:has('gol')", "false"},
    {"m.time.utc", "11:06"},
    {"m.time.weekday", "3"},
    {"m:hash('a') == m:hash('a')", "true"},
    {"m:hash('a') == m:hash('b')", "false"},
    {"m:hash('a') >= 0 and m:hash('a') <= 9999", "true"},
    {"within('23:30', '22:00', '06:00')", "true"},
    {"within('06:00', '22:00', '06:00')", "false"},
    {"within('08:00', '08:00', '20:30')", "true"},
    {"within('20:30', '08:00', '20:30')", "false"},
    {"starts(m.dst.e164, '447')", "true"},
    {"starts('4', '44')", "false"},
    {"contains('promo50', 'mo5')", "true"},
    {"digits('0123') and not digits('') and not digits('12a')", "true"},
    {"('Ab'):lower() .. string.upper('c')", "abC"},
    {"string.format('%s-%03d-%x%%', 'a', 7, 255)", "a-007-ff%"},
    {"table.concat({'a', 'b'}, ',')", "a,b"},
    {"select('#', table.unpack({1, 2, 3}))", "3"},
    {"math.max(1, 2) + math.floor(2.5)", "4"},
};
class FieldTest : public testing::TestWithParam<FieldCase> {};
TEST_P(FieldTest, Reads) { EXPECT_EQ(Show(GetParam().expression), GetParam().value); }
INSTANTIATE_TEST_SUITE_P(Api, FieldTest, testing::ValuesIn(kFieldCases));

TEST(ScriptMessage, TellsKindsOfSources) {
  EXPECT_EQ(Show("m.src.kind", [](Rig* r) { r->query.source_addr = "12345"; }), "short");
  EXPECT_EQ(Show("m.src.kind", [](Rig* r) { r->query.source_addr = "+447700900123"; }), "num");
  EXPECT_EQ(Show("m.src.kind", [](Rig* r) { r->query.source_addr = ""; }), "none");
  EXPECT_EQ(Show("m.coding", [](Rig* r) { r->query.data_coding = 8; }), "ucs2");
}

// A typo is an error that names it, never nil.
constexpr FieldCase kTypoCases[] = {
    {"m.clas", "rule.lua:1: m has no field 'clas'"},
    {"m.dst.contry", "rule.lua:1: m.dst has no field 'contry'"},
    {"m.client:hass('x')", "rule.lua:1: m.client has no field 'hass'"},
    {"m[1]", "rule.lua:1: m has no field 'number'"},
    {"stars('a', 'b')", "rule.lua:1: unknown global 'stars'"},
    {"string.find('a', 'a')", "rule.lua:1: string has no field 'find'"},
    {"('a'):rep(3)", "rule.lua:1: string has no field 'rep'"},
    {"rx.find('a')", "rule.lua:1: rx has no field 'find'"},
    {"within('8:00', '09:00', '10:00')",
     "rule.lua:1: bad argument #1 to 'within' (a time of day is \"HH:MM\")"},
    {"reject('Bad Code')",
     "rule.lua:1: reject: the code must be a command_status by number or name, or a word in lower "
     "case"},
};
class TypoTest : public testing::TestWithParam<FieldCase> {};
TEST_P(TypoTest, IsNamed) { EXPECT_EQ(Show(GetParam().expression), GetParam().value); }
INSTANTIATE_TEST_SUITE_P(Api, TypoTest, testing::ValuesIn(kTypoCases));

// Bodies of on_route over alpha 0.021 direct gold, beta 0.019 wholesale bulk, gamma 0.012 sim; sell 0.03.
struct RouteCase {
  const char* body;
  const char* plan;  // names, or "refused: text", or "error: text"
};
constexpr RouteCase kRouteCases[] = {
    {"return nil", "gamma beta alpha"},
    {"return c", "gamma beta alpha"},
    {"return c:where{ type = 'direct' }", "alpha"},
    {"return c:without{ type = 'sim' }", "beta alpha"},
    {"return c:where{ type = one_of('direct', 'sim') }", "gamma alpha"},
    {"return c:where{ type = one_of{'direct', 'sim'} }:take(1)", "gamma"},
    {"return c:where{ margin_bp = at_least(3000) }", "gamma beta alpha"},
    {"return c:where{ margin_bp = at_least(3001) }", "gamma beta"},
    {"return c:where{ margin_bp = at_most(3666) }", "beta alpha"},
    {"return c:where{ price_rank = 2 }", "beta"},
    {"return c:where{ price_rank = one_of(1, 3) }", "gamma alpha"},
    {"local t = {'sim'} local types = one_of(t) t[2] = 'direct' return c:where{ type = types }",
     "gamma"},
    {"return c:where{ tags = 'gold' }", "alpha"},
    {"return c:where{ tags = one_of('gold', 'bulk') }", "beta alpha"},
    {"return c:where{ type = 'direct', tags = 'bulk' }", "refused: the script left no supplier"},
    {"return c:without{ type = 'direct', tags = 'bulk' }", "gamma beta alpha"},
    {"return c:order('priority')", "alpha gamma beta"},
    {"return c:order('priority'):order('cost')", "gamma beta alpha"},
    {"return c:take(2)", "gamma beta"},
    {"return c:take(0)", "refused: the script left no supplier"},
    {"return c:pin('beta')", "beta"},
    {"return c:split{ beta = 100, salt = 's' }", "beta"},
    {"return c:split{ beta = 10000 }", "beta"},
    {"if c:count() == 3 and #c == 3 and not c:empty() then return c:pin(c:first().supplier) end",
     "gamma"},
    {"local last for r in c:each() do last = r end return c:pin(last.route)", "alpha"},
    {"local last for i, r in ipairs(c) do last = r end return c:pin(last.route)", "alpha"},
    {"if c[1].cost < c[2].cost and c[1].cost <= c[1].cost and c[1].cost ~= c[2].cost then return "
     "c:take(1) end",
     "gamma"},
    {"if c[1].tags:has('gold') then return c:take(1) end", "gamma beta alpha"},
    {"if c[4] == nil and c:take(0):first() == nil then return c:take(1) end", "gamma"},
    {"return reject('dest_closed', 'on request only')", "refused: dest_closed: on request only"},
    {"return c:where{ typ = 'sim' }",
     "error: rule.lua:1: condition on 'typ': a candidate has no such field to compare"},
    {"return c:where{ cost = 1 }",
     "error: rule.lua:1: condition on 'cost': a candidate has no such field to compare"},
    {"return c:where{ type = 1.5 }",
     "error: rule.lua:1: condition on 'type': a number is neither text, integer nor matcher"},
    {"return c:where{ type = at_least(1) }",
     "error: rule.lua:1: condition on 'type': it is a text, not a number"},
    {"return c:order('quality')",
     "error: rule.lua:1: order: 'quality' is no key; there are: cost, priority"},
    {"return c:pin('bet')", "error: rule.lua:1: pin: no supplier is named 'bet'"},
    {"return c:split{ bet = 100 }", "error: rule.lua:1: split: no supplier is named 'bet'"},
    {"return c:split{ beta = 70, alpha = 29 }",
     "error: rule.lua:1: split: shares add up to 99, neither 100 nor 10000"},
    {"return c:split{ beta = 0.5, alpha = 99.5 }", "error: rule.lua:1: split: the share of"},
    {"return c[1].price", "error: rule.lua:1: a candidate has no field 'price'"},
    {"return c[1].cost + 1", "error: rule.lua:1: attempt to perform arithmetic on a"},
    {"return tostring(c[1].cost)", "error: rule.lua:1: tostring: a userdata has no text"},
    {"return c:wher{}", "error: rule.lua:1: a candidate set has no method 'wher'"},
    {"return c.where{}", "error: rule.lua:1: bad argument #1 to 'where'"},
    {"return 'beta'", "error: rule.lua: on_route returned a string"},
    {"return c[1]", "error: rule.lua: on_route returned a userdata"},
    {"m.class = 'otp'", "error: rule.lua:1: m is read-only (assigning 'class')"},
    {"c.x = 1", "error: rule.lua:1: a candidate set is read-only (assigning 'x')"},
    {"for i = 1, 40 do c = c:take(3) end return c",
     "error: rule.lua:1: more than 32 candidate sets"},
};
class RouteBody : public testing::TestWithParam<RouteCase> {};

TEST_P(RouteBody, MakesThePlan) {
  World world;
  world.ThreeSuppliers();
  world.catalog.suppliers[1].priority = 9;
  world.catalog.suppliers[2].priority = 5;
  Rig rig(world);
  const auto used = rig.Load(std::string("function on_route(m, c) ") + GetParam().body + " end");
  ASSERT_TRUE(used) << used.error().Text();
  std::string plan;
  for (const std::string& name : rig.Plan()) plan += (plan.empty() ? "" : " ") + name;
  const ScriptCounts& counts = rig.router.script_counts();
  if (rig.decision.refusal != Refusal::kNone) plan = "refused: " + rig.decision.refusal_text;
  if (counts.errors != 0) {
    EXPECT_EQ(plan, "gamma beta alpha") << "on_error = default_route";
    EXPECT_TRUE(rig.decision.script_failed);
    plan = "error: " + counts.last_error;
  }
  EXPECT_THAT(plan, testing::StartsWith(GetParam().plan));
  if (counts.errors == 0) {
    EXPECT_EQ(plan, GetParam().plan);
  }
}
INSTANTIATE_TEST_SUITE_P(Api, RouteBody, testing::ValuesIn(kRouteCases));

TEST(ScriptReject, NamesAStatusByNameByNumberOrNotAtAll) {
  World world;
  world.ThreeSuppliers();
  Rig rig(world);
  const auto status = [&](const std::string& arguments) {
    EXPECT_TRUE(rig.Load("function on_submit(m) return reject(" + arguments + ") end"));
    return rig.Decide().status;
  };
  EXPECT_EQ(status("'ESME_RINVDSTADR', 'no'"), smpp::Status::ESME_RINVDSTADR);
  EXPECT_EQ(rig.decision.refusal_text, "no");
  EXPECT_EQ(status("0x45"), smpp::Status::ESME_RSUBMITFAIL);
  EXPECT_EQ(status("0x412, 'vendor'"), smpp::Status{0x412});
  EXPECT_EQ(status("'closed'"), DefaultStatus(Refusal::kscript));
  EXPECT_EQ(rig.decision.refusal_text, "closed");
  EXPECT_EQ(rig.decision.script_act, ScriptAct::kRejected);
  EXPECT_EQ(rig.router.script_counts().errors, 0u);
  status("'ESME_ROK'");
  EXPECT_EQ(rig.router.script_counts().errors, 1u) << "a refusal cannot be ESME_ROK";
  status("'x', ('ab'):lower() .. '\\n' .. string.format('%99s%99s%99s', '', '', '')");
  EXPECT_EQ(rig.decision.refusal_text.size(), 200u);
  EXPECT_THAT(rig.decision.refusal_text, testing::StartsWith("x: ab "));
}

TEST(ScriptGuards, AScriptCannotBringBackWhatAGuardDropped) {
  World world;
  world.ThreeSuppliers();
  world.client().margin_min_abs = Money("0.01");  // alpha leaves 0.009
  world.up.down = {2};                            // gamma
  Rig rig(world);
  ASSERT_TRUE(
      rig.Load("function on_route(m, c) local s = c:pin('alpha') if s:empty() then return c end "
               "return s end"));
  EXPECT_THAT(rig.Plan(), ElementsAre("beta"));
  EXPECT_EQ(rig.DropOf("alpha"), "margin_guard");
  EXPECT_EQ(rig.DropOf("gamma"), "link_down");
}

TEST(ScriptGuards, AttemptsMaxCutsTheScriptsPlan) {
  World world;
  world.ThreeSuppliers();
  world.client().attempts_max = 2;
  Rig rig(world);
  ASSERT_TRUE(rig.Load(
      "function on_route(m, c) return c:where{ type = one_of('sim', 'wholesale', 'direct') } end"));
  EXPECT_THAT(rig.Plan(), ElementsAre("gamma", "beta"));
  EXPECT_EQ(rig.DropOf("alpha"), "attempts_max");
}

TEST(ScriptState, ASetOfAnotherMessageIsRefused) {
  World world;
  world.ThreeSuppliers();
  Rig rig(world);
  ASSERT_TRUE(rig.Load(
      "local kept function on_route(m, c) kept = kept or c:take(3):take(3) return kept end"));
  EXPECT_THAT(rig.Plan(), ElementsAre("gamma", "beta", "alpha"));
  rig.Decide();
  EXPECT_THAT(rig.router.script_counts().last_error, HasSubstr("on_route returned a userdata"));
}

TEST(ScriptSplit, SendsAllPartsOfAMessageOneWay) {
  World world;
  world.ThreeSuppliers();
  Rig rig(world);
  ASSERT_TRUE(
      rig.Load("function on_route(m, c) return c:split{ alpha = 50, beta = 50, salt = 'x' } end"));
  rig.query.multipart = true;
  rig.query.concat_total = 4;
  std::set<std::string> seen;
  for (std::uint16_t ref = 1; ref <= 100; ++ref) {
    rig.query.concat_ref = ref;
    std::set<std::string> of_this_message;
    for (std::uint8_t part = 1; part <= 4; ++part) {
      rig.query.concat_part = part;
      ++rig.query.message_id;
      of_this_message.insert(rig.Plan()[0]);
    }
    EXPECT_EQ(of_this_message.size(), 1u);
    seen.merge(of_this_message);
  }
  EXPECT_EQ(seen.size(), 2u);
}

TEST(ScriptRx, MatchesPatternsCompiledAtTheTop) {
  World world;
  world.ThreeSuppliers();
  Rig rig(world);
  ASSERT_TRUE(rig.Load(
      "local bank = rx.compile('(?i)^bank[0-9]*$')\n"
      "function on_submit(m) if rx.match(bank, m.src.raw) then return reject('bank') end end"));
  rig.query.source_addr = "Bank24";
  EXPECT_EQ(rig.Decide().refusal, Refusal::kscript);
  rig.query.source_addr = "Bank24x";
  EXPECT_EQ(rig.Decide().refusal, Refusal::kNone);
}

}  // namespace
}  // namespace hub::routing
