// data_sm: a message with its text in a TLV and longer addresses, both ways.
// SMPP v3.4 §4.7, v5.0 §4.2.2
#pragma once

#include "protocol/pdu/fields.h"
#include "protocol/pdu/message_rules.h"

namespace smpp {

struct DataSm {
  static constexpr CommandId kCommandId = CommandId::data_sm;

  std::string_view service_type = {};  // 0..5 chars
  std::uint8_t source_addr_ton = 0, source_addr_npi = 0;
  std::string_view source_addr = {};  // 0..64 chars
  std::uint8_t dest_addr_ton = 0, dest_addr_npi = 0;
  std::string_view destination_addr = {};  // 0..64 chars
  std::uint8_t esm_class = 0, registered_delivery = 0, data_coding = 0;
  Bytes tlvs = {};  // message_payload among them, unless it is a receipt

  template <class Self, class Codec>
  static bool Walk(Self& p, Codec& c) {
    return WalkServiceType(p, c) && WalkSource(p, c, kLongAddrOctetsMax) &&
           WalkDestination(p, c, kLongAddrOctetsMax) && c.U8("esm_class", p.esm_class) &&
           c.U8("registered_delivery", p.registered_delivery) &&
           c.U8("data_coding", p.data_coding) && c.Tlvs(p.tlvs);
  }

  static Status Judge(const DataSm& p) {
    MessageTlvs found;
    const Status status = ScanMessageTlvs(p.tlvs, found);
    if (status != Status::ESME_ROK) return status;
    return JudgeMessage(kCommandId, p.esm_class, p.source_addr, p.destination_addr, {}, found);
  }
};

}  // namespace smpp
