// Cutting a byte stream into PDUs: command_length is judged before anything else.
// SMPP v3.4 §3.2, §4.3
#pragma once

#include "protocol/wire/header.h"

namespace smpp {

/// Room for a message_payload of 65,535 octets with every field and TLV beside it, and slack.
inline constexpr std::uint32_t kPduOctetsMaxDefault = 131'072;

enum class Cut : std::uint8_t {
  kNeedMore,  // not a whole PDU yet
  kPdu,       // `length` octets are one PDU
  // Framing is lost: answer generic_nack ESME_RINVCMDLEN with `sequence_number`, then close.
  kTooShort,  // command_length < 16
  kTooLong,   // over the limit
};

struct FrameCut {
  Cut cut = Cut::kNeedMore;
  std::uint32_t length = 0;  // of the PDU, once its first 4 octets are there; else 0
  // kTooLong: from the header if its command_id is known, else 0: "GET / HTTP/1.1" and a TLS
  // ClientHello read as too long too, and have no sequence number to echo.
  std::uint32_t sequence_number = 0;
};

/// Looks at the front of `available`. Reads at most 16 octets, keeps nothing. A PDU too long is
/// judged when its header is whole, so that the answer is the same however the octets trickle in.
inline FrameCut CutFrame(Bytes available, std::uint32_t pdu_octets_max) {
  if (available.size() < 4) return {};
  const std::uint32_t length = ReadU32(available.data());
  if (length < kHeaderOctets) return {Cut::kTooShort, length, 0};
  if (length > pdu_octets_max) {
    if (available.size() < kHeaderOctets) return {Cut::kNeedMore, length, 0};
    const Header header = ReadHeader(available.data());
    return {Cut::kTooLong, length, IsKnown(header.command_id) ? header.sequence_number : 0};
  }
  return {available.size() < length ? Cut::kNeedMore : Cut::kPdu, length, 0};
}

}  // namespace smpp
