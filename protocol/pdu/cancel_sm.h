// cancel_sm: take back one message, or those between two addresses.     SMPP v3.4 §4.9, v5.0 §4.5.1
#pragma once

#include "protocol/pdu/fields.h"

namespace smpp {

struct CancelSm {
  static constexpr CommandId kCommandId = CommandId::cancel_sm;

  std::string_view service_type = {};  // 0..5 chars
  std::string_view message_id = {};    // 0..64 chars; empty: by addresses
  std::uint8_t source_addr_ton = 0, source_addr_npi = 0;
  std::string_view source_addr = {};  // 0..20 chars
  std::uint8_t dest_addr_ton = 0, dest_addr_npi = 0;
  std::string_view destination_addr = {};  // 0..20 chars; may be empty beside a message_id
  Bytes tlvs = {};

  template <class Self, class Codec>
  static bool Walk(Self& p, Codec& c) {
    return WalkServiceType(p, c) && WalkMessageId(p, c) && WalkSource(p, c, kAddrOctetsMax) &&
           WalkDestination(p, c, kAddrOctetsMax) && c.Tlvs(p.tlvs);
  }
};

}  // namespace smpp
