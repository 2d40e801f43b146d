#include "server/hubctl_files.h"

#include "server/config/settings.h"
#include "server/hubctl_print.h"
#include "server/routing/router.h"
#include "server/routing/script_test.h"

namespace hub {

using admin::Code;

namespace {

Code JudgeScript(const std::string& path, const routing::ScriptOptions& limits) {
  routing::ScriptOptions options = limits;
  options.path = path;
  const auto script = routing::LoadScript(options, 1);
  if (!script) return Fail(script.error());
  Out(path + ": fine\n");
  return Code::kOk;
}

void PrintChanges(const SettingsChange& change) {
  const auto print = [](const char* what, const std::vector<std::string>& names) {
    for (const std::string& name : names) Out(std::string(what) + "  " + name + "\n");
  };
  print("live   ", change.live);
  print("rebind ", change.rebind);
  print("restart", change.restart);
}

}  // namespace

Code LuaCheck(const std::string& path) { return JudgeScript(path, {}); }

Code LuaTest(const std::vector<std::string>& paths) {
  Code code = Code::kOk;
  for (const std::string& path : paths) {
    const auto report = routing::RunScriptTest(path);
    if (!report) {
      code = Fail(report.error());
      continue;
    }
    for (const std::string& failure : report->failures) Complain(failure + "\n");
    Out(path + ": " + std::to_string(report->passed.size()) + " passed, " +
        std::to_string(report->failures.size()) + " failed\n");
    if (!report->failures.empty()) code = Code::kFailed;
  }
  return code;
}

Code CheckConfig(const CheckOptions& options) {
  const auto loaded = LoadSettings(options.file);
  if (!loaded) return Fail(loaded.error());
  Complain(Text(loaded->warnings));
  const Settings& settings = loaded->settings;
  if (options.show) {
    for (const SettingInfo& info : AllSettings()) {
      Out(std::string(info.section) + "." + std::string(info.name) + " = " +
          ShowSetting(settings, info) + "\n");
    }
  }
  if (!options.against.empty()) {
    const auto before = LoadSettings(options.against);
    if (!before) return Fail(before.error());
    PrintChanges(Compare(before->settings, settings));
  }
  if (!settings.routing_script.empty()) {
    const Code code =
        JudgeScript(settings.routing_script, {.path = {},
                                              .instructions_max = settings.routing_instructions_max,
                                              .heap_octets_max = settings.routing_heap_octets_max});
    if (code != Code::kOk) return code;
  }
  Out(options.file + ": fine\n");
  return Code::kOk;
}

}  // namespace hub
