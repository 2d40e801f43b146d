// How many short messages a text is on the air: what wholesalers bill by.
#pragma once

#include "protocol/pdu/message_view.h"
#include "protocol/text/alphabet.h"
#include "protocol/text/udh.h"

namespace smpp {

/// Octets that one short message carries on the air.                       3GPP TS 23.040 §9.2.3.16
inline constexpr std::size_t kAirOctets = 140;

/// Units (septets, octets, UCS-2 units) that fit beside a user data header of `udh_octets`, its
/// length octet included.
///   kGsm7: 160, 153 beside 6, 152 beside 7    kOctets: 140, 134, 133    kUcs2: 70, 67, 66
constexpr std::size_t SegmentUnits(Alphabet alphabet, std::size_t udh_octets) {
  const std::size_t octets = udh_octets < kAirOctets ? kAirOctets - udh_octets : 0;
  if (alphabet == Alphabet::kGsm7) return octets * 8 / 7;
  return alphabet == Alphabet::kUcs2 ? octets / 2 : octets;
}

/// A header with nothing but an 8-bit concatenation in it: 05 00 03 RR TT PP.
inline constexpr std::size_t kConcat8UdhOctets = 6;

/// Parts of `part` units; a part of 0 (a header that leaves no room: absurd) counts as 1, to stay
/// finite.
constexpr std::uint32_t CeilDiv(std::size_t units, std::size_t part) {
  if (part == 0) part = 1;
  return static_cast<std::uint32_t>((units + part - 1) / part);
}

/// Segments that a text of `units` takes when the MC cuts it with an 8-bit reference: 1 if it fits
/// one short message, else ceil(units / part). An empty text is one segment. `own_udh_octets`: a
/// header that the text brings along and that each part repeats, 0 for none.
constexpr std::uint32_t SegmentsOfUnits(Alphabet alphabet, std::size_t units,
                                        std::size_t own_udh_octets = 0) {
  if (units <= SegmentUnits(alphabet, own_udh_octets)) return 1;
  const std::size_t udh_octets =
      own_udh_octets == 0 ? kConcat8UdhOctets : own_udh_octets + kConcat8UdhOctets - 1;
  return CeilDiv(units, SegmentUnits(alphabet, udh_octets));
}

/// Segments of one PDU.
///
/// text    what stands in short_message or message_payload, with its header when esm_class has UDHI
/// has_concat  the PDU says that it is one part of a message (UDH or SAR)
///
/// A part counts 1, as long as it can be one short message (160 octets of unpacked GSM, 140 of
/// anything else, header included): the claim alone does not make a long text cheap. GSM text
/// counts an octet a septet, escapes thus twice, for that is how they stand on the wire; a text
/// that came packed (few suppliers want it) counts by its octets too.
std::uint32_t SegmentCount(std::uint8_t data_coding, std::uint8_t esm_class, Bytes text,
                           bool has_concat);

/// Concatenation of a message: from its UDH when it has UDHI, else from its three SAR TLVs (with
/// UDHI set they must not be used). Nothing when there is none or it makes no sense.
std::optional<Concat> ConcatOf(const MessageView& view);

/// Segments of a message, by all of the above.
std::uint32_t SegmentCount(const MessageView& view);

}  // namespace smpp
