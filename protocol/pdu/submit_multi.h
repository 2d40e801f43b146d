// submit_multi: one message to up to 255 destinations.                  SMPP v3.4 §4.5, v5.0 §4.2.3
#pragma once

#include "protocol/pdu/fields.h"
#include "protocol/pdu/message_rules.h"

namespace smpp {

// As submit_sm, with a list in the place of the destination.
struct SubmitMulti {
  static constexpr CommandId kCommandId = CommandId::submit_multi;

  std::string_view service_type = {};  // 0..5 chars
  std::uint8_t source_addr_ton = 0, source_addr_npi = 0;
  std::string_view source_addr = {};  // 0..20 chars
  DestList dest_address = {};         // 1..255 entries; number_of_dests is its count
  std::uint8_t esm_class = 0, protocol_id = 0, priority_flag = 0;
  std::string_view schedule_delivery_time = {}, validity_period = {};  // 0 or 16 chars
  std::uint8_t registered_delivery = 0, replace_if_present_flag = 0;
  std::uint8_t data_coding = 0, sm_default_msg_id = 0;
  Bytes short_message = {};  // 0..255 octets
  Bytes tlvs = {};

  template <class Self, class Codec>
  static bool Walk(Self& p, Codec& c) {
    return WalkServiceType(p, c) && WalkSource(p, c, kAddrOctetsMax) &&
           c.Dests("dest_address", p.dest_address) && WalkMessage(p, c);
  }

  static Status Judge(const SubmitMulti& p) {
    MessageTlvs found;
    const Status status = ScanMessageTlvs(p.tlvs, found);
    return status != Status::ESME_ROK ? status : JudgeBodies(p.source_addr, p.short_message, found);
  }
};

struct SubmitMultiResp {
  static constexpr CommandId kCommandId = CommandId::submit_multi_resp;

  bool no_body = false;
  std::string_view message_id = {};  // 0..64 chars
  UnsuccessList unsuccess_sme = {};  // no_unsuccess is its count
  Bytes tlvs = {};

  template <class Self, class Codec>
  static bool Walk(Self& p, Codec& c) {
    return c.Absent(p.no_body) ||
           (WalkMessageId(p, c) && c.Unsuccess("unsuccess_sme", p.unsuccess_sme) && c.Tlvs(p.tlvs));
  }
};

}  // namespace smpp
