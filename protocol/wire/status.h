// command_status: one name a value, from status.def.                  SMPP v3.4 §5.1.3, v5.0 §4.7.6
#pragma once

#include <cstdint>
#include <string_view>

namespace smpp {

/// Any 32-bit value may travel: vendor codes (0x400-0x4FF) and reserved ones are relayed as they
/// are.
enum class Status : std::uint32_t {
#define STATUS(name, value, since, meaning) name = value,
#include "protocol/wire/status.def"
#undef STATUS
};

/// "ESME_RINVDSTADR"; "" for a value that has no name (print the hex then).
std::string_view StatusName(Status status);

/// "invalid destination_addr"; "" for a value without a name.
std::string_view StatusMeaning(Status status);

/// Finds a status by its name, with or without "ESME_", or by number ("0x45", "69"); false when
/// there is none.
bool ParseStatus(std::string_view text, Status* status);

}  // namespace smpp
