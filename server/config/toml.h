// A TOML file as a plain tree in which every key and value knows its place. The only way to toml++ in the house.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "server/base/clock.h"
#include "server/base/error.h"

namespace hub {

inline constexpr std::size_t kTomlOctetsMax = 64u << 20;  // a larger file is refused unread

struct TomlPlace {
  std::uint32_t line = 0;    // from 1
  std::uint32_t column = 0;  // from 1
};

enum class TomlKind : std::uint8_t {
  kText,
  kInteger,
  kFloat,
  kBoolean,
  kMoment,  // offset date-time, or a local date: midnight UTC
  kOther,   // local time, local date-time: no moment without an offset
  kList,
  kTable
};
std::string_view Name(TomlKind kind);  // "an integer", as an error text says it

struct TomlMember;

struct TomlValue {
  TomlKind kind = TomlKind::kTable;
  TomlPlace place;
  std::string text;                 // kText
  std::int64_t integer = 0;         // kInteger
  bool boolean = false;             // kBoolean
  WallTime moment;                  // kMoment
  std::vector<TomlValue> items;     // kList
  std::vector<TomlMember> members;  // kTable, in order of their keys

  const TomlMember* Find(std::string_view key) const;
};

struct TomlMember {
  std::string key;
  TomlPlace place;  // of the key
  TomlValue value;
};

/// Parses. `name` is what places are told with: "hub.toml:3:9". Error: the first syntax error, duplicate keys among them.
Outcome<TomlValue> ParseToml(std::string_view text, const std::string& name);

/// The whole file; refuses one above kTomlOctetsMax. Error without a place: the file cannot be read.
Outcome<std::string> ReadTextFile(const std::string& path, std::size_t octets_max = kTomlOctetsMax);

}  // namespace hub
