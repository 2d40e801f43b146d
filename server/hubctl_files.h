// Commands of hubctl about files alone: no daemon, no database.
#pragma once

#include <string>
#include <vector>

#include "server/admin/control.h"

namespace hub {

/// Judges a rule: syntax, names, its top level.
admin::Code LuaCheck(const std::string& path);
/// Runs *_test.lua, every one, whatever the one before said.
admin::Code LuaTest(const std::vector<std::string>& paths);

struct CheckOptions {
  std::string file, against;
  bool show = false;
};

/// Judges a hub.toml and the script that it names.
admin::Code CheckConfig(const CheckOptions& options);

}  // namespace hub
