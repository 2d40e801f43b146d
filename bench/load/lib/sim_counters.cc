#include "bench/load/lib/sim_counters.h"

#include <fmt/format.h>

namespace hub::load {

std::string StatusText(smpp::Status status) {
  const std::string_view name = smpp::StatusName(status);
  if (!name.empty()) return std::string(name);
  return fmt::format("0x{:08X}", static_cast<std::uint32_t>(status));
}

std::string StatusesJson(const std::map<smpp::Status, std::uint64_t>& statuses) {
  std::string json = "{";
  for (const auto& [status, count] : statuses) {
    if (json.size() > 1) json += ',';
    json += fmt::format("\"{}\":{}", StatusText(status), count);
  }
  return json + "}";
}

std::string SimCounters::Json() const {
  std::string json;
#define COUNT(name) json += fmt::format("\"{}\":{},", #name, name);
#include "bench/load/lib/sim_counters.def"
#undef COUNT
  return json + "\"statuses\":" + StatusesJson(statuses);
}

}  // namespace hub::load
