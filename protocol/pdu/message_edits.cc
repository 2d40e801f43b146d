#include "protocol/pdu/message_edits.h"

#include "protocol/pdu/fields.h"

namespace smpp {
namespace {

/// ton and npi stand in the two octets before the address in all three layouts.
bool SetAddress(Splice& splice, const MessageView& view, std::uint32_t offset, std::string_view old,
                std::uint8_t ton, std::uint8_t npi, std::string_view address) {
  const std::size_t octets_max =
      view.command_id == CommandId::data_sm ? kLongAddrOctetsMax : kAddrOctetsMax;
  if (address.size() >= octets_max || address.find('\0') != std::string_view::npos) return false;
  return splice.ReplaceU8(offset - 2, ton) && splice.ReplaceU8(offset - 1, npi) &&
         splice.Replace(offset, old.size(), AsBytes(address));
}

}  // namespace

bool SetSource(Splice& splice, const MessageView& view, std::uint8_t ton, std::uint8_t npi,
               std::string_view address) {
  return SetAddress(splice, view, view.offsets.source_addr, view.source_addr, ton, npi, address);
}

bool SetDestination(Splice& splice, const MessageView& view, std::uint8_t ton, std::uint8_t npi,
                    std::string_view address) {
  return SetAddress(splice, view, view.offsets.destination_addr, view.destination_addr, ton, npi,
                    address);
}

bool SetRegisteredDelivery(Splice& splice, const MessageView& view, std::uint8_t value) {
  return splice.ReplaceU8(view.offsets.registered_delivery, value);
}

bool SetTlv(Splice& splice, const MessageView& view, const Tlv& tlv, Bytes value) {
  if (value.size() > 0xFFFF) return false;
  const std::size_t at = view.offsets.tlvs + tlv.offset;
  return splice.ReplaceU16(at + 2, static_cast<std::uint16_t>(value.size())) &&
         splice.Replace(at + kTlvHeaderOctets, tlv.value.size(), value);
}

}  // namespace smpp
