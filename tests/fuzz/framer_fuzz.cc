// A stream cut into PDUs: the same PDUs, the same end, the same answer, however the octets trickle in.
#include "protocol/wire/framing.h"
#include "tests/fuzz/fuzz.h"

namespace {

using hub::fuzz::Input;
using smpp::Bytes;
using smpp::Cut;
using smpp::FrameCut;

struct Framed {
  std::vector<std::uint32_t> lengths;
  FrameCut end;
};

/// Takes what is whole; true while more octets may change something.
bool TakeWhole(Bytes available, std::size_t& taken, std::uint32_t octets_max, Framed& framed) {
  for (;;) {
    const FrameCut cut = smpp::CutFrame(available.subspan(taken), octets_max);
    if (cut.cut != Cut::kPdu) {
      framed.end = cut;
      return cut.cut == Cut::kNeedMore;
    }
    FUZZ_CHECK(cut.length >= smpp::kHeaderOctets && cut.length <= octets_max);
    FUZZ_CHECK(cut.length <= available.size() - taken);
    framed.lengths.push_back(cut.length);
    taken += cut.length;
  }
}

Framed Frame(Bytes stream, std::size_t step, std::uint32_t octets_max) {
  Framed framed;
  std::size_t taken = 0;
  for (std::size_t there = std::min(step, stream.size());;
       there = std::min(there + step, stream.size())) {
    if (!TakeWhole(stream.first(there), taken, octets_max, framed)) break;
    if (there == stream.size()) break;
  }
  return framed;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Input in(data, size);
  const std::uint32_t octets_max = 16u + in.U16();
  const std::size_t step = 1u + in.U8() % 40u;
  const Bytes stream = in.Rest();
  const Framed whole = Frame(stream, std::max<std::size_t>(stream.size(), 1), octets_max);
  const Framed pieces = Frame(stream, step, octets_max);
  FUZZ_CHECK(whole.lengths == pieces.lengths);
  FUZZ_CHECK(whole.end.cut == pieces.end.cut);
  FUZZ_CHECK(whole.end.sequence_number == pieces.end.sequence_number);
  return 0;
}
