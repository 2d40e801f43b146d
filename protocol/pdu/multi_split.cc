#include "protocol/pdu/multi_split.h"

#include "protocol/wire/header.h"

namespace smpp {
namespace {

SubmitMulti Decoded(Bytes pdu) {
  const auto decoded = Decode<SubmitMulti>(pdu.subspan(kHeaderOctets));
  return decoded.ok() ? *decoded : SubmitMulti{};
}

constexpr std::size_t kTonNpiNul = 3;

}  // namespace

MultiSplit::MultiSplit(Bytes pdu) : count_(0), dests_(Bytes{}) {
  const SubmitMulti multi = Decoded(pdu);
  const Bytes entries = multi.dest_address.entries;
  if (entries.empty()) return;  // it was not good: no destination
  count_ = multi.dest_address.count;
  dests_ = Reader(entries);
  const auto at = static_cast<std::size_t>(entries.data() - pdu.data());
  head_ = pdu.subspan(kHeaderOctets, at - 1 - kHeaderOctets);  // 1: number_of_dests
  tail_ = pdu.subspan(at + entries.size());
}

bool MultiSplit::Next(DestAddress& dest) { return ReadDest(dests_, dest) == Status::ESME_ROK; }

std::size_t MultiSplit::octets(const DestAddress& dest) const {
  return kHeaderOctets + head_.size() + kTonNpiNul + dest.destination_addr.size() + tail_.size();
}

void MultiSplit::Write(const DestAddress& dest, std::uint8_t* out) const {
  const std::size_t size = octets(dest);
  WriteHeader(out, {static_cast<std::uint32_t>(size), CommandId::submit_sm, Status::ESME_ROK, 0});
  Writer writer(MutableBytes(out + kHeaderOctets, size - kHeaderOctets));
  writer.Put(head_);
  writer.U8(dest.dest_addr_ton);
  writer.U8(dest.dest_addr_npi);
  writer.CString(dest.destination_addr);
  writer.Put(tail_);
}

}  // namespace smpp
