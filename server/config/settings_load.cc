// From TOML to Settings, one row after the other.
#include <sys/stat.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <limits>
#include <optional>

#include "server/config/settings.h"
#include "server/config/settings_walk.h"

namespace hub {
namespace {

constexpr std::size_t kUnixPathOctetsMax = 107;       // sockaddr_un::sun_path without its NUL
constexpr std::size_t kSettingsOctetsMax = 1u << 20;  // of hub.toml
constexpr std::size_t kSecretOctetsMax = 4'096;       // of a secret's file

class Loader {
 public:
  Loader(std::string name, std::string folder)
      : folder_(std::move(folder)), report_(std::move(name)) {}

  Result<LoadedSettings, Errors> Load(const TomlValue& root) {
    TomlReader top(root, "", report_);
    std::optional<TomlReader> section;
    std::string_view section_name;
    WalkSettings(loaded_.settings, [&](const SettingInfo& info, auto& field) {
      if (info.section != section_name) {
        if (section) section->Finish();
        section_name = info.section;
        section.reset();
        if (auto found = top.Table(info.section)) section.emplace(std::move(*found));
      }
      if (section && section->Any(info.name) != nullptr) Read(*section, info, field);
      if constexpr (std::is_same_v<std::remove_cvref_t<decltype(field)>, std::string>) {
        if (info.type == SettingType::Path) field = InFolder(field);
        if (info.type == SettingType::Paths) field = AllInFolder(field);
      }
    });
    if (section) section->Finish();
    top.Finish();
    CheckTogether(root);
    if (!report_.empty()) return Err{report_.Take()};
    return std::move(loaded_);
  }

 private:
  // Numbers: the row's range; the field's type holds all of it (a test looks).
  template <class Number>
  void Read(TomlReader& section, const SettingInfo& info, Number& field) {
    if (const auto value = section.Integer(info.name, info.min, info.max)) {
      field = static_cast<Number>(*value);
    }
  }

  void Read(TomlReader& section, const SettingInfo& info, std::string& field) {
    if (info.type == SettingType::Secret) return ReadSecret(section, info, field);
    auto value = section.Text(info.name, static_cast<std::size_t>(info.min),
                              static_cast<std::size_t>(info.max));
    if (!value) return;
    if (info.type == SettingType::Address && !value->empty()) {
      const auto split = SplitAddress(*value);
      if (!split) return section.Refuse(info.name, split.error().why, split.error().advice);
    }
    if (const auto choices = ChoicesOf(info.type); !choices.empty()) {
      if (!JudgeChoice(section, info, choices, *value)) return;
    }
    field = std::move(*value);
  }

  bool JudgeChoice(TomlReader& section, const SettingInfo& info,
                   const std::vector<std::string_view>& choices, const std::string& value) {
    if (std::find(choices.begin(), choices.end(), value) != choices.end()) return true;
    std::string list;
    for (const std::string_view choice : choices) {
      list += (list.empty() ? "" : ", ") + std::string(choice);
    }
    const std::string_view nearest = NearestWord(value, choices);
    section.Refuse(info.name, "\"" + value + "\" is none of: " + list,
                   nearest.empty() ? "" : "did you mean \"" + std::string(nearest) + "\"?");
    return false;
  }

