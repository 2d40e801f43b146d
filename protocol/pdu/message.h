// submit_sm: an ESME sends a short message; deliver_sm: an MC does.
// SMPP v3.4 §4.4, §4.6; v5.0 §4.2.1, §4.3.1
#pragma once

#include "protocol/pdu/fields.h"
#include "protocol/pdu/message_rules.h"

namespace smpp {

// One layout for both. Strings borrow from the frame. The relay reads a MessageView instead.
template <CommandId kCommand>
struct ShortMessage {
  static constexpr CommandId kCommandId = kCommand;

  std::string_view service_type = {};  // 0..5 chars
  std::uint8_t source_addr_ton = 0, source_addr_npi = 0;
  std::string_view source_addr = {};  // 0..20 chars; empty: the MC's default
  std::uint8_t dest_addr_ton = 0, dest_addr_npi = 0;
  std::string_view destination_addr = {};  // 0..20 chars; a submit_sm must have one
  std::uint8_t esm_class = 0, protocol_id = 0, priority_flag = 0;
  std::string_view schedule_delivery_time = {}, validity_period = {};  // 0 or 16 chars
  std::uint8_t registered_delivery = 0, replace_if_present_flag = 0;
  std::uint8_t data_coding = 0, sm_default_msg_id = 0;
  Bytes short_message = {};  // 0..255 octets: v3.4 says 254, yet 255 is taken from any peer
  Bytes tlvs = {};           // in order of arrival

  template <class Self, class Codec>
  static bool Walk(Self& p, Codec& c) {
    return WalkServiceType(p, c) && WalkSource(p, c, kAddrOctetsMax) &&
           WalkDestination(p, c, kAddrOctetsMax) && WalkMessage(p, c);
  }

  static Status Judge(const ShortMessage& p) {
    MessageTlvs found;
    const Status status = ScanMessageTlvs(p.tlvs, found);
    if (status != Status::ESME_ROK) return status;
    return JudgeMessage(kCommand, p.esm_class, p.source_addr, p.destination_addr, p.short_message,
                        found);
  }
};

using SubmitSm = ShortMessage<CommandId::submit_sm>;
using DeliverSm = ShortMessage<CommandId::deliver_sm>;

/// A message_id and TLVs: submit_sm_resp, deliver_sm_resp (its id is empty by definition, yet many
/// fill it), data_sm_resp, broadcast_sm_resp, query_broadcast_sm_resp.
template <CommandId kCommand>
struct MessageIdResponse {
  static constexpr CommandId kCommandId = kCommand;

  bool no_body = false;              // errors usually come without one
  std::string_view message_id = {};  // 0..64 chars
  Bytes tlvs = {};

  template <class Self, class Codec>
  static bool Walk(Self& p, Codec& c) {
    return c.Absent(p.no_body) || (WalkMessageId(p, c) && c.Tlvs(p.tlvs));
  }
};

using SubmitSmResp = MessageIdResponse<CommandId::submit_sm_resp>;
using DeliverSmResp = MessageIdResponse<CommandId::deliver_sm_resp>;
using DataSmResp = MessageIdResponse<CommandId::data_sm_resp>;
using BroadcastSmResp = MessageIdResponse<CommandId::broadcast_sm_resp>;
using QueryBroadcastSmResp = MessageIdResponse<CommandId::query_broadcast_sm_resp>;

}  // namespace smpp
