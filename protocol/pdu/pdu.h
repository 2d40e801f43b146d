// Decode and encode any PDU: the struct carries its layout (`Walk`) and its `kCommandId`.
#pragma once

#include <vector>

#include "protocol/pdu/decoder.h"
#include "protocol/pdu/encoder.h"
#include "protocol/wire/header.h"
#include "protocol/wire/result.h"

namespace smpp {

/// Decodes the body of a PDU, e.g. `Decode<BindTransceiver>(body)`.
///
/// body     the octets after the 16-octet header; borrowed, must outlive the result
/// returns  the PDU, or the command_status to answer with (see Decoder, and `Judge` of the struct
/// if it has one)
/// cost     one pass, no allocation
template <class P>
Result<P, Status> Decode(Bytes body) {
  P pdu;
  Decoder decoder(body);
  if (!P::Walk(pdu, decoder)) return Err{decoder.status()};
  if constexpr (requires { P::Judge(pdu); }) {
    const Status status = P::Judge(pdu);
    if (status != Status::ESME_ROK) return Err{status};
  }
  return pdu;
}

/// Writes a whole PDU, header included, into the caller's buffer.
///
/// returns  its octets; more than out.size() means that it did not fit and `out` is garbage; 0
/// means that a
///          field cannot be held by the layout (too long, a NUL inside)
/// cost     one pass, no allocation; with an empty `out` it only counts
template <class P>
std::size_t EncodeInto(MutableBytes out, const P& pdu, Status status,
                       std::uint32_t sequence_number) {
  Writer writer(out);
  writer.Skip(kHeaderOctets);
  Encoder encoder(writer);
  if (!P::Walk(pdu, encoder)) return 0;
  if (out.size() >= kHeaderOctets) {
    WriteHeader(out.data(), {static_cast<std::uint32_t>(writer.wanted()), P::kCommandId, status,
                             sequence_number});
  }
  return writer.wanted();
}

/// The same into a vector of its own; empty when a field cannot be held by the layout.
template <class P>
std::vector<std::uint8_t> Encode(const P& pdu, Status status, std::uint32_t sequence_number) {
  std::vector<std::uint8_t> out(EncodeInto<P>({}, pdu, status, sequence_number));
  EncodeInto<P>(out, pdu, status, sequence_number);
  return out;
}

}  // namespace smpp
