// The instruction hook is off where no call can pass instructions_max, and nowhere else.
#include "server/routing/script_bound.h"

#include <filesystem>
#include <fstream>
#include <iterator>

#include "server/routing/script_vm.h"
#include "tests/unit/server/routing/world.h"

namespace hub::routing {
namespace {

struct BoundCase {
  const char* name;
  const char* source;
  bool straight;
};
constexpr BoundCase kBoundCases[] = {
    {"OneHook", "function on_submit(m) end", true},
    {"BothHooks", "local n = 1 function on_submit(m) end function on_route(m, c) return c end",
     true},
    {"WordsInTextsAndComments", "-- for while\nfunction on_submit(m) local s = 'repeat' end", true},
    {"FieldsOfTheirNames", "function on_submit(m) local t = { forward = 1 } end", true},
    {"For", "function on_submit(m) for i = 1, 2 do end end", false},
    {"BehindACommentThatACarriageReturnEnds", "function on_submit(m) -- a\r while true do end end",
     false},
    {"BehindABracketInAComment", "function on_submit(m) --[=[ ]] ]=] while true do end end", false},
    {"BehindAQuoteThatIsEscaped", "function on_submit(m) local s = '\\'' while true do end end",
     false},
    {"While", "function on_submit(m) while true do end end", false},
    {"Repeat", "function on_submit(m) repeat until true end", false},
    {"Goto", "function on_submit(m) ::a:: goto a end", false},
    {"LocalFunction", "local function f() end function on_submit(m) f() end", false},
    {"Closure", "function on_submit(m) local f = function() end end", false},
    {"Method", "local t = {} function t.on_submit() end", false},
    {"HookCalled", "function on_submit(m) return on_submit(m) end", false},
    {"HookByAnotherName", "function on_submit(m) end local f = on_submit", false},
    {"HookByTheEnvironment", "function on_submit(m) return _ENV['on_submit'](m) end", false},
};
class Bound : public testing::TestWithParam<BoundCase> {};
TEST_P(Bound, IsTold) { EXPECT_EQ(RunsStraight(GetParam().source), GetParam().straight); }
INSTANTIATE_TEST_SUITE_P(Table, Bound, testing::ValuesIn(kBoundCases),
                         [](const auto& c) { return std::string(c.param.name); });

bool Counts(std::string source, std::int64_t instructions_max) {
  Script script;
  script.path = "rule.lua";
  script.source = std::move(source);
  script.options.instructions_max = instructions_max;
  const auto vm = ScriptVm::Load(script);
  EXPECT_TRUE(vm) << vm.error().Text();
  return (*vm)->counts_instructions();
}

TEST(InstructionHook, IsOffForRulesThatRunStraight) {
  for (const auto& entry :
       std::filesystem::directory_iterator(HUB_SOURCE_DIR "/routing-scripts/")) {
    const std::string path = entry.path();
    if (!path.ends_with(".lua") || path.ends_with("_test.lua")) continue;
    std::ifstream file(path);
    EXPECT_FALSE(Counts({std::istreambuf_iterator<char>(file), {}}, 100'000)) << path;
  }
}

TEST(InstructionHook, IsOnWhereTheFileIsLongerThanTheBudget) {
  const std::string rule = "function on_submit(m) local a = m.class end";
  EXPECT_FALSE(Counts(rule, 1'000));
  EXPECT_TRUE(Counts(rule, 20));
}

TEST(InstructionHook, StopsALongStraightRule) {
  World world;
  world.ThreeSuppliers();
  Rig rig(world);
  ScriptOptions options;
  options.instructions_max = 50;
  std::string body;
  for (int i = 0; i < 60; ++i) body += " x = m.id";
  ASSERT_TRUE(rig.Load("function on_submit(m) local x" + body + " end", options));
  rig.Decide();
  EXPECT_EQ(rig.router.script_counts().budget, 1u);
}

// Work in C counts against the same budget whether or not the hook is on, and stops one call only.
TEST(InstructionHook, IsOffAgainAfterWorkInCPassedTheBudget) {
  World world;
  world.ThreeSuppliers();
  Rig rig(world);
  ScriptOptions options;
  options.instructions_max = 1'000;
  ASSERT_TRUE(
      rig.Load("local long = string.format('%99s%99s%99s%99s%99s', '', '', '', '', '')\n"
               "function on_submit(m)\n"
               "  if m.id == 1 then local a = contains(long, 'x') local b = contains(long, 'x') "
               "local c = contains(long, 'x') end\n"
               "  return reject('fine')\nend",
               options));
  rig.Decide();
  EXPECT_EQ(rig.router.script_counts().budget, 1u) << rig.router.script_counts().last_error;
  for (rig.query.message_id = 2; rig.query.message_id < 5; ++rig.query.message_id) {
    EXPECT_EQ(rig.Decide().refusal_text, "fine");
  }
  EXPECT_EQ(rig.router.script_counts().budget, 1u);
}

}  // namespace
}  // namespace hub::routing
