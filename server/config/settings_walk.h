// Internal: visits every field of Settings together with its row.
#pragma once

#include <cstddef>

#include "server/config/settings.h"

namespace hub {

/// visit(const SettingInfo&, field&): a field is std::string, std::int64_t, std::uint32_t or std::uint64_t.
template <class AnySettings, class Visit>
void WalkSettings(AnySettings& settings, Visit&& visit) {
  std::size_t row = 0;
#define SECTION(name, help)
#define SETTING(section, name, type, default_value, min, max, reload, since, help) \
  visit(AllSettings()[row++], settings.section##_##name);
#include "server/config/settings.def"
#undef SETTING
#undef SECTION
}

}  // namespace hub
