// Edits of a message that a setting or a script may ask for, as splices over the client's own
// octets.
#pragma once

#include "protocol/pdu/message_view.h"
#include "protocol/pdu/splice.h"

namespace smpp {

// Each returns false when the value cannot stand in the field (too long, a NUL inside) or the
// Splice is full; edits made until then stay. Texts are borrowed until the Splice is written.
// `view` must be of the Splice's own PDU.

/// At most 20 characters, 64 in a data_sm. Takes up to three edits.
[[nodiscard]] bool SetSource(Splice& splice, const MessageView& view, std::uint8_t ton,
                             std::uint8_t npi, std::string_view address);
[[nodiscard]] bool SetDestination(Splice& splice, const MessageView& view, std::uint8_t ton,
                                  std::uint8_t npi, std::string_view address);

[[nodiscard]] bool SetRegisteredDelivery(Splice& splice, const MessageView& view,
                                         std::uint8_t value);

/// Gives a TLV of view.tlvs another value (0..65,535 octets). Takes two edits.
[[nodiscard]] bool SetTlv(Splice& splice, const MessageView& view, const Tlv& tlv, Bytes value);

}  // namespace smpp
