// Error texts of scripts: where they point, and what must not stand in them.
#pragma once

#include <string>
#include <string_view>

#include "server/base/error.h"

namespace hub::routing {

/// "rule.lua" of "routing-scripts/rule.lua"; points into `path`.
const char* FileName(const std::string& path);

/// Lua's "rule.lua:12: why" as an Error whose place is "routing-scripts/rule.lua:12".
Error ScriptError(const std::string& path, std::string_view text);

/// Replaces an address of the message by "***", in any case of letters. A script may have made a field's name of
/// it, and the error would repeat it. Addresses under three octets stay: they say nothing.
void Scrub(std::string_view address, std::string* text);

}  // namespace hub::routing
