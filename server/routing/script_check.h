// Looks at a script before it runs: names that no script may use, globals that nobody defines.
//
// Lexical and on the safe side: a name counts as known when it is a builtin, or declared, defined or assigned
// anywhere in the file. So it finds `recject(...)` in a branch that no test takes, and never refuses a good script;
// what it lets through (a global assigned in a function) is an error at run time.
#pragma once

#include <string>
#include <string_view>

#include "server/base/error.h"

namespace hub::routing {

/// Error: place "routing-scripts/rule.lua:12".
Outcome<Done> CheckScript(const std::string& path, std::string_view source);

}  // namespace hub::routing
