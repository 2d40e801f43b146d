// The rules that we ship pass their own tests; and a test that is wrong says so.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "server/routing/script_test.h"
#include "tests/unit/server/routing/world.h"

namespace hub::routing {
namespace {

using testing::HasSubstr;

const std::string kScripts = HUB_SOURCE_DIR "/routing-scripts/";

std::vector<std::string> FilesThatEndIn(std::string_view end, bool or_not) {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(kScripts)) {
    const std::string name = entry.path().filename();
    if (entry.path().extension() == ".lua" && name.ends_with(end) == or_not) names.push_back(name);
  }
  std::sort(names.begin(), names.end());
  return names;
}

class ShippedRule : public testing::TestWithParam<std::string> {};

TEST_P(ShippedRule, PassesItsTest) {
  const auto report = RunScriptTest(kScripts + GetParam());
  ASSERT_TRUE(report) << report.error().Text();
  EXPECT_FALSE(report->passed.empty());
  EXPECT_THAT(report->failures, testing::IsEmpty());
}
INSTANTIATE_TEST_SUITE_P(Scripts, ShippedRule, testing::ValuesIn(FilesThatEndIn("_test.lua", true)),
                         [](const auto& c) { return c.param.substr(0, c.param.find('.')); });

TEST(ShippedRules, EachHasATest) {
  for (const std::string& rule : FilesThatEndIn("_test.lua", false)) {
    EXPECT_TRUE(std::filesystem::exists(kScripts + rule.substr(0, rule.size() - 4) + "_test.lua"))
        << rule;
  }
}

TEST(LuaReference, NamesEveryFieldAndFunction) {
  std::ifstream file(kScripts + "README.md");
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  for (const char* name : {
#define FIELD(object, name, push, meaning) "." #name "`",
#define KEPT(object, name, text, meaning) "." #name "`",
#include "server/routing/message_field.def"
#undef KEPT
#undef FIELD
#define LUA_FUNCTION(library, name, how, why) "`" #name "`",
#include "server/routing/lua_library.def"
#undef LUA_FUNCTION
       }) {
    EXPECT_THAT(text, HasSubstr(name));
  }
}

struct BadTest {
  const char *name, *text, *says;
};
constexpr BadTest kBadTests[] = {
    {"WrongPlan", "{ name = 'x', message = { dst = '+4915112345678' }, plan = { 'beta' } }",
     "x: the plan is alpha, expected beta"},
    {"WrongOutcome", "{ name = 'x', message = { dst = '+4915112345678' }, refused = 'script' }",
     "x: the outcome is none, expected script"},
    {"WrongReason",
     "{ name = 'x', message = { dst = '+4915112345678', class = 'no' }, refused = 'script', reason "
     "= 'b' }",
     "x: the reason is 'a', expected 'b'"},
    {"WrongStatus",
     "{ name = 'x', message = { dst = '+4915112345678', class = 'no' }, refused = 'script', status "
     "= 'ESME_ROK' }",
     "x: the status is ESME_RSUBMITFAIL, expected ESME_ROK"},
    {"WrongShare",
     "{ name = 'x', message = { dst = '+4915112345678' }, share = { alpha = {1, 2} }, messages = "
     "100 }",
     "x: alpha got 100 of 100 messages, expected 1 to 2 %"},
    {"KeyOfACase", "{ name = 'x', plann = {} }", "unknown key 'plann'"},
    {"KeyOfAMessage", "{ name = 'x', message = { dts = '+49151' }, plan = {} }",
     "message: unknown key 'dts'"},
    {"NothingExpected", "{ name = 'x', message = { dst = '+4915112345678' } }",
     "a case has a name, and one of plan, refused, share"},
    {"NoCase", "", "a test has a rule and at least one case"},
    {"Syntax", "{ name = ", "unexpected symbol near"},
    {"Float", "{ name = 'x', plan = { 0.5 } }", "returns something else than a table"},
    {"Calls", "print()", "attempt to call a nil value"},
};
class BadTestFile : public testing::TestWithParam<BadTest> {};

TEST_P(BadTestFile, IsRefusedOrFails) {
  const TempFile rule(
      "function on_submit(m) if m.class == 'no' then return reject(0x45, 'a') end end", "bad.lua");
  const TempFile test(
      "return { rule = 'bad.lua', suppliers = { { name = 'alpha', cost = '0.01' } }, cases = { " +
          std::string(GetParam().text) + " } }",
      "bad_test.lua");
  const auto report = RunScriptTest(test.path);
  if (!report) {
    EXPECT_THAT(report.error().Text(), HasSubstr(GetParam().says));
  } else {
    ASSERT_EQ(report->failures.size(), 1u);
    EXPECT_THAT(report->failures[0], HasSubstr(GetParam().says));
  }
}
INSTANTIATE_TEST_SUITE_P(Table, BadTestFile, testing::ValuesIn(kBadTests),
                         [](const auto& c) { return std::string(c.param.name); });

}  // namespace
}  // namespace hub::routing
