// The table as values, and what can be said of settings without reading a file.
#include "server/config/settings.h"

#include <type_traits>

#include "server/config/settings_walk.h"

namespace hub {
namespace {

constexpr SettingInfo kSettings[] = {
#define SECTION(name, help)
#define SETTING(section, name, type, default_value, min, max, reload, since, help) \
  {#section, #name, SettingType::type, #default_value, min, max, ReloadClass::reload, since, help},
#include "server/config/settings.def"
#undef SETTING
#undef SECTION
};

constexpr SectionInfo kSections[] = {
#define SECTION(name, help) {#name, help},
#define SETTING(section, name, type, default_value, min, max, reload, since, help)
#include "server/config/settings.def"
#undef SETTING
#undef SECTION
};

std::string Quoted(std::string_view text) {
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') quoted += '\\';
    quoted += c;
  }
  return quoted + '"';
}

template <class Field>
std::string Shown(const SettingInfo& info, const Field& field) {
  if constexpr (std::is_same_v<Field, std::string>) {
    if (info.type == SettingType::Secret) return field.empty() ? "\"\"" : "\"***\"";
    return Quoted(field);
  } else {
    return std::to_string(field);
  }
}

Error BadAddress(std::string_view address, std::string why) {
  return {.doing = "read the address " + Quoted(address),
          .why = std::move(why),
          .place = {},
          .sqlstate = {},
          .advice = "\"127.0.0.1:2775\", \"[::1]:2775\", or \":2775\" for every address"};
}

}  // namespace

std::span<const SettingInfo> AllSettings() { return kSettings; }
std::span<const SectionInfo> AllSections() { return kSections; }

std::vector<std::string_view> ChoicesOf(SettingType type) {
  if (type == SettingType::Level) return {"debug", "info", "warn", "error"};
  if (type == SettingType::OnError) return {"default_route", "reject"};
  if (type == SettingType::Verify) return {"off", "optional", "required"};
  if (type == SettingType::Proxy) return {"off", "v2"};
  if (type == SettingType::Durability) return {"disk", "none"};
  if (type == SettingType::Switch) return {"off", "on"};
  return {};
}

std::string_view Name(ReloadClass reload) {
  static constexpr std::string_view kNames[] = {"live", "rebind", "restart"};
  return kNames[static_cast<std::size_t>(reload)];
}

std::string ShowSetting(const Settings& settings, const SettingInfo& wanted) {
  std::string shown;
  WalkSettings(settings, [&](const SettingInfo& info, const auto& field) {
    if (info.section == wanted.section && info.name == wanted.name) shown = Shown(info, field);
  });
  return shown;
}

SettingsChange Compare(const Settings& before, const Settings& after) {
  std::vector<const void*> old_fields;
  WalkSettings(before,
               [&](const SettingInfo&, const auto& field) { old_fields.push_back(&field); });
  SettingsChange change;
  std::size_t row = 0;
  WalkSettings(after, [&](const SettingInfo& info, const auto& field) {
    using Field = std::remove_cvref_t<decltype(field)>;
    if (*static_cast<const Field*>(old_fields[row++]) == field) return;
    auto& names = info.reload == ReloadClass::kLive     ? change.live
                  : info.reload == ReloadClass::kRebind ? change.rebind
                                                        : change.restart;
    names.push_back(std::string(info.section) + "." + std::string(info.name));
  });
  return change;
}

std::vector<std::string> SplitPaths(std::string_view paths) {
  std::vector<std::string> split;
  while (!paths.empty()) {
    const std::size_t comma = paths.find(',');
    std::string_view path = paths.substr(0, comma);
    while (path.starts_with(' ')) path.remove_prefix(1);
    while (path.ends_with(' ')) path.remove_suffix(1);
    split.emplace_back(path);
    if (comma == std::string_view::npos) break;
    paths.remove_prefix(comma + 1);
    if (paths.empty()) split.emplace_back();
  }
  return split;
}

Outcome<HostPort> SplitAddress(std::string_view address) {
  const std::size_t colon = address.rfind(':');
  if (colon == std::string_view::npos) return Err{BadAddress(address, "there is no port")};
  HostPort split{.host = std::string(address.substr(0, colon))};
  if (split.host.starts_with('[') && split.host.ends_with(']')) {
    split.host = split.host.substr(1, split.host.size() - 2);
  } else if (split.host.find_first_of(":[]") != std::string::npos) {
    return Err{BadAddress(address, "a v6 address stands in brackets")};
  }
  const std::string_view digits = address.substr(colon + 1);
  unsigned port = 0;
  for (const char c : digits) {
    if (c < '0' || c > '9') return Err{BadAddress(address, "the port is no number")};
    port = port * 10 + static_cast<unsigned>(c - '0');
    if (port > 65'535) break;
  }
  if (digits.empty() || port > 65'535) {
    return Err{BadAddress(address, "a port is within 0 .. 65535")};
  }
  split.port = static_cast<std::uint16_t>(port);
  return split;
}

}  // namespace hub
