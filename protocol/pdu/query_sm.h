// query_sm: what became of a message?                                   SMPP v3.4 §4.8, v5.0 §4.5.2
#pragma once

#include "protocol/pdu/fields.h"

namespace smpp {

/// A message named by its id and its source: query_sm and query_broadcast_sm, whose
/// [user_message_reference] is a TLV.
template <CommandId kCommand>
struct MessageQuery {
  static constexpr CommandId kCommandId = kCommand;

  std::string_view message_id = {};  // 0..64 chars
  std::uint8_t source_addr_ton = 0, source_addr_npi = 0;
  std::string_view source_addr = {};  // 0..20 chars; must be that of the message
  Bytes tlvs = {};

  template <class Self, class Codec>
  static bool Walk(Self& p, Codec& c) {
    return WalkMessageId(p, c) && WalkSource(p, c, kAddrOctetsMax) && c.Tlvs(p.tlvs);
  }
};

using QuerySm = MessageQuery<CommandId::query_sm>;
using QueryBroadcastSm = MessageQuery<CommandId::query_broadcast_sm>;

struct QuerySmResp {
  static constexpr CommandId kCommandId = CommandId::query_sm_resp;

  bool no_body = false;
  std::string_view message_id = {};  // 0..64 chars
  std::string_view final_date = {};  // empty while the state is not final; 12 chars are seen
  std::uint8_t message_state = 0, error_code = 0;
  Bytes tlvs = {};

  template <class Self, class Codec>
  static bool Walk(Self& p, Codec& c) {
    return c.Absent(p.no_body) ||
           (WalkMessageId(p, c) &&
            c.CString("final_date", p.final_date, 17, Status::ESME_RQUERYFAIL) &&
            c.U8("message_state", p.message_state) && c.U8("error_code", p.error_code) &&
            c.Tlvs(p.tlvs));
  }
};

}  // namespace smpp
