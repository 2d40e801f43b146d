// How a simulated SMSC writes its message ids. Real ones write them differently in responses and in receipts.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace hub::load {

enum class IdFormat : std::uint8_t {
  kDecimal,        // 439041101
  kHex,            // 1a2b3c4d
  kHexUpper,       // 1A2B3C4D
  kDecimalPadded,  // 0439041101: ten digits at least
};

/// "decimal", "hex", "hex-upper", "decimal-padded".
std::optional<IdFormat> ParseIdFormat(std::string_view name);
/// Room for an id in any of them.
using IdRoom = std::array<char, 20>;
/// Writes the id to the front of `room`, from which the text borrows.
std::string_view FormatId(IdFormat format, std::uint64_t id, IdRoom& room);

}  // namespace hub::load
