// A Lua file that returns a table of plain data: read in a VM that has no function at all.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "server/base/error.h"

namespace hub::routing {

/// A text, integer, boolean or table; owned.
struct LuaData {
  enum Kind { kNone, kText, kInteger, kBoolean, kTable } kind = kNone;
  std::string text;  // also the digits of an integer
  std::int64_t integer = 0;
  bool boolean = false;
  std::map<std::string, LuaData> fields;
  std::vector<LuaData> list;  // elements 1, 2, ...
};

/// Error: place "path:12".
Outcome<LuaData> ReadLuaData(const std::string& path);

}  // namespace hub::routing