  void ReadSecret(TomlReader& section, const SettingInfo& info, std::string& field) {
    const TomlMember* member = section.Any(info.name);
    if (member->value.kind == TomlKind::kText) {
      const auto value = section.Text(info.name, static_cast<std::size_t>(info.min),
                                      static_cast<std::size_t>(info.max));
      if (!value) return;
      field = *value;
      if (field.find("password") != std::string::npos) WarnInlineSecret(section, info);
      return;
    }
    if (member->value.kind != TomlKind::kTable) {
      return section.Refuse(info.name,
                            "expected a string, { file = \"...\" } or { env = \"...\" }, got " +
                                std::string(Name(member->value.kind)));
    }
    std::optional<TomlReader> from = section.Table(info.name);
    const auto file = from->Text("file", 1, 4'096);
    const auto env = from->Text("env", 1, 255);
    from->Finish();
    if (file.has_value() == env.has_value()) {
      return section.Refuse(info.name, "expected one of file and env");
    }
    if (file) {
      ReadSecretFile(*from, InFolder(*file), field);
    } else {
      ReadSecretVariable(*from, *env, field);
    }
  }

  void ReadSecretFile(TomlReader& from, const std::string& path, std::string& field) {
    struct stat status {};
    if (stat(path.c_str(), &status) == 0 && (status.st_mode & S_IROTH) != 0) {
      return from.Refuse("file", path + " is readable by everybody", "chmod o-r " + path);
    }
    auto text = ReadTextFile(path, kSecretOctetsMax);
    if (!text) return from.Refuse("file", text.error().Text());
    while (!text->empty() && (text->back() == '\n' || text->back() == '\r')) text->pop_back();
    if (text->empty()) return from.Refuse("file", path + " is empty");
    field = std::move(*text);
  }

  void ReadSecretVariable(TomlReader& from, const std::string& name, std::string& field) {
    const char* value = std::getenv(name.c_str());
    if (value == nullptr || *value == '\0') {
      return from.Refuse("env", "the environment has no " + name);
    }
    field = value;
  }

  void WarnInlineSecret(TomlReader& section, const SettingInfo& info) {
    loaded_.warnings.push_back(
        {.doing = std::string(info.section) + "." + std::string(info.name),
         .why = "a password stands in this file",
         .place = report_.PlaceText(section.PlaceOf(info.name)),
         .sqlstate = {},
         .advice = "put it into a file of mode 0600 and write { file = \"...\" }"});
  }

  std::string InFolder(const std::string& path) const {
    if (path.empty()) return path;
    std::error_code ignored;  // absolute() fails only when the working directory is gone
    return std::filesystem::absolute(std::filesystem::path(folder_) / path, ignored)
        .lexically_normal()
        .string();
  }

  std::string AllInFolder(const std::string& paths) const {
    std::string absolute;
    for (const std::string& path : SplitPaths(paths)) {
      absolute += (absolute.empty() ? "" : ", ") + InFolder(path);
    }
    return absolute;
  }

  // What no row can say alone.
  void CheckTogether(const TomlValue& root) {
    const Settings& s = loaded_.settings;
    if (s.session_output_octets_max < s.session_output_octets_high) {
      Contradiction(root, "session", "output_octets_max", "is less than output_octets_high");
    }
    if (s.supplier_reconnect_max_ms < s.supplier_reconnect_min_ms) {
      Contradiction(root, "supplier", "reconnect_max_ms", "is less than reconnect_min_ms");
    }
    if (s.loops_slab_octets_max < s.loops_slab_octets) {
      Contradiction(root, "loops", "slab_octets_max", "is less than slab_octets");
    }
    if (s.session_output_octets_high < s.session_pdu_octets_max) {
      Contradiction(root, "session", "output_octets_high", "is less than pdu_octets_max");
    }
    CheckTls(root);
    if (s.admin_socket.size() > kUnixPathOctetsMax) {
      Contradiction(root, "admin", "socket",
                    "with its folder is longer than " + std::to_string(kUnixPathOctetsMax) +
                        " octets: " + s.admin_socket);
    }
  }

  void CheckTls(const TomlValue& root) {
    const Settings& s = loaded_.settings;
    if (!s.smpp_tls_listen.empty() && s.smpp_tls_certificate.empty()) {
      Contradiction(root, "smpp", "tls_certificate", "is empty although tls_listen is not");
    }
    if (!s.smpp_tls_listen.empty() && s.smpp_tls_key.empty()) {
      Contradiction(root, "smpp", "tls_key", "is empty although tls_listen is not");
    }
    const auto certificates = SplitPaths(s.smpp_tls_certificate), keys = SplitPaths(s.smpp_tls_key);
    if (!certificates.empty() && !keys.empty() && certificates.size() != keys.size()) {
      Contradiction(root, "smpp", "tls_key",
                    "names " + std::to_string(keys.size()) + " files, tls_certificate " +
                        std::to_string(certificates.size()));
    }
    if (s.smpp_tls_client_verify != "off" && s.smpp_tls_client_ca.empty()) {
      Contradiction(root, "smpp", "tls_client_ca",
                    "is empty although tls_client_verify is not off");
    }
  }

  // The place is that of whichever key of the pair the file names: at least one, for defaults agree.
  void Contradiction(const TomlValue& root, std::string_view section, std::string_view key,
                     std::string why) {
    TomlPlace place;
    if (const TomlMember* table = root.Find(section)) {
      const TomlMember* member = table->value.Find(key);
      place = member == nullptr ? table->place : member->value.place;
    }
    report_.Add(place, std::string(section) + "." + std::string(key), std::move(why));
  }

  std::string folder_;
  TomlReport report_;
  LoadedSettings loaded_;
};

}  // namespace

Result<LoadedSettings, Errors> ParseSettings(std::string_view text, const std::string& name,
                                             const std::string& folder) {
  const auto root = ParseToml(text, name);
  if (!root) return Err{Errors{root.error()}};
  return Loader(name, folder).Load(*root);
}

Result<LoadedSettings, Errors> LoadSettings(const std::string& path) {
  const auto text = ReadTextFile(path, kSettingsOctetsMax);
  if (!text) return Err{Errors{text.error()}};
  const auto folder = std::filesystem::path(path).parent_path();
  return ParseSettings(*text, path, folder.empty() ? "." : folder.string());
}

}  // namespace hub
