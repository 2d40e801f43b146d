// Tests of a rule, by the people who write rules: a table of messages and what must become of them, run through the
// real Router with the real tables. Format: routing-scripts/README.md, "Tests".
#pragma once

#include <string>
#include <vector>

#include "server/base/error.h"

namespace hub::routing {

struct ScriptTestReport {
  std::string rule;                 // path of the rule tested
  std::vector<std::string> passed;  // names of cases
  std::vector<std::string>
      failures;  // "country_block_test.lua: AF is closed: plan is 'alpha', expected ..."
};

/// Runs a *_test.lua. Error: the file or the rule cannot be loaded, or the file says what nobody understands.
/// Blocks; any thread; not on a loop.
Outcome<ScriptTestReport> RunScriptTest(const std::string& path);

}  // namespace hub::routing
