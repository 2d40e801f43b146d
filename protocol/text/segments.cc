#include "protocol/text/segments.h"

namespace smpp {

std::uint32_t SegmentCount(std::uint8_t data_coding, std::uint8_t esm_class, Bytes text,
                           bool has_concat) {
  const Alphabet alphabet = AlphabetOf(data_coding);
  const std::size_t part_octets_max =
      alphabet == Alphabet::kGsm7 ? SegmentUnits(Alphabet::kGsm7, 0) : kAirOctets;
  if (has_concat && text.size() <= part_octets_max) return 1;
  const std::size_t udh = HasUdhi(esm_class) ? UdhOctets(text) : 0;
  const std::size_t octets = text.size() - udh;
  const std::size_t units = alphabet == Alphabet::kUcs2 ? (octets + 1) / 2 : octets;
  if (!has_concat) return SegmentsOfUnits(alphabet, units, udh);
  // Too long for the part it says it is: cut again, beside the header that it has or that SAR
  // becomes.
  if (units == 0) return 1;  // nothing but a header is a message too
  return CeilDiv(units, SegmentUnits(alphabet, udh == 0 ? kConcat8UdhOctets : udh));
}

std::optional<Concat> ConcatOf(const MessageView& view) {
  if (view.has_udhi()) return ConcatOfUdh(view.text());
  if (!view.sar_msg_ref_num || !view.sar_total_segments || !view.sar_segment_seqnum) {
    return std::nullopt;
  }
  const Concat concat{*view.sar_msg_ref_num, *view.sar_total_segments, *view.sar_segment_seqnum};
  if (concat.part == 0 || concat.part > concat.total) return std::nullopt;
  return concat;
}

std::uint32_t SegmentCount(const MessageView& view) {
  return SegmentCount(view.data_coding, view.esm_class, view.text(), ConcatOf(view).has_value());
}

}  // namespace smpp
