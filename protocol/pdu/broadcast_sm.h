// broadcast_sm and cancel_broadcast_sm: cell broadcast.                        SMPP v5.0 §4.4, §4.6
#pragma once

#include "protocol/pdu/fields.h"

namespace smpp {

struct BroadcastSm {
  static constexpr CommandId kCommandId = CommandId::broadcast_sm;

  std::string_view service_type = {};  // 0..5 chars
  std::uint8_t source_addr_ton = 0, source_addr_npi = 0;
  std::string_view source_addr = {};  // 0..20 chars
  std::string_view message_id = {};   // of the broadcast to replace, 0..64 chars
  std::uint8_t priority_flag = 0;
  std::string_view schedule_delivery_time = {}, validity_period = {};  // 0 or 16 chars
  std::uint8_t replace_if_present_flag = 0, data_coding = 0, sm_default_msg_id = 0;
  Bytes tlvs = {};  // the areas, the kind, the rhythm and the text

  template <class Self, class Codec>
  static bool Walk(Self& p, Codec& c) {
    return WalkServiceType(p, c) && WalkSource(p, c, kAddrOctetsMax) && WalkMessageId(p, c) &&
           c.U8("priority_flag", p.priority_flag) && WalkTimes(p, c) &&
           c.U8("replace_if_present_flag", p.replace_if_present_flag) &&
           c.U8("data_coding", p.data_coding) && c.U8("sm_default_msg_id", p.sm_default_msg_id) &&
           c.Tlvs(p.tlvs);
  }

  /// ESME_RMISSINGTLV: the areas, the kind and the rhythm are TLVs, yet mandatory.
  static Status Judge(const BroadcastSm& p) {
    for (const Tag tag : {Tag::broadcast_area_identifier, Tag::broadcast_content_type,
                          Tag::broadcast_rep_num, Tag::broadcast_frequency_interval}) {
      if (!FindTlv(p.tlvs, tag)) return Status::ESME_RMISSINGTLV;
    }
    return Status::ESME_ROK;
  }
};

struct CancelBroadcastSm {
  static constexpr CommandId kCommandId = CommandId::cancel_broadcast_sm;

  std::string_view service_type = {};  // 0..5 chars
  std::string_view message_id = {};    // 0..64 chars
  std::uint8_t source_addr_ton = 0, source_addr_npi = 0;
  std::string_view source_addr = {};  // 0..20 chars
  Bytes tlvs = {};                    // [broadcast_content_type], [user_message_reference]

  template <class Self, class Codec>
  static bool Walk(Self& p, Codec& c) {
    return WalkServiceType(p, c) && WalkMessageId(p, c) && WalkSource(p, c, kAddrOctetsMax) &&
           c.Tlvs(p.tlvs);
  }
};

}  // namespace smpp
