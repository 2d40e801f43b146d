// hub.toml: what a process is told at its start. One table (settings.def), one struct made of it.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "server/base/error.h"
#include "server/config/toml_reader.h"

namespace hub {

/// The types that a row of settings.def may name: what the struct holds of each.
namespace setting {
using Millis = std::int64_t;  // milliseconds
using Count = std::uint32_t;  // of things
using Octets = std::uint64_t;
using Text = std::string;
using Path = std::string;        // absolute, or "": made so by LoadSettings
using Paths = std::string;       // the same, several with commas; SplitPaths takes them apart
using Address = std::string;     // "host:port", judged; SplitAddress takes it apart
using Secret = std::string;      // never printed, never logged
using Level = std::string;       // debug, info, warn, error
using OnError = std::string;     // default_route, reject
using Verify = std::string;      // off, optional, required
using Proxy = std::string;       // off, v2
using Durability = std::string;  // disk, none
using Switch = std::string;      // off, on
}  // namespace setting

/// One field a row: `settings.session_init_timeout_ms`. Immutable once loaded; a reload makes a new one.
struct Settings {
#define SECTION(name, help)
#define SETTING(section, name, type, default_value, min, max, reload, since, help) \
  setting::type section##_##name = default_value;
#include "server/config/settings.def"
#undef SETTING
#undef SECTION
};

enum class SettingType : std::uint8_t {
  Millis,
  Count,
  Octets,
  Text,
  Path,
  Paths,
  Address,
  Secret,
  Level,
  OnError,
  Verify,
  Proxy,
  Durability,
  Switch
};
enum class ReloadClass : std::uint8_t { kLive, kRebind, kRestart };

/// One row of settings.def, as text.
struct SettingInfo {
  std::string_view section, name;
  SettingType type;
  std::string_view default_text;  // as TOML writes it
  std::int64_t min, max;
  ReloadClass reload;
  std::string_view since, help;
};

struct SectionInfo {
  std::string_view name, help;
};

/// All rows, in the order of the file.
std::span<const SettingInfo> AllSettings();
std::span<const SectionInfo> AllSections();
/// The words a Level, OnError, Verify, Proxy, Durability or Switch may be; empty for other types.
std::vector<std::string_view> ChoicesOf(SettingType type);
std::string_view Name(ReloadClass reload);  // "live", "rebind", "restart"
/// The value of one setting, as TOML writes it; of a Secret only whether there is one.
std::string ShowSetting(const Settings& settings, const SettingInfo& info);
/// The class of the heaviest change from `before` to `after`, and the names that changed ("session.init_timeout_ms").
struct SettingsChange {
  std::vector<std::string> live, rebind, restart;
};
SettingsChange Compare(const Settings& before, const Settings& after);

struct LoadedSettings {
  Settings settings;
  Errors warnings;  // nothing that stops us
};

/// Reads and judges a file. Every error of it comes back, not only the first; each names file, line and column.
/// Secrets given as { file = ... } or { env = ... } are fetched here. No socket, no database.
Result<LoadedSettings, Errors> LoadSettings(const std::string& path);
/// The same from text; `name` stands in places; relative paths are taken from `folder`.
Result<LoadedSettings, Errors> ParseSettings(std::string_view text, const std::string& name,
                                             const std::string& folder = ".");

/// A file with every setting at its default, each with its range, its reload class and its sentence.
std::string SampleConfig();

/// "a.pem, b.pem": a comma ends a path, spaces around it are not of it. Empty ones stay: "a.pem," is two.
std::vector<std::string> SplitPaths(std::string_view paths);

struct HostPort {
  std::string host;  // "" : every address; a v6 address without its brackets
  std::uint16_t port = 0;
};
/// "127.0.0.1:2775", "[::1]:2775", ":2775". Error: what is wrong with it.
Outcome<HostPort> SplitAddress(std::string_view address);

}  // namespace hub
