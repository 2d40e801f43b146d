#include "bench/load/lib/delivery.h"

#include "protocol/pdu/message.h"
#include "protocol/pdu/pdu.h"
#include "protocol/receipt/receipt_text.h"
#include "server/base/check.h"

namespace hub::load {
namespace {

constexpr std::size_t kHeadOctets = 20;  // of the text, in a receipt
constexpr std::uint8_t kEsmClassReceipt = 0x04;

std::string ReceiptTextOf(const Delivery& d, std::string_view id, WallTime now) {
  const bool delivered = d.state == smpp::MessageState::DELIVERED;
  return smpp::BuildReceiptText(
      {.id = id,
       .submitted = 1,
       .delivered = delivered ? 1u : 0u,
       .submit_date = std::chrono::floor<std::chrono::seconds>(d.submitted),
       .done_date = std::chrono::floor<std::chrono::seconds>(now),
       .state = d.state,
       .err = delivered ? "000" : "001",
       .text = d.text});
}

}  // namespace

Delivery ReceiptFor(const smpp::MessageView& message, std::uint64_t id, smpp::MessageState state,
                    WallTime now) {
  Delivery d;
  d.id = id;
  d.from = message.destination_addr;
  d.from_ton = message.dest_addr_ton;
  d.from_npi = message.dest_addr_npi;
  d.to = message.source_addr;
  d.to_ton = message.source_addr_ton;
  d.to_npi = message.source_addr_npi;
  d.text = smpp::AsText(message.text()).substr(0, kHeadOctets);
  d.submitted = now;
  d.state = state;
  return d;
}

bool WantsReceipt(std::uint8_t registered_delivery, smpp::MessageState state) {
  const bool delivered = state == smpp::MessageState::DELIVERED;
  switch (registered_delivery & 0x03) {
    case 1:
      return true;
    case 2:
      return !delivered;
    case 3:
      return delivered;  // v5.0
    default:
      return false;
  }
}

smpp::Bytes EncodeDelivery(const Delivery& d, IdFormat id_format, WallTime now,
                           std::uint32_t sequence_number, DeliveryBuffer& buffer) {
  smpp::DeliverSm pdu;
  pdu.source_addr_ton = d.from_ton;
  pdu.source_addr_npi = d.from_npi;
  pdu.source_addr = d.from;
  pdu.dest_addr_ton = d.to_ton;
  pdu.dest_addr_npi = d.to_npi;
  pdu.destination_addr = d.to;
  std::string text;
  std::uint8_t tlv_octets[80];
  if (d.is_receipt) {
    IdRoom id_room;
    const std::string_view id = FormatId(id_format, d.id, id_room);
    text = ReceiptTextOf(d, id, now);
    smpp::Writer tlvs(tlv_octets);
    tlvs.U16(static_cast<std::uint16_t>(smpp::Tag::receipted_message_id));
    tlvs.U16(static_cast<std::uint16_t>(id.size() + 1));
    tlvs.CString(id);
    const auto state = static_cast<std::uint8_t>(d.state);
    smpp::PutTlv(tlvs, smpp::Tag::message_state, smpp::Bytes(&state, 1));
    pdu.esm_class = kEsmClassReceipt;
    pdu.short_message = smpp::AsBytes(text);
    pdu.tlvs = smpp::Bytes(tlv_octets, tlvs.wanted());
  } else {
    pdu.short_message = smpp::AsBytes(d.text);
  }
  const std::size_t octets = smpp::EncodeInto(buffer, pdu, smpp::Status::ESME_ROK, sequence_number);
  HUB_CHECK_SAY(octets > 0 && octets <= buffer.size(), "a delivery that no layout can hold");
  return {buffer.data(), octets};
}

}  // namespace hub::load
