#include "protocol/receipt/make.h"

#include <algorithm>
#include <array>

#include "protocol/pdu/message.h"

namespace smpp {
namespace {

constexpr std::size_t kIdCharsMax = kMessageIdOctetsMax - 1;
constexpr std::uint8_t kReceiptClass = 0x04;
constexpr unsigned kErrMax = 999;

bool HasNul(std::string_view text) { return text.find('\0') != text.npos; }

ReceiptParty Holdable(const ReceiptParty& party) {
  if (party.addr.size() >= kAddrOctetsMax || HasNul(party.addr)) return {};
  return party;
}

std::string TextOf(const OwnReceipt& receipt) {
  const unsigned code = std::min(receipt.err, kErrMax);
  const std::array<char, 3> err{static_cast<char>('0' + code / 100),
                                static_cast<char>('0' + code / 10 % 10),
                                static_cast<char>('0' + code % 10)};
  return BuildReceiptText({.id = receipt.message_id,
                           .submitted = 1,
                           .delivered = receipt.state == MessageState::DELIVERED ? 1u : 0u,
                           .submit_date = receipt.submit_date,
                           .done_date = receipt.done_date,
                           .state = receipt.state,
                           .err = {err.data(), err.size()}});
}

/// receipted_message_id with its NUL, then message_state.
using TlvBuffer = std::array<std::uint8_t, 2 * kTlvHeaderOctets + kMessageIdOctetsMax + 1>;

Bytes WriteTlvs(const OwnReceipt& receipt, TlvBuffer& buffer) {
  Writer out(buffer);
  out.U16(static_cast<std::uint16_t>(Tag::receipted_message_id));
  out.U16(static_cast<std::uint16_t>(receipt.message_id.size() + 1));
  out.CString(receipt.message_id);
  const auto state = static_cast<std::uint8_t>(receipt.state);
  PutTlv(out, Tag::message_state, {&state, 1});
  return Bytes(buffer).first(out.wanted());
}

}  // namespace

std::vector<std::uint8_t> MakeReceipt(const OwnReceipt& receipt, std::uint32_t sequence_number) {
  const std::string_view id = receipt.message_id;
  if (id.empty() || id.size() > kIdCharsMax || HasNul(id) || !IsFinal(receipt.state)) return {};
  const ReceiptParty from = Holdable(receipt.destination);
  const ReceiptParty to = Holdable(receipt.source);
  const std::string text = TextOf(receipt);
  TlvBuffer tlvs;
  DeliverSm pdu;
  pdu.source_addr_ton = from.ton;
  pdu.source_addr_npi = from.npi;
  pdu.source_addr = from.addr;
  pdu.dest_addr_ton = to.ton;
  pdu.dest_addr_npi = to.npi;
  pdu.destination_addr = to.addr;
  pdu.esm_class = kReceiptClass;
  pdu.short_message = AsBytes(text);
  if (receipt.tlvs) pdu.tlvs = WriteTlvs(receipt, tlvs);
  return Encode(pdu, Status::ESME_ROK, sequence_number);
}

}  // namespace smpp
