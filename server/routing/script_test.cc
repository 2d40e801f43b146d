#include "server/routing/script_test.h"

#include <fmt/format.h>

#include "server/routing/lua_data.h"
#include "server/routing/script_test_world.h"

namespace hub::routing {
namespace {

std::string Joined(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
  return text.empty() ? "(none)" : text;
}

// "" or what is not as expected.
std::string Compare(const LuaData& expected, TestWorld& world) {
  const Decision& decision = world.Decide();
  if (const LuaData* plan = Field(expected, "plan"); plan != nullptr) {
    std::vector<std::string> names;
    for (const LuaData& name : plan->list) names.push_back(name.text);
    if (world.Plan() == names) return "";
    return fmt::format("the plan is {}, expected {} ({}{})", Joined(world.Plan()), Joined(names),
                       Name(decision.refusal), world.ScriptErrorText());
  }
  const LuaData* refused = Field(expected, "refused");
  if (Name(decision.refusal) != refused->text) {
    return fmt::format("the outcome is {}, expected {}{}", Name(decision.refusal), refused->text,
                       world.ScriptErrorText());
  }
  const LuaData* status = Field(expected, "status");
  if (status != nullptr && smpp::StatusName(decision.status) != status->text) {
    return fmt::format("the status is {}, expected {}", smpp::StatusName(decision.status),
                       status->text);
  }
  const LuaData* reason = Field(expected, "reason");
  if (reason != nullptr && decision.refusal_text != reason->text) {
    return fmt::format("the reason is '{}', expected '{}'", decision.refusal_text, reason->text);
  }
  return "";
}

// share = { alpha = {69, 71} }: percent of `messages` ids that go to alpha first.
std::string CompareShares(const LuaData& expected, std::int64_t messages, TestWorld& world) {
  std::map<std::string, std::int64_t> taken;
  for (std::int64_t id = 1; id <= messages; ++id) {
    world.set_message_id(static_cast<MessageId>(id) << 10);
    world.Decide();
    for (const std::string& name : world.Plan()) {
      ++taken[name];
      break;
    }
  }
  for (const auto& [name, range] : expected.fields) {
    const std::int64_t count = taken[name] * 100;
    if (count >= range.list[0].integer * messages && count <= range.list[1].integer * messages)
      continue;
    return fmt::format("{} got {} of {} messages, expected {} to {} %{}", name, taken[name],
                       messages, range.list[0].integer, range.list[1].integer,
                       world.ScriptErrorText());
  }
  return "";
}

std::string CheckCase(const LuaData& one) {
  std::string wrong = CheckKeys(
      one, {"name", "message", "plan", "refused", "status", "reason", "share", "messages"});
  const bool says = Field(one, "plan") != nullptr || Field(one, "refused") != nullptr ||
                    Field(one, "share") != nullptr;
  if (wrong.empty() && (!says || Field(one, "name") == nullptr)) {
    wrong = "a case has a name, and one of plan, refused, share";
  }
  if (const LuaData* share = Field(one, "share"); wrong.empty() && share != nullptr) {
    for (const auto& [name, range] : share->fields) {
      if (range.list.size() != 2) wrong = "share: " + name + " = {least percent, most percent}";
    }
  }
  return wrong;
}

Error TestError(const std::string& path, std::string why) {
  return {.doing = "read test",
          .why = std::move(why),
          .place = path,
          .system_errno = 0,
          .sqlstate = {},
          .advice = {}};
}

Outcome<std::string> RunCase(const LuaData& file, const LuaData& one,
                             const std::shared_ptr<const Script>& script, const std::string& path) {
  std::string wrong = CheckCase(one);
  TestWorld world;
  if (wrong.empty()) wrong = world.Build(file, one, script);
  if (!wrong.empty()) return Err{TestError(path, std::move(wrong))};
  const LuaData* share = Field(one, "share");
  if (share == nullptr) return Compare(one, world);
  const LuaData* messages = Field(one, "messages");
  return CompareShares(*share, messages == nullptr ? 10'000 : messages->integer, world);
}

}  // namespace

Outcome<ScriptTestReport> RunScriptTest(const std::string& path) {
  const auto file = ReadLuaData(path);
  if (!file) return Err{file.error()};
  std::string wrong = CheckKeys(*file, {"rule", "sell", "suppliers", "cases"});
  const LuaData *rule = Field(*file, "rule"), *cases = Field(*file, "cases");
  if (wrong.empty() && (rule == nullptr || cases == nullptr || cases->list.empty())) {
    wrong = "a test has a rule and at least one case";
  }
  if (!wrong.empty()) return Err{TestError(path, std::move(wrong))};
  ScriptTestReport report;
  report.rule = path.substr(0, path.rfind('/') + 1) + rule->text;
  ScriptOptions options;
  options.path = report.rule;
  const auto script = LoadScript(options, 1);
  if (!script) return Err{script.error()};
  for (const LuaData& one : cases->list) {
    const auto difference = RunCase(*file, one, *script, path);
    if (!difference) return Err{difference.error()};
    const std::string& name = Field(one, "name")->text;
    if (difference->empty()) {
      report.passed.push_back(name);
    } else {
      report.failures.push_back(path + ": " + name + ": " + *difference);
    }
  }
  return report;
}

}  // namespace hub::routing
