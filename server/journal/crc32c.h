// CRC-32C (Castagnoli): polynomial 0x1EDC6F41, reflected, as in iSCSI.                              RFC 3720 §12.1, B.4
#pragma once

#include <cstdint>

#include "protocol/wire/bytes.h"

namespace hub::journal {

/// The CRC of what `crc` covers, followed by `octets`. Begin with 0. Uses the processor's instruction where there is one.
/// No allocation; any thread.
std::uint32_t Crc32c(std::uint32_t crc, smpp::Bytes octets);

/// The same from a table, for processors without the instruction. Public so that a test can compare the two.
std::uint32_t Crc32cByTable(std::uint32_t crc, smpp::Bytes octets);

}  // namespace hub::journal
