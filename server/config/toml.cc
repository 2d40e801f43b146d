#include "server/config/toml.h"

#include <toml++/toml.h>

#include <cerrno>
#include <cstdio>
#include <memory>

namespace hub {
namespace {

TomlPlace PlaceOf(const toml::source_region& region) {
  return {region.begin.line, region.begin.column};
}

std::string PlaceText(const std::string& name, const toml::source_region& region) {
  return name + ":" + std::to_string(region.begin.line) + ":" + std::to_string(region.begin.column);
}

std::chrono::sys_days DayOf(const toml::date& date) {
  return std::chrono::year(date.year) / std::chrono::month(date.month) / std::chrono::day(date.day);
}

WallTime MomentOf(const toml::date_time& at) {
  using namespace std::chrono;
  return DayOf(at.date) + hours(at.time.hour) + minutes(at.time.minute) + seconds(at.time.second) +
         microseconds(at.time.nanosecond / 1'000) - minutes(at.offset->minutes);
}

TomlValue Convert(const toml::node& node);

void ConvertScalar(const toml::node& node, TomlValue* value) {
  value->kind = TomlKind::kOther;
  if (const auto* text = node.as_string()) {
    value->kind = TomlKind::kText;
    value->text = text->get();
  } else if (const auto* integer = node.as_integer()) {
    value->kind = TomlKind::kInteger;
    value->integer = integer->get();
  } else if (node.is_floating_point()) {
    value->kind = TomlKind::kFloat;  // its value is nobody's business: no float anywhere near money
  } else if (const auto* boolean = node.as_boolean()) {
    value->kind = TomlKind::kBoolean;
    value->boolean = boolean->get();
  } else if (const auto* date = node.as_date()) {
    value->kind = TomlKind::kMoment;
    value->moment = DayOf(date->get());
  } else if (const auto* at = node.as_date_time(); at != nullptr && at->get().offset) {
    value->kind = TomlKind::kMoment;
    value->moment = MomentOf(at->get());
  }
}

// As deep as the file is nested; toml++ refuses more than 256 levels.
TomlValue Convert(const toml::node& node) {
  TomlValue value;
  value.place = PlaceOf(node.source());
  if (const toml::table* table = node.as_table()) {
    value.kind = TomlKind::kTable;
    for (const auto& [key, member] : *table) {
      value.members.push_back({std::string(key.str()), PlaceOf(key.source()), Convert(member)});
    }
  } else if (const toml::array* list = node.as_array()) {
    value.kind = TomlKind::kList;
    for (const toml::node& item : *list) value.items.push_back(Convert(item));
  } else {
    ConvertScalar(node, &value);
  }
  return value;
}

}  // namespace

std::string_view Name(TomlKind kind) {
  static constexpr std::string_view kNames[] = {"a string",
                                                "an integer",
                                                "a float",
                                                "true or false",
                                                "a date-time with its offset",
                                                "a time without an offset",
                                                "a list",
                                                "a table"};
  return kNames[static_cast<std::size_t>(kind)];
}

const TomlMember* TomlValue::Find(std::string_view key) const {
  for (const TomlMember& member : members) {
    if (member.key == key) return &member;
  }
  return nullptr;
}

Outcome<TomlValue> ParseToml(std::string_view text, const std::string& name) {
  try {
    return Convert(toml::parse(text, std::string_view(name)));
  } catch (const toml::parse_error& error) {  // the library's own; it ends here
    return Err{Error{.doing = "read TOML",
                     .why = std::string(error.description()),
                     .place = PlaceText(name, error.source()),
                     .sqlstate = {},
                     .advice = {}}};
  }
}

Outcome<std::string> ReadTextFile(const std::string& path, std::size_t octets_max) {
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "rbe"),
                                                             &std::fclose);
  if (file == nullptr) return Err{SystemError("read " + path, errno)};
  std::string text;
  char part[16 * 1024];
  for (std::size_t got; (got = std::fread(part, 1, sizeof part, file.get())) > 0;) {
    text.append(part, got);
    if (text.size() > octets_max) {
      return Err{Error{.doing = "read " + path,
                       .why = "larger than " + std::to_string(octets_max) + " octets",
                       .place = {},
                       .sqlstate = {},
                       .advice = {}}};
    }
  }
  if (std::ferror(file.get()) != 0) return Err{SystemError("read " + path, errno)};
  return text;
}

}  // namespace hub
