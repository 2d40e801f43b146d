// What the relay reads of a message: fields and their places, taken in one pass that allocates
// nothing.
#pragma once

#include "protocol/pdu/message_rules.h"
#include "protocol/wire/result.h"

namespace smpp {

/// A submit_sm, deliver_sm or data_sm where it lies. Everything borrows from the PDU; offsets count
/// from the PDU's first octet, so that a Splice can replace what stands there.
struct MessageView : MessageTlvs {
  CommandId command_id{};
  std::string_view service_type;
  std::uint8_t source_addr_ton = 0, source_addr_npi = 0;
  std::uint8_t dest_addr_ton = 0, dest_addr_npi = 0;
  std::string_view source_addr;
  std::string_view destination_addr;
  std::uint8_t esm_class = 0;
  std::uint8_t protocol_id = 0, priority_flag = 0;           // 0 in data_sm, which has none
  std::string_view schedule_delivery_time, validity_period;  // empty in data_sm
  std::uint8_t registered_delivery = 0, replace_if_present_flag = 0;
  std::uint8_t data_coding = 0, sm_default_msg_id = 0;
  Bytes short_message;  // empty in data_sm
  Bytes tlvs;           // the raw tail

  /// Where fields stand. A data_sm has no short_message: its sm_length and short_message are 0.
  struct Offsets {
    std::uint32_t source_addr_ton = 0;  // ton, npi, then source_addr
    std::uint32_t source_addr = 0;      // first character; its NUL stands at + size()
    std::uint32_t dest_addr_ton = 0;    // ton, npi, then destination_addr
    std::uint32_t destination_addr = 0;
    std::uint32_t esm_class = 0;
    std::uint32_t validity_period = 0;
    std::uint32_t registered_delivery = 0;
    std::uint32_t data_coding = 0;
    std::uint32_t sm_length = 0;
    std::uint32_t short_message = 0;
    std::uint32_t tlvs = 0;  // + Tlv::offset: a TLV's tag
  } offsets;

  /// What the handset gets: the payload where there is one, for it supersedes short_message (v5.0
  /// §4.8.4.36).
  Bytes text() const { return message_payload ? *message_payload : short_message; }
  bool is_receipt() const { return IsReceipt(esm_class); }
  bool is_intermediate() const { return IsIntermediate(esm_class); }
  bool has_udhi() const { return HasUdhi(esm_class); }
};

/// Views a whole PDU of exactly command_length octets, header included.
///
/// id       submit_sm, deliver_sm or data_sm (anything else: ESME_RINVCMDID)
/// returns  the view, valid as long as `pdu` is, or the command_status to answer with:
///          ESME_RINVCMDLEN                        the body ends inside a field
///          ESME_RINVSERTYP, ESME_RINVSRCADR, ESME_RINVDSTADR, ESME_RINVSCHED, ESME_RINVEXPIRY   of
///          a field
///          ESME_RINVMSGLEN, ESME_RINVTLVSTREAM    sm_length or the tail contradict the PDU
///          and those of JudgeMessage
/// cost     one pass, no allocation
Result<MessageView, Status> ViewMessage(CommandId id, Bytes pdu);

/// The same without a Result around it, for the hot path: ESME_ROK and a filled `view`, or the
/// status.
Status ViewMessage(CommandId id, Bytes pdu, MessageView& view);

}  // namespace smpp
