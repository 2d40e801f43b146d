// The text that `hubctl explain` is given, as a client would put it into a PDU: what segments are counted from.
#pragma once

#include <string_view>
#include <vector>

#include "server/admin/control.h"

namespace hub::admin {

/// The octets of short_message that carry a UTF-8 text in a data_coding (alphabet.def): GSM septets one an octet,
/// UTF-16BE, Latin-1, ASCII for 0x01. Codings of other octets take the UTF-8 as it is.
///
/// Error: kUsage, the place of the first character, from 1, that the coding cannot hold. It never repeats the text.
Answer<std::vector<std::uint8_t>> OctetsOf(std::string_view utf8, std::uint8_t data_coding);

}  // namespace hub::admin
