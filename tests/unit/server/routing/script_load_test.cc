// What LoadScript refuses, and where it says the fault is; what Use keeps.
#include "tests/unit/server/routing/world.h"

namespace hub::routing {
namespace {

using testing::ElementsAre;

struct LoadCase {
  const char* name;
  const char* source;
  const char* error;  // behind the directory; "" when good
};
const LoadCase kLoadCases[] = {
    {"Good", "function on_submit(m) end", ""},
    {"LocalsAndConstants",
     "LIMIT = 3\nlocal t <const> = { type = 'sim', LIMIT }\nfunction on_route(m, c)\n  local n, k "
     "= LIMIT, t\n"
     "  goto done\n  ::done::\n  return c:take(n) -- undefined_in_comment\nend",
     ""},
    {"Syntax", "function on_submit(m)\n  return reject(\nend",
     "rule.lua:3: load script: unexpected symbol near 'end'"},
    {"UnknownInABranch",
     "function on_submit(m)\n  if m.id == 0 then\n    return recject('x')\n  end\nend",
     "rule.lua:3: load script: unknown global 'recject'"},
    {"UnknownBehindALocal", "function on_submit(m)\n  local a, b\n  recject('x')\nend",
     "rule.lua:3: load script: unknown global 'recject'"},
    {"UnknownAsAnArgument", "function on_route(m, c)\n  return c:take(lmit)\nend",
     "rule.lua:2: load script: unknown global 'lmit'"},
    {"Banned", "function on_submit(m)\n  pcall(m)\nend",
     "rule.lua:2: load script: 'pcall' is not there: it would hide the end of the budget; an error "
     "falls back as "
     "on_error says"},
    {"BannedEnv", "local x = _ENV\nfunction on_submit(m) end",
     "rule.lua:1: load script: '_ENV' is not there: the globals of a rule cannot be exchanged"},
    {"NoHook", "local x = 1", "rule.lua: load script: defines neither on_submit nor on_route"},
    {"Empty", "", "rule.lua: load script: defines neither on_submit nor on_route"},
    {"StrayHook", "function on_submit(m) end\nfunction on_result(m, a) end",
     "rule.lua: load script: 'on_result' is no hook, or no function; hooks are on_submit and "
     "on_route"},
    {"HookThatIsNoFunction", "on_submit = 1",
     "rule.lua: load script: 'on_submit' is no hook, or no function; hooks are on_submit and "
     "on_route"},
    {"BuiltinOverwritten", "function reject() end\nfunction on_submit(m) end",
     "rule.lua:1: load script: 'reject' is the hub's and cannot be assigned"},
    {"TopLevelFails", "local x = nil + 1\nfunction on_submit(m) end",
     "rule.lua:1: load script: attempt to perform arithmetic on a nil value"},
    {"TopLevelRunsAway", "while true do end\nfunction on_submit(m) end",
     "rule.lua:1: load script: more than 100000 instructions in one call"},
    {"BadPattern", "local p = rx.compile('(')\nfunction on_submit(m) end",
     "rule.lua:1: load script: rx.compile: not a pattern that RE2 takes"},
    {"Bytecode", "\x1bLua", "rule.lua:1: load script: unknown global 'Lua'"},
    {"TooLarge",
     "-- "
     "0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890"
     "012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789012"
     "345"
     "678901234567890123456789\nfunction on_submit(m) "
     "end\n------------------------------------------"
     "---------------------------------------------------------------------------------------------"
     "----",
     "rule.lua: load script: larger than script source_octets_max, 300"},
};
class LoadTest : public testing::TestWithParam<LoadCase> {};

TEST_P(LoadTest, SaysWhatAndWhere) {
  const TempFile file(GetParam().source);
  ScriptOptions options;
  options.path = file.path;
  options.source_octets_max = 300;
  const auto script = LoadScript(options, 3);
  std::string error = script ? "" : script.error().Text();
  if (!error.empty()) error = error.substr(file.path.size() - std::string("rule.lua").size());
  EXPECT_EQ(error, GetParam().error);
  if (script) {
    EXPECT_EQ((*script)->version, 3);
  }
}
INSTANTIATE_TEST_SUITE_P(Table, LoadTest, testing::ValuesIn(kLoadCases),
                         [](const auto& c) { return std::string(c.param.name); });

TEST(LoadScript, RefusesByteCodeOfARealCompiler) {
  std::string source("\x1bLua\x54\x00\x19\x93", 8);
  const TempFile file(source);
  ScriptOptions options;
  options.path = file.path;
  EXPECT_EQ(LoadScript(options, 1).error().why, "not a text: there is a NUL in it");
}

TEST(LoadScript, SaysThatAFileIsMissing) {
  ScriptOptions options;
  options.path = "/nowhere/rule.lua";
  EXPECT_EQ(LoadScript(options, 1).error().Text(),
            "/nowhere/rule.lua: open script: No such file or directory");
}

TEST(Use, KeepsTheOldScriptWhenTheNewOneIsBad) {
  World world;
  world.ThreeSuppliers();
  Rig rig(world);
  ASSERT_TRUE(rig.Load("function on_route(m, c) return c:pin('alpha') end"));
  EXPECT_THAT(rig.Plan(), ElementsAre("alpha"));
  EXPECT_FALSE(rig.Load("function on_route(m, c) return"));
  EXPECT_THAT(rig.Plan(), ElementsAre("alpha"));
  EXPECT_TRUE(rig.Load("function on_route(m, c) return c:pin('beta') end"));
  EXPECT_THAT(rig.Plan(), ElementsAre("beta"));
  EXPECT_EQ(rig.decision.script_version, 7);
  EXPECT_TRUE(rig.router.Use(nullptr, LoadScript({}, 0).value()));
  EXPECT_THAT(rig.Plan(), ElementsAre("gamma", "beta", "alpha"));
  EXPECT_EQ(rig.decision.script_act, ScriptAct::kNone);
}

}  // namespace
}  // namespace hub::routing
