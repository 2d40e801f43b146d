// Runs of fields that several PDUs share, each written once. `p` is the PDU, `c` the codec that
// walks it.
#pragma once

#include "protocol/pdu/pdu.h"

namespace smpp {

inline constexpr std::size_t kAddrOctetsMax = 21;  // addresses of most PDUs, NUL counted
inline constexpr std::size_t kLongAddrOctetsMax =
    65;  // addresses of data_sm and alert_notification
inline constexpr std::size_t kMessageIdOctetsMax = 65;

template <class Self, class Codec>
bool WalkServiceType(Self& p, Codec& c) {  // §5.2.11
  return c.CString("service_type", p.service_type, 6, Status::ESME_RINVSERTYP);
}

template <class Self, class Codec>
bool WalkMessageId(Self& p, Codec& c) {  // §5.2.23
  return c.CString("message_id", p.message_id, kMessageIdOctetsMax, Status::ESME_RINVMSGID);
}

template <class Self, class Codec>
bool WalkSource(Self& p, Codec& c, std::size_t octets_max) {  // §5.2.5, §5.2.6, §5.2.8
  return c.U8("source_addr_ton", p.source_addr_ton) && c.U8("source_addr_npi", p.source_addr_npi) &&
         c.CString("source_addr", p.source_addr, octets_max, Status::ESME_RINVSRCADR);
}

template <class Self, class Codec>
bool WalkDestination(Self& p, Codec& c, std::size_t octets_max) {  // §5.2.5, §5.2.6, §5.2.9
  return c.U8("dest_addr_ton", p.dest_addr_ton) && c.U8("dest_addr_npi", p.dest_addr_npi) &&
         c.CString("destination_addr", p.destination_addr, octets_max, Status::ESME_RINVDSTADR);
}

template <class Self, class Codec>
bool WalkTimes(Self& p, Codec& c) {  // §5.2.15, §5.2.16
  return c.Time("schedule_delivery_time", p.schedule_delivery_time, Status::ESME_RINVSCHED) &&
         c.Time("validity_period", p.validity_period, Status::ESME_RINVEXPIRY);
}

/// What submit_sm, deliver_sm and submit_multi have behind their addresses.    SMPP v3.4 Table 4-10
template <class Self, class Codec>
bool WalkMessage(Self& p, Codec& c) {
  return c.U8("esm_class", p.esm_class) &&
         c.U8("protocol_id", p.protocol_id) &&                          // §5.2.12, §5.2.13
         c.U8("priority_flag", p.priority_flag) && WalkTimes(p, c) &&   // §5.2.14
         c.U8("registered_delivery", p.registered_delivery) &&          // §5.2.17
         c.U8("replace_if_present_flag", p.replace_if_present_flag) &&  // §5.2.18
         c.U8("data_coding", p.data_coding) &&                          // §5.2.19
         c.U8("sm_default_msg_id", p.sm_default_msg_id) &&              // §5.2.20
         c.Counted("sm_length", "short_message", p.short_message) &&    // §5.2.21, §5.2.22
         c.Tlvs(p.tlvs);
}

}  // namespace smpp
