#include "bench/load/lib/id_format.h"

#include <fmt/format.h>

namespace hub::load {

std::optional<IdFormat> ParseIdFormat(std::string_view name) {
  if (name == "decimal") return IdFormat::kDecimal;
  if (name == "hex") return IdFormat::kHex;
  if (name == "hex-upper") return IdFormat::kHexUpper;
  if (name == "decimal-padded") return IdFormat::kDecimalPadded;
  return std::nullopt;
}

std::string FormatId(IdFormat format, std::uint64_t id) {
  switch (format) {
    case IdFormat::kDecimal:
      break;
    case IdFormat::kHex:
      return fmt::format("{:x}", id);
    case IdFormat::kHexUpper:
      return fmt::format("{:X}", id);
    case IdFormat::kDecimalPadded:
      return fmt::format("{:010}", id);
  }
  return fmt::format("{}", id);
}

}  // namespace hub::load
