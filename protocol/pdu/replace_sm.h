// replace_sm: another text for a message not yet delivered.            SMPP v3.4 §4.10, v5.0 §4.5.3
#pragma once

#include "protocol/pdu/fields.h"

namespace smpp {

struct ReplaceSm {
  static constexpr CommandId kCommandId = CommandId::replace_sm;

  std::string_view message_id = {};  // 0..64 chars
  std::uint8_t source_addr_ton = 0, source_addr_npi = 0;
  std::string_view source_addr = {};                                   // 0..20 chars
  std::string_view schedule_delivery_time = {}, validity_period = {};  // 0 or 16 chars
  std::uint8_t registered_delivery = 0, sm_default_msg_id = 0;
  Bytes short_message = {};  // 0..255 octets
  Bytes tlvs = {};           // [message_payload], v5.0

  template <class Self, class Codec>
  static bool Walk(Self& p, Codec& c) {
    return WalkMessageId(p, c) && WalkSource(p, c, kAddrOctetsMax) && WalkTimes(p, c) &&
           c.U8("registered_delivery", p.registered_delivery) &&
           c.U8("sm_default_msg_id", p.sm_default_msg_id) &&
           c.Counted("sm_length", "short_message", p.short_message) && c.Tlvs(p.tlvs);
  }
};

}  // namespace smpp
