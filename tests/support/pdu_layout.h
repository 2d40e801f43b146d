// The bodies of SMPP 3.4 and 5.0, typed from the specifications and not from protocol/pdu: tests build good and bad PDUs of it.
#pragma once

#include <cstdlib>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/wire/header.h"

namespace smpp::test {

using Octets = std::vector<std::uint8_t>;

struct FieldLayout {
  enum Kind : std::uint8_t { kText, kTime, kU8, kMessage, kDests, kUnsuccess };

  std::string_view name;
  Kind kind = kU8;
  std::size_t octets_max = 1;       // kText: its NUL counted
  Status wrong = Status::ESME_ROK;  // kText, kTime: no NUL in it, or a time of another length
};

struct PduLayout {
  CommandId id;
  std::vector<FieldLayout> fields;
  bool has_tlvs = true;  // else: a header and nothing else
  Octets tail = {};      // TLVs without which the PDU is incomplete
};

namespace layout {

using enum Status;
using enum CommandId;

inline FieldLayout Text(std::string_view name, std::size_t octets_max, Status wrong) {
  return {name, FieldLayout::kText, octets_max, wrong};
}
inline FieldLayout Time(std::string_view name, Status wrong) {
  return {name, FieldLayout::kTime, 17, wrong};
}
inline FieldLayout U8(std::string_view name) { return {.name = name}; }
inline FieldLayout Of(FieldLayout::Kind kind) {
  const bool is_message = kind == FieldLayout::kMessage;
  return {.name = is_message ? "short_message" : "list", .kind = kind};
}

using Fields = std::vector<FieldLayout>;

inline Fields Joined(std::initializer_list<Fields> runs) {
  Fields all;
  for (const Fields& run : runs) all.insert(all.end(), run.begin(), run.end());
  return all;
}
inline Fields Source(std::size_t octets_max = 21) {
  return {U8("source_addr_ton"), U8("source_addr_npi"),
          Text("source_addr", octets_max, ESME_RINVSRCADR)};
}
inline Fields Destination(std::size_t octets_max = 21) {
  return {U8("dest_addr_ton"), U8("dest_addr_npi"),
          Text("destination_addr", octets_max, ESME_RINVDSTADR)};
}
inline Fields ServiceType() { return {Text("service_type", 6, ESME_RINVSERTYP)}; }
inline Fields MessageId() { return {Text("message_id", 65, ESME_RINVMSGID)}; }
inline Fields Times() {
  return {Time("schedule_delivery_time", ESME_RINVSCHED), Time("validity_period", ESME_RINVEXPIRY)};
}
inline Fields Numbers(std::initializer_list<std::string_view> names) {
  Fields all;
  for (const std::string_view name : names) all.push_back(U8(name));
  return all;
}
inline Fields Bind() {
  return Joined({{Text("system_id", 16, ESME_RINVSYSID), Text("password", 9, ESME_RINVPASWD),
                  Text("system_type", 13, ESME_RINVSYSTYP)},
                 Numbers({"interface_version", "addr_ton", "addr_npi"}),
                 {Text("address_range", 41, ESME_RBINDFAIL)}});
}
inline Fields Message(const Fields& destination) {
  return Joined({ServiceType(),
                 Source(),
                 destination,
                 Numbers({"esm_class", "protocol_id", "priority_flag"}),
                 Times(),
                 Numbers({"registered_delivery", "replace_if_present_flag", "data_coding",
                          "sm_default_msg_id"}),
                 {Of(FieldLayout::kMessage)}});
}

inline const Octets kPayload = {0x04, 0x24, 0, 2, 'h', 'i'};
inline const Octets kBroadcast = {0x06, 0x06, 0, 2, 0, 'A', 0x06, 0x01, 0, 3, 0, 0, 1,
                                  0x06, 0x04, 0, 2, 0, 1,   0x06, 0x05, 0, 3, 8, 0, 1};

}  // namespace layout

/// All requests, in the order of their command_id.
inline const std::vector<PduLayout>& RequestLayouts() {
  using namespace layout;
  static const std::vector<PduLayout> all = {
      {bind_receiver, layout::Bind()},
      {bind_transmitter, layout::Bind()},
      {query_sm, Joined({MessageId(), Source()})},
      {submit_sm, Message(Destination())},
      {deliver_sm, Message(Destination())},
      {unbind, {}, false},
      {replace_sm, Joined({MessageId(),
                           Source(),
                           Times(),
                           Numbers({"registered_delivery", "sm_default_msg_id"}),
                           {Of(FieldLayout::kMessage)}})},
      {cancel_sm, Joined({ServiceType(), MessageId(), Source(), Destination()})},
      {bind_transceiver, layout::Bind()},
      {outbind, {Text("system_id", 16, ESME_RINVSYSID), Text("password", 9, ESME_RINVPASWD)}},
      {enquire_link, {}, false},
      {submit_multi, Message({Of(FieldLayout::kDests)})},
      {alert_notification, Joined({Source(65),
                                   Numbers({"esme_addr_ton", "esme_addr_npi"}),
                                   {Text("esme_addr", 65, ESME_RINVDSTADR)}})},
      {data_sm,
       Joined({ServiceType(), Source(65), Destination(65),
               Numbers({"esm_class", "registered_delivery", "data_coding"})}),
       true, kPayload},
      {broadcast_sm,
       Joined({ServiceType(), Source(), MessageId(), Numbers({"priority_flag"}), Times(),
               Numbers({"replace_if_present_flag", "data_coding", "sm_default_msg_id"})}),
       true, kBroadcast},
      {query_broadcast_sm, Joined({MessageId(), Source()})},
      {cancel_broadcast_sm, Joined({ServiceType(), MessageId(), Source()})},
  };
  return all;
}

/// All responses. A response may lack its body.
inline const std::vector<PduLayout>& ResponseLayouts() {
  using namespace layout;
  const auto system_id = Text("system_id", 16, ESME_RINVSYSID);
  static const std::vector<PduLayout> all = {
      {generic_nack, {}, false},
      {bind_receiver_resp, {system_id}},
      {bind_transmitter_resp, {system_id}},
      {query_sm_resp, Joined({MessageId(),
                              {Text("final_date", 17, ESME_RQUERYFAIL)},
                              Numbers({"message_state", "error_code"})})},
      {submit_sm_resp, MessageId()},
      {deliver_sm_resp, MessageId()},
      {unbind_resp, {}, false},
      {replace_sm_resp, {}, false},
      {cancel_sm_resp, {}, false},
      {bind_transceiver_resp, {system_id}},
      {enquire_link_resp, {}, false},
      {submit_multi_resp, Joined({MessageId(), {Of(FieldLayout::kUnsuccess)}})},
      {data_sm_resp, MessageId()},
      {broadcast_sm_resp, MessageId()},
      {query_broadcast_sm_resp, MessageId()},
      {cancel_broadcast_sm_resp, {}, false},
  };
  return all;
}

inline const PduLayout& LayoutOf(CommandId id) {
  for (const auto* all : {&RequestLayouts(), &ResponseLayouts()}) {
    for (const PduLayout& layout : *all) {
      if (layout.id == id) return layout;
    }
  }
  std::abort();  // the test asks for what the tables lack
}

/// `characters` of them and a NUL.
inline Octets TextField(std::size_t characters) {
  Octets field(characters, '7');
  field.push_back(0);
  return field;
}

/// What a well-formed PDU has in a field.
inline Octets GoodField(const FieldLayout& field) {
  switch (field.kind) {
    case FieldLayout::kText:
      return TextField(3);
    case FieldLayout::kTime:
      return TextField(0);
    case FieldLayout::kU8:
      return {0};
    case FieldLayout::kMessage:
      return {5, 'h', 'e', 'l', 'l', 'o'};
    case FieldLayout::kDests:
      return {2, 1, 1, 1, '7', '7', '7', 0, 2, 'L', 'I', 'S', 'T', 0};
    case FieldLayout::kUnsuccess:
      return {1, 1, 1, '7', '7', '7', 0, 0, 0, 0, 0x0B};
  }
  return {};
}

/// A body in pieces, a piece a field, so that a test may put another one in its place.
struct BodyPieces {
  std::vector<Octets> fields;
  Octets tail;

  /// Octets of the fields before `index`.
  std::size_t OffsetOf(std::size_t index) const {
    std::size_t octets = 0;
    for (std::size_t i = 0; i < index; ++i) octets += fields[i].size();
    return octets;
  }
  Octets Join() const {
    Octets body;
    for (const Octets& field : fields) body.insert(body.end(), field.begin(), field.end());
    body.insert(body.end(), tail.begin(), tail.end());
    return body;
  }
};

inline BodyPieces GoodBody(const PduLayout& layout) {
  BodyPieces body{{}, layout.tail};
  for (const FieldLayout& field : layout.fields) body.fields.push_back(GoodField(field));
  return body;
}

inline Octets WholePdu(CommandId id, std::uint32_t sequence_number, const Octets& body) {
  Octets pdu(kHeaderOctets);
  WriteHeader(pdu.data(), {static_cast<std::uint32_t>(kHeaderOctets + body.size()), id,
                           Status::ESME_ROK, sequence_number});
  pdu.insert(pdu.end(), body.begin(), body.end());
  return pdu;
}

}  // namespace smpp::test
