// data_coding: in which units a text is counted.                               SMPP v3.4 §5.2.19
#pragma once

#include <cstdint>
#include <string_view>

namespace smpp {

enum class Alphabet : std::uint8_t {
  kGsm7,    // 7-bit septets, one an octet on the SMPP wire (an escaped character is two)
  kOctets,  // 8-bit
  kUcs2,    // 16-bit units, big-endian
};

/// The alphabet of a data_coding, from alphabet.def. Every value has one.
constexpr Alphabet AlphabetOf(std::uint8_t data_coding) {
#define ALPHABET(first, last, alphabet, what) \
  if (data_coding >= (first) && data_coding <= (last)) return Alphabet::alphabet;
#include "protocol/text/alphabet.def"
#undef ALPHABET
  return Alphabet::kOctets;  // never: the table's last row has every value
}

/// "UCS-2"; what the table says of a data_coding.
std::string_view DataCodingName(std::uint8_t data_coding);

}  // namespace smpp
