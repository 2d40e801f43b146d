// Bind operations: an ESME logs in; outbind: an MC asks an ESME to do so.
// SMPP v3.4 §4.1, v5.0 §4.1.1
#pragma once

#include "protocol/pdu/pdu.h"

namespace smpp {

inline constexpr std::size_t kBindSystemIdOctetsMax = 15;    // §5.2.1
inline constexpr std::size_t kBindPasswordOctetsMax = 8;     // §5.2.2
inline constexpr std::size_t kBindSystemTypeOctetsMax = 12;  // §5.2.3
// What some message centres give their ESMEs beyond §5.2.2; the field is a C-Octet String, so nothing else changes.
inline constexpr std::size_t kBindLongPasswordOctetsMax = 64;

// Strings borrow from the frame. Never log `password`. kPasswordMax: of its octets; more than the spec's where we are the ESME.
template <CommandId kCommand, std::size_t kPasswordMax = kBindPasswordOctetsMax>
struct BindRequest {
  static constexpr CommandId kCommandId = kCommand;

  std::string_view system_id = {};     // account name, 0..15 chars
  std::string_view password = {};      // 0..kPasswordMax chars
  std::string_view system_type = {};   // free text, 0..12 chars
  std::uint8_t interface_version = 0;  // 0x34 = v3.4; lower: we must not send TLVs back (§3.4)
  std::uint8_t addr_ton = 0, addr_npi = 0;
  std::string_view address_range = {};  // 0..40 chars; never evaluated
  Bytes tlvs = {};

  template <class Self, class Codec>
  static bool Walk(Self& p, Codec& c) {
    using enum Status;
    // The NUL counts.
    return c.CString("system_id", p.system_id, kBindSystemIdOctetsMax + 1, ESME_RINVSYSID) &&
           c.Secret("password", p.password, kPasswordMax + 1, ESME_RINVPASWD) &&
           c.CString("system_type", p.system_type, kBindSystemTypeOctetsMax + 1, ESME_RINVSYSTYP) &&
           c.U8("interface_version", p.interface_version) &&                   // §5.2.4
           c.U8("addr_ton", p.addr_ton) && c.U8("addr_npi", p.addr_npi) &&     // §5.2.5, §5.2.6
           c.CString("address_range", p.address_range, 41, ESME_RBINDFAIL) &&  // §5.2.7
           c.Tlvs(p.tlvs);
  }
};

using BindTransmitter = BindRequest<CommandId::bind_transmitter>;
using BindReceiver = BindRequest<CommandId::bind_receiver>;
using BindTransceiver = BindRequest<CommandId::bind_transceiver>;

template <CommandId kCommand>
struct BindResponse {
  static constexpr CommandId kCommandId = kCommand;

  bool no_body = false;             // errors usually come without one
  std::string_view system_id = {};  // of the MC, 0..15 chars
  Bytes tlvs = {};                  // [sc_interface_version]

  template <class Self, class Codec>
  static bool Walk(Self& p, Codec& c) {
    return c.Absent(p.no_body) ||
           (c.CString("system_id", p.system_id, 16, Status::ESME_RINVSYSID) && c.Tlvs(p.tlvs));
  }
};

using BindTransmitterResp = BindResponse<CommandId::bind_transmitter_resp>;
using BindReceiverResp = BindResponse<CommandId::bind_receiver_resp>;
using BindTransceiverResp = BindResponse<CommandId::bind_transceiver_resp>;

// outbind has no response: the ESME binds, or hangs up.                         SMPP v3.4 §4.1.7
struct Outbind {
  static constexpr CommandId kCommandId = CommandId::outbind;

  std::string_view system_id = {};  // of the MC, 0..15 chars
  std::string_view password = {};   // 0..8 chars; never log
  Bytes tlvs = {};

  template <class Self, class Codec>
  static bool Walk(Self& p, Codec& c) {
    using enum Status;
    return c.CString("system_id", p.system_id, 16, ESME_RINVSYSID) &&
           c.Secret("password", p.password, 9, ESME_RINVPASWD) && c.Tlvs(p.tlvs);
  }
};

}  // namespace smpp
