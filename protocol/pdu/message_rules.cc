#include "protocol/pdu/message_rules.h"

namespace smpp {
namespace {

void ReadOne(const Tlv& tlv, MessageTlvs& found) {
  const auto u8 = [&](std::optional<std::uint8_t>& v) {
    if (tlv.value.size() == 1 && !v) v = tlv.value[0];
    return tlv.value.size() == 1;
  };
  const auto u16 = [&](std::optional<std::uint16_t>& v) {
    if (tlv.value.size() == 2 && !v) v = ReadU16(tlv.value.data());
    return tlv.value.size() == 2;
  };
  switch (tlv.tag) {
    case Tag::message_payload:
      if (!found.message_payload) found.message_payload = tlv.value;
      if (found.payloads != 0xFF) ++found.payloads;
      break;
    case Tag::receipted_message_id:
      if (!found.receipted_message_id) found.receipted_message_id = TlvText(tlv.value);
      break;
    case Tag::network_error_code:
      if (!found.network_error_code) found.network_error_code = tlv.value;
      break;
    case Tag::user_message_reference:
      u16(found.user_message_reference);
      break;
    case Tag::message_state:
      u8(found.message_state);
      break;
    case Tag::sar_msg_ref_num:
      found.sar_length_wrong |= !u16(found.sar_msg_ref_num);
      break;
    case Tag::sar_total_segments:
      found.sar_length_wrong |= !u8(found.sar_total_segments);
      break;
    case Tag::sar_segment_seqnum:
      found.sar_length_wrong |= !u8(found.sar_segment_seqnum);
      break;
    default:
      break;  // relayed, not read
  }
}

bool IsPrintable(std::string_view address) {
  for (const char c : address) {
    if (c < 0x20 || c > 0x7E)
      return false;  // char may be signed: 0x80 and up is below 0x20 or above 0x7E
  }
  return true;
}

}  // namespace

Status ScanMessageTlvs(Bytes tlvs, MessageTlvs& found) {
  TlvCursor cursor(tlvs);
  Tlv tlv;
  for (; cursor.Next(tlv); ++found.tlv_count) ReadOne(tlv, found);
  return cursor.broken() ? Status::ESME_RINVTLVSTREAM : Status::ESME_ROK;
}

Status JudgeBodies(std::string_view source_addr, Bytes short_message, const MessageTlvs& found) {
  if (!IsPrintable(source_addr)) return Status::ESME_RINVSRCADR;
  if (found.payloads > 1 || (found.payloads == 1 && !short_message.empty())) {
    return Status::ESME_RINVTLVVAL;
  }
  return found.sar_length_wrong ? Status::ESME_RINVTLVLEN : Status::ESME_ROK;
}

Status JudgeMessage(CommandId id, std::uint8_t esm_class, std::string_view source_addr,
                    std::string_view destination_addr, Bytes short_message,
                    const MessageTlvs& found) {
  const bool from_supplier =
      id == CommandId::deliver_sm ||
      (id == CommandId::data_sm && (IsReceipt(esm_class) || IsIntermediate(esm_class)));
  if (from_supplier) return Status::ESME_ROK;
  if (destination_addr.empty() || !IsPrintable(destination_addr)) return Status::ESME_RINVDSTADR;
  const Status bodies = JudgeBodies(source_addr, short_message, found);
  if (bodies != Status::ESME_ROK) return bodies;
  const bool payload_missing = id == CommandId::data_sm && found.payloads == 0;
  return payload_missing ? Status::ESME_RMISSINGTLV : Status::ESME_ROK;
}

}  // namespace smpp
