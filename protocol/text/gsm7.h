// GSM 7-bit default alphabet: 128 characters and ten more behind an escape.   3GPP TS 23.038 §6.2.1
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "protocol/wire/bytes.h"

namespace smpp {

inline constexpr std::uint8_t kGsm7Escape = 0x1B;

/// Septets that a UTF-8 text takes, an escaped character counting two; nothing when a character is
/// not in the alphabet.
std::optional<std::size_t> CountSeptets(std::string_view utf8);

/// UTF-8 -> one septet an octet ("unpacked", as SMPP carries it); nothing when a character is not
/// in the alphabet.
std::optional<std::vector<std::uint8_t>> Gsm7FromUtf8(std::string_view utf8);

/// Unpacked septets -> UTF-8. An octet over 0x7F and an unknown escape give U+FFFD.
std::string Utf8FromGsm7(Bytes septets);

/// What a septet means without an escape before it; 0x1B for the escape, U+FFFD for an octet over 0x7F.
char32_t CharacterOfSeptet(std::uint8_t septet);

/// Octets that `septets` take when packed behind `fill_bits` (0..6) zero bits.
constexpr std::size_t PackedOctets(std::size_t septets, unsigned fill_bits = 0) {
  return (septets * 7 + fill_bits + 7) / 8;
}

/// Bits that bring the first septet behind a header of `udh_octets` to a septet boundary: 1 behind
/// 6, 0 behind 7.
constexpr unsigned FillBits(std::size_t udh_octets) {
  return static_cast<unsigned>((7 - udh_octets * 8 % 7) % 7);
}

/// Packs septets (their high bit is ignored): septet n starts at bit 7n, least significant bit
/// first.
std::vector<std::uint8_t> PackSeptets(Bytes septets, unsigned fill_bits = 0);

/// The reverse; as many septets as asked for and as the octets hold.
std::vector<std::uint8_t> UnpackSeptets(Bytes packed, std::size_t septets, unsigned fill_bits = 0);

}  // namespace smpp
