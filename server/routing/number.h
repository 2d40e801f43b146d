// A destination as it came -> E.164 digits.                                    SMPP v3.4 §5.2.5, ITU-T E.164 §6
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace hub::routing {

inline constexpr std::size_t kNumberDigitsMin = 5;   // shorter ones are short codes of one network
inline constexpr std::size_t kNumberDigitsMax = 15;  // E.164 §6.1

/// Writes the digits of an international number.
///
/// address  as the client sent it; a leading '+' goes, and a leading "00" goes for TON unknown (0) and
///          international (1), since only there it can be the way out of a country
/// digits   room for them, at least kNumberDigitsMax
/// returns  how many, or 0: not 5 to 15 digits, a strange octet, or a first digit 0 (no country has it)
/// cost     one pass, no allocation
std::uint8_t NormaliseNumber(std::string_view address, std::uint8_t ton,
                             std::array<char, 24>* digits);

}  // namespace hub::routing
