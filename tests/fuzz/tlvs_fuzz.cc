// TLV streams: the walk stays inside, a stream that is whole is written again octet for octet.
#include "protocol/pdu/message_rules.h"
#include "tests/fuzz/fuzz.h"

namespace {

using hub::fuzz::Octets;
using smpp::Bytes;
using smpp::Status;

/// The TLVs of a stream, written anew.
Octets Rewritten(Bytes stream) {
  Octets out(stream.size());
  smpp::Writer writer(out);
  smpp::TlvCursor cursor(stream);
  smpp::Tlv tlv;
  while (cursor.Next(tlv)) {
    FUZZ_CHECK(tlv.offset + smpp::kTlvHeaderOctets + tlv.value.size() <= stream.size());
    FUZZ_CHECK(smpp::TlvText(tlv.value).size() <= tlv.value.size());
    const auto first = smpp::FindTlv(stream, tlv.tag);
    FUZZ_CHECK(first && first->offset <= tlv.offset);
    FUZZ_CHECK(smpp::PutTlv(writer, tlv.tag, tlv.value));
  }
  FUZZ_CHECK(writer.fits());
  out.resize(writer.wanted());
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size > 4096) return 0;  // FindTlv for each TLV is quadratic
  const Bytes stream(data, size);
  const Octets out = Rewritten(stream);
  FUZZ_CHECK(std::equal(out.begin(), out.end(), stream.begin()));
  const bool whole = out.size() == size;
  FUZZ_CHECK((smpp::JudgeTlvs(stream) == Status::ESME_ROK) == whole);
  smpp::MessageTlvs found;
  FUZZ_CHECK((smpp::ScanMessageTlvs(stream, found) == Status::ESME_ROK) == whole);
  FUZZ_CHECK((found.payloads > 0) == found.message_payload.has_value());
  return 0;
}
