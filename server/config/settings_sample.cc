// The sample file, printed from the table.
#include <algorithm>

#include "server/config/settings.h"

namespace hub {
namespace {

bool IsNumber(SettingType type) {
  return type == SettingType::Millis || type == SettingType::Count || type == SettingType::Octets;
}

std::string Range(const SettingInfo& info) {
  if (IsNumber(info.type)) return std::to_string(info.min) + " .. " + std::to_string(info.max);
  std::string words;
  for (const std::string_view choice : ChoicesOf(info.type)) {
    words += (words.empty() ? "" : " | ") + std::string(choice);
  }
  return words;
}

std::string Default(const SettingInfo& info) {
  std::string text(info.default_text);
  if (IsNumber(info.type)) std::erase(text, '\'');  // C++ groups digits by ', TOML does not
  return text;
}

void PrintSetting(const SettingInfo& info, std::string* out) {
  const std::string range = Range(info);
  *out += "# " + std::string(info.help) + "\n# (";
  if (!range.empty()) *out += range + "; ";
  *out += "reload: " + std::string(Name(info.reload)) + ")\n";
  *out += "#" + std::string(info.name) + " = " + Default(info) + "\n\n";
}

}  // namespace

std::string SampleConfig() {
  std::string out =
      "# Settings of smpphubd, each with its default. Take away the # before a name to change it.\n"
      "# Check: hubctl check-config FILE.  Clients, suppliers, decks and credit stand in "
      "PostgreSQL: hubctl apply.\n"
      "# reload: live = hubctl reload is enough; rebind = acts on new connections; restart = on "
      "the next start.\n\n";
  for (const SectionInfo& section : AllSections()) {
    out += "# " + std::string(section.help) + "\n[" + std::string(section.name) + "]\n\n";
    for (const SettingInfo& info : AllSettings()) {
      if (info.section == section.name) PrintSetting(info, &out);
    }
  }
  out.pop_back();  // one newline at the end is enough
  return out;
}

}  // namespace hub
