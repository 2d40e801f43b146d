// What a hostile or broken rule can do: nothing but fail.          operations-reliability B5, SEC-09
#include "tests/unit/server/routing/world.h"

namespace hub::routing {
namespace {

using testing::HasSubstr;

struct Probe {
  const char* name;
  const char* body;   // of on_submit
  const char* error;  // part of last_error
};

// Each must be an error and leave the VM working; none may reach the `return reject('escaped')` at its end.
constexpr Probe kProbes[] = {
    {"Os", "os.exit(1)", "unknown global 'os'"},
    {"Io", "io.open('/etc/passwd')", "unknown global 'io'"},
    {"Package", "package.loadlib('libc.so.6', '*')", "unknown global 'package'"},
    {"Require", "require('os')", "unknown global 'require'"},
    {"Debug", "debug.getregistry()", "unknown global 'debug'"},
    {"Load", "load('return 1')()", "unknown global 'load'"},
    {"Loadstring", "loadstring('return 1')()", "unknown global 'loadstring'"},
    {"Loadfile", "loadfile('/etc/passwd')", "unknown global 'loadfile'"},
    {"Dofile", "dofile('/etc/passwd')", "unknown global 'dofile'"},
    {"Coroutine", "coroutine.wrap(function() end)()", "unknown global 'coroutine'"},
    {"Collectgarbage", "collectgarbage('stop')", "unknown global 'collectgarbage'"},
    {"Pcall", "pcall(on_submit)", "unknown global 'pcall'"},
    {"Xpcall", "xpcall(on_submit, on_submit)", "unknown global 'xpcall'"},
    {"Print", "print(m.src.raw)", "unknown global 'print'"},
    {"Error", "error({})", "unknown global 'error'"},
    {"Globals", "_G.x = 1", "unknown global '_G'"},
    {"Rawset", "rawset(string, 'x', 1)", "unknown global 'rawset'"},
    {"Rawget", "rawget(string, 'rep')", "unknown global 'rawget'"},
    {"Getmetatable", "getmetatable('').__index.x = 1", "unknown global 'getmetatable'"},
    {"Setmetatable", "setmetatable({}, {__gc = on_submit})", "unknown global 'setmetatable'"},
    {"Pairs", "for k in pairs(string) do end", "unknown global 'pairs'"},
    {"Next", "next(string)", "unknown global 'next'"},
    {"Random", "math.random()", "math has no field 'random'"},
    {"Rep", "local s = string.rep('x', 1e9)", "string has no field 'rep'"},
    {"RepByMethod", "local s = ('x'):rep(1e9)", "string has no field 'rep'"},
    {"Find", "local s = ('x'):find('.-.-.-b')", "string has no field 'find'"},
    {"Match", "local s = ('x'):match('.')", "string has no field 'match'"},
    {"Gmatch", "local s = ('x'):gmatch('.')", "string has no field 'gmatch'"},
    {"Gsub", "local s = ('x'):gsub('.', '')", "string has no field 'gsub'"},
    {"Dump", "local s = string.dump(on_submit)", "string has no field 'dump'"},
    {"Pack", "local s = string.pack('!16s', 'x')", "string has no field 'pack'"},
    {"Sort", "table.sort({1, 2}, function() return true end)", "table has no field 'sort'"},
    {"WriteString", "string.upper = nil", "string is read-only"},
    {"WriteStringByMethod", "local s = 'x' s.upper = nil", "attempt to index a string value"},
    {"WriteMath", "math.huge = 1", "math is read-only"},
    {"WriteRx", "rx.match = nil", "rx is read-only"},
    {"NewGlobal", "leak = m", "global 'leak' assigned while a message is routed"},
    {"OverwriteBuiltin", "reject = nil", "global 'reject' assigned while a message is routed"},
    {"OverwriteHook", "on_submit = nil", "assigned while a message is routed"},
    {"WriteMessage", "m.src = nil", "m is read-only"},
    {"WriteClient", "m.client.code = 'root'", "m.client is read-only"},
    {"Address", "local s = string.format('%p', m)", "format: only"},
    {"AddressOfTable", "local s = string.format('%s', {})", "string expected, got table"},
    {"AddressByTostring", "local s = tostring(m)", "tostring: a userdata has no text"},
    {"AddressOfFunction", "local s = tostring(on_submit)", "tostring: a function has no text"},
    {"FormatWidth", "local s = string.format('%999d', 1)", "invalid"},
    {"MetaIndex", "local i = m.__index", "m has no field '__index'"},
    {"MetaTable", "local i = m.__metatable", "m has no field '__metatable'"},
    {"HashWithoutSelf", "m.hash('x')", "call it m:hash(salt)"},
    {"HashOfAnother", "m.hash(m.client, 'x')", "call it m:hash(salt)"},
    {"HasOfAnother", "m.client.has(m, 'x')", "call it m.client:has(tag)"},
    {"MatchOfAnother", "rx.match(m, 'x')", "what rx.compile gave is expected"},
    {"CompileLate", "rx.compile('x')", "only at the top level"},
    {"UnpackMany", "table.unpack({}, 1, 1e8)", "position beyond 1000 elements"},
    {"UnpackHuge", "table.unpack({}, -9223372036854775807, 9223372036854775807)",
     "position beyond"},
    {"ConcatHuge", "table.concat({}, '', 1, 9007199254740993)", "position beyond 1000 elements"},
    {"UnpackTexts", "table.unpack({}, '1', '200000')", "position beyond 1000 elements"},
    {"UnpackHexadecimalText", "table.unpack({}, '0x1', '0x30d40')",
     "position beyond 1000 elements"},
    {"UnpackFloats", "table.unpack({}, 1.0, 2e5)", "position beyond 1000 elements"},
    {"UnpackFloatTexts", "table.unpack({}, '1.0', '2e5')", "position beyond 1000 elements"},
    {"ConcatTexts", "table.concat({}, '', '1', '200000')", "position beyond 1000 elements"},
    {"ConcatFloats", "table.concat({}, '', 1.0, 2e5)", "position beyond 1000 elements"},
    {"InsertTextPosition", "table.insert({}, '200000', 1)", "position beyond 1000 elements"},
    {"RemoveTextPosition", "table.remove({}, '200000')", "position beyond 1000 elements"},
    {"InsertIntoLong", "local t = {} for i = 1, 1001 do t[i] = i end table.insert(t, 1, 1)",
     "more than 1000 elements"},
    {"OneOfLong", "local t = {} for i = 1, 65 do t[i] = i end one_of(t)", "more than 64 values"},
    {"CloseAttribute", "local x <close> = m", "got a non-closable value"},
    {"ForTooFar", "for i = 1, 0, 0 do end", "'for' step is zero"},
};

class EscapeProbe : public testing::TestWithParam<Probe> {};

TEST_P(EscapeProbe, FailsAndTheVmGoesOn) {
  World world;
  world.ThreeSuppliers();
  Rig rig(world);
  const auto used = rig.Load("function on_submit(m) if m.id == 1 then " +
                             std::string(GetParam().body) + " end return reject('escaped') end");
  ASSERT_TRUE(used) << used.error().Text();
  EXPECT_EQ(rig.Decide().refusal, Refusal::kNone) << rig.decision.refusal_text;
  const ScriptCounts& counts = rig.router.script_counts();
  EXPECT_THAT(counts.last_error, HasSubstr(GetParam().error));
  EXPECT_EQ(counts.errors, 1u);
  rig.query.message_id = 2;
  EXPECT_EQ(rig.Decide().refusal_text, "escaped") << "the same VM answers the next message";
}
INSTANTIATE_TEST_SUITE_P(B5, EscapeProbe, testing::ValuesIn(kProbes),
                         [](const auto& c) { return std::string(c.param.name); });

struct Hog {
  const char* name;
  const char* body;
  bool memory;  // else: instructions
};
constexpr Hog kHogs[] = {
    {"Loop", "while true do end", false},
    {"Goto", "::a:: goto a", false},
    {"Arithmetic", "local x = 0 while true do x = x + 1 end", false},
    {"CallsOfC", "while true do local s = contains('aaaa', 'b') end", false},
    {"MethodCalls", "while true do local s = m:hash('x') end", false},
    {"TailCalls", "local function f() return f() end return f()", false},
    {"HookOfItself", "return on_submit(m)", false},
    {"Recursion", "local function f() return 1 + f() end f()", true},
    {"Concatenation", "local s = 'x' while true do s = s .. s end", true},
    {"Tables", "local t = {} while true do t = {t, t, t, t, t, t, t, t, t, t} end", true},
    {"OneTable", "local t = {} for i = 1, 1e9 do t[i] = i end", true},
    {"HoardedInALocal", "for i = 1, 1e9 do kept[#kept + 1] = {i, i, i, i, i, i, i, i} end", true},
    {"Garbage",
     "while true do local t = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16} end", true},
    {"LongFormat", "local s = 'x' while true do s = string.format('%s%s', s, s) end", true},
};
class HogTest : public testing::TestWithParam<Hog> {};

TEST_P(HogTest, IsStoppedAndTheVmGoesOn) {
  World world;
  world.ThreeSuppliers();
  Rig rig(world);
  ScriptOptions options;
  options.heap_octets_max = 1u << 20;
  ASSERT_TRUE(rig.Load("local kept = {} function on_submit(m) if m.id == 1 then " +
                           std::string(GetParam().body) + " end return reject('fine') end",
                       options));
  const auto started = std::chrono::steady_clock::now();
  EXPECT_EQ(rig.Decide().refusal, Refusal::kNone);
  EXPECT_LT(std::chrono::steady_clock::now() - started, std::chrono::seconds(10));
  const ScriptCounts& counts = rig.router.script_counts();
  EXPECT_EQ(counts.memory, GetParam().memory ? 1u : 0u) << counts.last_error;
  EXPECT_EQ(counts.budget, GetParam().memory ? 0u : 1u) << counts.last_error;
  EXPECT_EQ(counts.errors, 0u);
  for (rig.query.message_id = 2; rig.query.message_id < 5; ++rig.query.message_id) {
    EXPECT_EQ(rig.Decide().refusal_text, "fine");
  }
}
INSTANTIATE_TEST_SUITE_P(B5, HogTest, testing::ValuesIn(kHogs),
                         [](const auto& c) { return std::string(c.param.name); });

// Few instructions, much work in C: 1,000 calls over 4 KiB texts or tables of 1,000 elements.
constexpr Probe kWork[] = {
    {"Contains", "contains(text, 'ab')", ""},
    {"ContainsInItself", "contains(text, text)", ""},
    {"Starts", "starts(text, text)", ""},
    {"Digits", "digits(text)", ""},
    {"RxMatch", "rx.match(plain, text)", ""},
    {"RxMatchOfALargePattern", "rx.match(large, short)", ""},
    {"Hash", "m:hash(text)", ""},
    {"Tonumber", "tonumber(text, 36)", ""},
    {"Byte", "string.byte(text, 1, -1)", ""},
    {"Upper", "text:upper()", ""},
    {"Format", "string.format(text)", ""},
    {"Unpack", "table.unpack(list)", ""},
    {"UnpackByTexts", "table.unpack({}, '1', '1000')", ""},
    {"Concat", "table.concat(list)", ""},
    {"InsertInFront", "table.insert(list, 1, table.remove(list))", ""},
    {"RemoveInFront", "table.insert(list, table.remove(list, 1))", ""},
    {"Max", "math.max(first(table.unpack(list, 1, 900)))", ""},
};
class WorkInC : public testing::TestWithParam<Probe> {};

TEST_P(WorkInC, CountsAgainstTheBudget) {
  World world;
  world.ThreeSuppliers();
  Rig rig(world);
  const auto used = rig.Load(
      "local text, short, list = 'a', 'a', {}\n"
      "for i = 1, 12 do text = text .. text end\n"
      "for i = 1, 6 do short = short .. short end\n"
      "for i = 1, 1000 do list[i] = '' end\n"
      "local plain, large = rx.compile('b$'), rx.compile('(a?b?){100}c')\n"
      "local function first(...) return ... end\n"
      "function on_submit(m)\n  if m.id == 1 then for i = 1, 1000 do local x = " +
      std::string(GetParam().body) + " end end\n  return reject('fine')\nend");
  ASSERT_TRUE(used) << used.error().Text();
  EXPECT_EQ(rig.Decide().refusal, Refusal::kNone) << rig.decision.refusal_text;
  const ScriptCounts& counts = rig.router.script_counts();
  EXPECT_EQ(counts.budget, 1u) << counts.last_error;
  EXPECT_EQ(counts.last_error, "rule.lua:8: more than 100000 instructions in one call");
  for (rig.query.message_id = 2; rig.query.message_id < 5; ++rig.query.message_id) {
    EXPECT_EQ(rig.Decide().refusal_text, "fine") << "each call has a budget of its own";
  }
}
INSTANTIATE_TEST_SUITE_P(B5, WorkInC, testing::ValuesIn(kWork),
                         [](const auto& c) { return std::string(c.param.name); });

TEST(WorkInC, ComparingWithALongOneOfCounts) {
  World world;
  for (int i = 0; i < 60; ++i) {
    world.Supplier(("supplier_" + std::to_string(i)).c_str(), "direct", "0.01");
  }
  Rig rig(world);
  ASSERT_TRUE(rig.Load(
      "local names = {} for i = 1, 64 do names[i] = 'nobody' end\n"
      "function on_route(m, c)\n  for i = 1, 31 do c:where{ supplier = one_of(names) } end\nend"));
  rig.Decide();
  EXPECT_EQ(rig.router.script_counts().budget, 1u) << rig.router.script_counts().last_error;
}

TEST(ScriptErrors, AreOfTheirKindAndFallBackAsOnErrorSays) {
  World world;
  world.ThreeSuppliers();
  Rig rig(world);
  ScriptOptions options;
  options.on_error = OnScriptError::kReject;
  ASSERT_TRUE(rig.Load("function on_route(m, c)\n  return c:take(m.nothing)\nend", options));
  EXPECT_EQ(rig.Decide().refusal, Refusal::kscript_error);
  EXPECT_EQ(rig.decision.status, smpp::Status::ESME_RSYSERR);
  EXPECT_EQ(rig.decision.script_act, ScriptAct::kFailed);
  EXPECT_EQ(rig.router.script_counts().last_error, "rule.lua:2: m has no field 'nothing'");
}

TEST(ScriptErrors, NeverRepeatAnAddressOfTheMessage) {
  World world;
  world.ThreeSuppliers();
  Rig rig(world);
  rig.query.source_addr = "SecretBank";
  for (const char* expression :
       {"m[m.src.raw]", "m[m.src.raw:lower()]", "m[m.dst.e164]", "m['x' .. m.dst.e164]"}) {
    ASSERT_TRUE(rig.Load("function on_submit(m) local x = " + std::string(expression) + " end"));
    rig.Decide();
    EXPECT_THAT(rig.router.script_counts().last_error, HasSubstr("***"));
    EXPECT_THAT(rig.router.script_counts().last_error, testing::Not(HasSubstr("7712345678")));
    EXPECT_THAT(rig.router.script_counts().last_error,
                testing::Not(testing::ContainsRegex("[Ss]ecret")));
  }
}

TEST(ScriptBreaker, LeavesAFailingScriptAloneForAWhile) {
  World world;
  world.ThreeSuppliers();
  Rig rig(world);
  ASSERT_TRUE(rig.Load("function on_submit(m) return m.nothing end"));
  const ScriptCounts& counts = rig.router.script_counts();
  for (std::size_t i = 0; i < kBreakerErrors; ++i) {
    EXPECT_EQ(rig.Decide().script_act, ScriptAct::kFailed) << i;
    rig.query.at += std::chrono::milliseconds(500);
  }
  EXPECT_EQ(counts.errors, kBreakerErrors);
  EXPECT_EQ(rig.Decide().script_act, ScriptAct::kBypassed);
  EXPECT_TRUE(counts.breaker_open);
  EXPECT_EQ(counts.bypassed, 1u);
  EXPECT_EQ(rig.decision.plan_count, 3) << "on_error = default_route";
  rig.query.at += kBreakerPause;
  EXPECT_EQ(rig.Decide().script_act, ScriptAct::kFailed) << "it is tried again";
  EXPECT_FALSE(counts.breaker_open);
  EXPECT_EQ(counts.errors, kBreakerErrors + 1);
}

TEST(ScriptBreaker, StaysShutWhenErrorsAreFarApart) {
  World world;
  world.ThreeSuppliers();
  Rig rig(world);
  ASSERT_TRUE(rig.Load("function on_submit(m) return m.nothing end"));
  for (int i = 0; i < 100; ++i) {
    EXPECT_EQ(rig.Decide().script_act, ScriptAct::kFailed);
    rig.query.at += std::chrono::milliseconds(600);
  }
}

}  // namespace
}  // namespace hub::routing
