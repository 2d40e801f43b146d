// alert_notification: a handset can be reached again; it has no response.
// SMPP v3.4 §4.12, v5.0 §4.1.3
#pragma once

#include "protocol/pdu/fields.h"

namespace smpp {

struct AlertNotification {
  static constexpr CommandId kCommandId = CommandId::alert_notification;

  std::uint8_t source_addr_ton = 0, source_addr_npi = 0;
  std::string_view source_addr = {};  // the handset, 0..64 chars
  std::uint8_t esme_addr_ton = 0, esme_addr_npi = 0;
  std::string_view esme_addr = {};  // who asked by set_dpf, 0..64 chars
  Bytes tlvs = {};                  // [ms_availability_status]

  template <class Self, class Codec>
  static bool Walk(Self& p, Codec& c) {
    return WalkSource(p, c, kLongAddrOctetsMax) && c.U8("esme_addr_ton", p.esme_addr_ton) &&
           c.U8("esme_addr_npi", p.esme_addr_npi) &&
           c.CString("esme_addr", p.esme_addr, kLongAddrOctetsMax, Status::ESME_RINVDSTADR) &&
           c.Tlvs(p.tlvs);
  }
};

}  // namespace smpp
