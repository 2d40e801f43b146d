#include "bench/load/lib/status_counts.h"

#include <fmt/format.h>

namespace hub::load {

std::uint64_t StatusCounts::Of(smpp::Status status) const {
  const auto code = static_cast<std::uint32_t>(status);
  if (code < kFlat) return flat_[code];
  const auto found = others_.find(status);
  return found == others_.end() ? 0 : found->second;
}

std::map<smpp::Status, std::uint64_t> StatusCounts::All() const {
  auto all = others_;
  for (std::uint32_t code = 0; code < kFlat; ++code) {
    if (flat_[code] != 0) all[static_cast<smpp::Status>(code)] = flat_[code];
  }
  return all;
}

std::string StatusCounts::Json() const {
  std::string json = "{";
  for (const auto& [status, count] : All()) {
    if (json.size() > 1) json += ',';
    json += fmt::format("\"{}\":{}", StatusText(status), count);
  }
  return json + "}";
}

std::string StatusText(smpp::Status status) {
  const std::string_view name = smpp::StatusName(status);
  if (!name.empty()) return std::string(name);
  return fmt::format("0x{:08X}", static_cast<std::uint32_t>(status));
}

}  // namespace hub::load
