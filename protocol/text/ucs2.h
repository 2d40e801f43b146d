// UCS-2 as it is in practice: UTF-16, big-endian; a character beyond U+FFFF is two units.
#pragma once

#include <string>
#include <vector>

#include "protocol/wire/bytes.h"

namespace smpp {

/// Big-endian UTF-16 of a UTF-8 text; broken UTF-8 gives U+FFFD.
std::vector<std::uint8_t> Ucs2FromUtf8(std::string_view utf8);

/// The reverse. A lone surrogate and a last odd octet give U+FFFD.
std::string Utf8FromUcs2(Bytes octets);

}  // namespace smpp
