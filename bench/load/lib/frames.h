// Cuts what a stream brought into PDUs: the loop that both ends of a load test need.
#pragma once

#include "protocol/wire/framing.h"
#include "server/base/slab.h"

namespace hub::load {

struct FramesTaken {
  std::size_t octets = 0;  // of whole PDUs, from the front
  bool broken = false;     // framing is lost: close
};

/// Calls `take(header, pdu)` for each whole PDU until it returns false.
template <class Take>
FramesTaken TakeFrames(const Slice& octets, Take&& take) {
  const Bytes all = octets.bytes();
  FramesTaken taken;
  while (true) {
    const smpp::FrameCut cut =
        smpp::CutFrame(all.subspan(taken.octets), smpp::kPduOctetsMaxDefault);
    if (cut.cut == smpp::Cut::kNeedMore) return taken;
    if (cut.cut != smpp::Cut::kPdu) {
      taken.broken = true;
      return taken;
    }
    const Bytes pdu = all.subspan(taken.octets, cut.length);
    taken.octets += cut.length;
    if (!take(smpp::ReadHeader(pdu.data()), pdu)) return taken;
  }
}

}  // namespace hub::load
