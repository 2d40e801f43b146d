// TLVs of responses, on their way through a hub.                          SMPP v3.4 §3.2.4, v5.0 §4.8.4
#pragma once

#include <cstring>

#include "protocol/pdu/answer.h"
#include "protocol/wire/tlv.h"

namespace smpp {

/// The TLVs of a response whose body is a message_id: submit_sm_resp, data_sm_resp, deliver_sm_resp.
/// They reach to the end of the PDU. Empty: there are none, or what stands behind the message_id is
/// not a whole number of them.
///
/// pdu   whole, header included; the result borrows from it
/// cost  one pass over the headers of the TLVs, no allocation
inline Bytes ResponseTlvs(Bytes pdu) {
  if (pdu.size() <= kHeaderOctets) return {};
  const Bytes body = pdu.subspan(kHeaderOctets);
  const std::size_t end_of_id = AsText(body).find('\0');
  if (end_of_id == std::string_view::npos) return {};
  const Bytes tail = body.subspan(end_of_id + 1);
  return JudgeTlvs(tail) == Status::ESME_ROK ? tail : Bytes{};
}

/// Says something about the link that it came over, and nothing about the message: the next link has
/// its own.                                                     SMPP v3.4 §5.3.2.25, v5.0 §4.8.4.18
constexpr bool SpeaksOfOneHop(Tag tag) {
  return tag == Tag::congestion_state || tag == Tag::sc_interface_version;
}

/// Copies what goes on to the next hop, in order of arrival.
///
/// tlvs     whole ones
/// out      room for tlvs.size() octets
/// returns  octets written
inline std::size_t CopyRelayedTlvs(Bytes tlvs, std::uint8_t* out) {
  TlvCursor cursor(tlvs);
  Tlv tlv;
  std::size_t octets = 0;
  while (cursor.Next(tlv)) {
    if (SpeaksOfOneHop(tlv.tag)) continue;
    const std::size_t whole = kTlvHeaderOctets + tlv.value.size();
    std::memcpy(out + octets, tlvs.data() + tlv.offset, whole);
    octets += whole;
  }
  return octets;
}

}  // namespace smpp
