#include "tests/support/bad_pdus.h"

#include <algorithm>

#include "tests/support/pdu_layout.h"

namespace hub::test {
namespace {

using enum smpp::CommandId;
using enum smpp::Status;
using smpp::CommandId;
using smpp::Status;
using smpp::test::BodyPieces;
using smpp::test::FieldLayout;
using smpp::test::GoodBody;
using smpp::test::LayoutOf;
using smpp::test::Octets;
using smpp::test::PduLayout;
using smpp::test::TextField;
using smpp::test::WholePdu;
using namespace std::string_view_literals;

constexpr std::uint32_t kSequence = 77;

std::string Hex(std::uint32_t v) {
  char text[11];
  std::snprintf(text, sizeof text, "0x%08x", v);
  return text;
}

class Collector {
 public:
  std::vector<BadPdu> all;

  void Add(std::string name, BadPdu::Family family, Octets octets, Status status = ESME_ROK,
           std::uint32_t sequence_number = kSequence) {
    all.push_back({std::move(name), family, std::move(octets), status, sequence_number});
  }
  void Body(std::string what, const PduLayout& layout, const Octets& body, Status status) {
    Add(std::string(smpp::CommandName(layout.id)) + ": " + what, BadPdu::kBody,
        WholePdu(layout.id, kSequence, body), status);
  }
  /// The good PDU with one field replaced; `alone`: nothing stands behind it.
  void Field(std::string what, const PduLayout& layout, std::size_t index, Octets field,
             Status status, bool alone = false) {
    BodyPieces body = GoodBody(layout);
    body.fields[index] = std::move(field);
    if (alone) {
      body.fields.resize(index + 1);
      body.tail.clear();
    }
    Body(std::string(layout.fields[index].name) + " " + what, layout, body.Join(), status);
  }
  void Tail(std::string what, const PduLayout& layout, const Octets& tlvs, Status status) {
    BodyPieces body = GoodBody(layout);
    body.tail.insert(body.tail.end(), tlvs.begin(), tlvs.end());
    Body(what, layout, body.Join(), status);
  }
};

Octets HeaderOf(std::uint32_t length, CommandId id) {
  Octets pdu = WholePdu(id, kSequence, {});
  smpp::WriteU32(pdu.data(), length);
  return pdu;
}

void Framing(Collector& c) {
  for (std::uint32_t length = 0; length < 16; ++length) {
    c.Add("command_length " + std::to_string(length), BadPdu::kFraming, HeaderOf(length, submit_sm),
          ESME_RINVCMDLEN, 0);
  }
  for (const std::uint32_t length :
       {131'073u, 0x00FFFFFFu, 0x7FFFFFFFu, 0x80000000u, 0xFFFFFFFFu}) {
    for (const CommandId id : {submit_sm, bind_transceiver, enquire_link, deliver_sm_resp}) {
      c.Add("command_length " + Hex(length) + " of " + std::string(smpp::CommandName(id)),
            BadPdu::kFraming, HeaderOf(length, id), ESME_RINVCMDLEN);
    }
    c.Add("command_length " + Hex(length) + " of nothing known", BadPdu::kFraming,
          HeaderOf(length, CommandId{0xAA}), ESME_RINVCMDLEN, 0);
  }
  constexpr std::string_view kStrangers[] = {
      "GET / HTTP/1.1\r\nHost: hub\r\n\r\n"sv,
      "POST /api HTTP/1.0\r\n\r\n"sv,
      "SSH-2.0-OpenSSH_9.2\r\n"sv,
      "EHLO mail.example\r\n"sv,
      "OPTIONS sip:x SIP/2.0\r\n"sv,
      "AMQP\x01\x01\x00\x09\x00\x00\x00\x00\x00\x00\x00\x00"sv,
      "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\x11\x11\x11\x11\x11"sv,   // a TLS ClientHello
      "\x03\x00\x00\x2f\x2a\xe0\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"sv};  // an RDP scanner
  for (const std::string_view stranger : kStrangers) {
    const smpp::Bytes octets = smpp::AsBytes(stranger);
    c.Add("no SMPP, length " + Hex(smpp::ReadU32(octets.data())), BadPdu::kFraming,
          {octets.begin(), octets.end()}, ESME_RINVCMDLEN, 0);
  }
}

void Unknown(Collector& c) {
  const std::uint32_t kIds[] = {0x00,    0x0A,    0x0C,    0x14,       0x16,  0x20,      0x22,
                                0x23,    0x24,    0x100,   0x101,      0x104, 0x110,     0x114,
                                0x10200, 0x102FF, 0x10300, 0x01000000, 0xAA,  0x7FFFFFFF};
  for (const std::uint32_t id : kIds) {
    for (const std::size_t octets : {0, 1, 100}) {
      c.Add("command_id " + Hex(id) + " with " + std::to_string(octets) + " octets",
            BadPdu::kUnknown, WholePdu(CommandId{id}, kSequence, Octets(octets, 0x80)));
    }
  }
}

void Responses(Collector& c) {
  for (const PduLayout& layout : smpp::test::ResponseLayouts()) {
    const std::string name(smpp::CommandName(layout.id));
    c.Add(name + " to nothing", BadPdu::kResponse,
          WholePdu(layout.id, kSequence, GoodBody(layout).Join()));
    c.Add(name + " to nothing, without a body", BadPdu::kResponse,
          WholePdu(layout.id, kSequence, {}));
    c.Add(name + " to nothing, malformed", BadPdu::kResponse,
          WholePdu(layout.id, kSequence, Octets(80, 'A')));
    c.Add(name + " with number 0", BadPdu::kResponse, WholePdu(layout.id, 0, {}));
    c.Add(name + " with number 0xFFFFFFFF", BadPdu::kResponse, WholePdu(layout.id, 0xFFFFFFFF, {}));
  }
  for (const std::uint32_t id : {0x800000AAu, 0x80010200u, 0x8000000Bu, 0x80000102u, 0xFFFFFFFFu}) {
    c.Add("unknown response " + Hex(id), BadPdu::kResponse, WholePdu(CommandId{id}, kSequence, {}));
  }
}

void Texts(Collector& c, const PduLayout& layout) {
  for (std::size_t i = 0; i < layout.fields.size(); ++i) {
    const FieldLayout& field = layout.fields[i];
    if (field.kind == FieldLayout::kText) {
      c.Field("one too long", layout, i, TextField(field.octets_max), field.wrong);
      c.Field("far too long", layout, i, TextField(1000), field.wrong);
      c.Field("without its NUL", layout, i, Octets(field.octets_max + 1, 'A'), field.wrong, true);
      c.Field("cut in its text", layout, i, Octets(2, 'A'), ESME_RINVCMDLEN, true);
    } else if (field.kind == FieldLayout::kTime) {
      for (const std::size_t characters : {1, 10, 15, 17, 20}) {
        c.Field("of " + std::to_string(characters), layout, i, TextField(characters), field.wrong);
      }
    }
    if (i == 0) continue;
    BodyPieces cut = GoodBody(layout);
    cut.fields.resize(i);
    cut.tail.clear();
    c.Body("ends before " + std::string(field.name), layout, cut.Join(), ESME_RINVCMDLEN);
  }
  c.Body("without a body", layout, {}, ESME_RINVCMDLEN);
}

void Messages(Collector& c, const PduLayout& layout) {
  const std::size_t last = layout.fields.size() - 1;
  if (layout.fields[last].kind != FieldLayout::kMessage) return;
  for (const std::uint8_t claimed : std::initializer_list<std::uint8_t>{6, 7, 100, 254, 255}) {
    c.Field("says " + std::to_string(claimed) + ", has 5", layout, last,
            {claimed, 'h', 'e', 'l', 'l', 'o'}, ESME_RINVMSGLEN);
  }
  for (const std::uint8_t claimed : std::initializer_list<std::uint8_t>{2, 3, 4}) {
    c.Field("says " + std::to_string(claimed) + ", has 5", layout, last,
            {claimed, 'h', 'e', 'l', 'l', 'o'}, ESME_RINVTLVSTREAM);
  }
}

void Tails(Collector& c, const PduLayout& layout) {
  if (!layout.has_tlvs) return;
  c.Tail("one stray octet", layout, {0x04}, ESME_RINVTLVSTREAM);
  c.Tail("two stray octets", layout, {0x04, 0x24}, ESME_RINVTLVSTREAM);
  c.Tail("three stray octets", layout, {0x04, 0x24, 0x00}, ESME_RINVTLVSTREAM);
  c.Tail("a TLV one octet short", layout, {0x14, 0x00, 0, 3, 'a', 'b'}, ESME_RINVTLVSTREAM);
  c.Tail("a TLV of 65535 that is not there", layout, {0x04, 0x24, 0xFF, 0xFF}, ESME_RINVTLVSTREAM);
  c.Tail("a stray octet behind a TLV", layout, {0x14, 0x00, 0, 0, 9}, ESME_RINVTLVSTREAM);
}

/// What a client's message must be beyond its layout: protocol/README.md, "judged strictly".
void Strictness(Collector& c, CommandId id) {
  const PduLayout& layout = LayoutOf(id);
  for (std::size_t i = 0; i < layout.fields.size(); ++i) {
    const std::string_view name = layout.fields[i].name;
    if (name != "source_addr" && name != "destination_addr") continue;
    for (const std::uint8_t odd : std::initializer_list<std::uint8_t>{
             0x01, 0x09, 0x0A, 0x1B, 0x1F, 0x7F, 0x80, 0xA0, 0xC3, 0xFF}) {
      c.Field("with octet " + std::to_string(odd), layout, i, {'4', odd, '9', 0},
              layout.fields[i].wrong);
    }
    if (name == "destination_addr") c.Field("empty", layout, i, {0}, ESME_RINVDSTADR);
  }
  const Octets payload = smpp::test::layout::kPayload;
  c.Tail("two bodies", layout, payload, ESME_RINVTLVVAL);
  for (const std::uint8_t tag : std::initializer_list<std::uint8_t>{0x0C, 0x0E, 0x0F}) {
    for (std::uint8_t octets = 0; octets <= 4; ++octets) {
      if (octets == (tag == 0x0C ? 2 : 1)) continue;
      Octets tlv = {0x02, tag, 0, octets};
      tlv.resize(4 + octets, 1);
      c.Tail("SAR TLV 0x020" + std::to_string(tag) + " of " + std::to_string(octets), layout, tlv,
             ESME_RINVTLVLEN);
    }
  }
}

void Incomplete(Collector& c) {
  BodyPieces data = GoodBody(LayoutOf(data_sm));
  data.tail.clear();
  c.Body("without message_payload", LayoutOf(data_sm), data.Join(), ESME_RMISSINGTLV);
  BodyPieces broadcast = GoodBody(LayoutOf(broadcast_sm));
  broadcast.tail.resize(6);
  c.Body("with its area only", LayoutOf(broadcast_sm), broadcast.Join(), ESME_RMISSINGTLV);
}

void Destinations(Collector& c) {
  const PduLayout& layout = LayoutOf(submit_multi);
  constexpr std::size_t kList = 4;
  c.Field("of none", layout, kList, {0}, ESME_RINVNUMDESTS);
  for (const std::uint8_t flag : std::initializer_list<std::uint8_t>{0, 3, 4, 127, 128, 255}) {
    c.Field("with dest_flag " + std::to_string(flag), layout, kList, {1, flag, 1, 1, '7', 0},
            ESME_RINVDESTFLAG);
  }
  Octets number = {1, 1, 1, 1}, list = {1, 2};
  number.resize(4 + 22, '7');
  list.resize(2 + 22, 'L');
  c.Field("with a number too long", layout, kList, number, ESME_RINVDSTADR);
  c.Field("with a list's name too long", layout, kList, list, ESME_RINVDLNAME);
  c.Field("cut in its second entry", layout, kList, {2, 1, 1, 1, '7', 0, 1}, ESME_RINVCMDLEN, true);
}

void Harmless(Collector& c) {
  for (const std::size_t octets : {1, 3, 4, 500}) {
    c.Add("enquire_link with " + std::to_string(octets) + " octets", BadPdu::kHarmless,
          WholePdu(enquire_link, kSequence, Octets(octets, 0xAB)));
  }
  for (const std::uint32_t status : {0x01u, 0x08u, 0x45u, 0xFFu, 0x400u, 0xFFFFFFFFu}) {
    Octets pdu = WholePdu(enquire_link, kSequence, {});
    smpp::WriteU32(pdu.data() + 8, status);
    c.Add("enquire_link with command_status " + Hex(status), BadPdu::kHarmless, pdu);
  }
}

std::vector<BadPdu> MakeAll() {
  Collector c;
  Framing(c);
  Unknown(c);
  Responses(c);
  for (const PduLayout& layout : smpp::test::RequestLayouts()) {
    if (layout.fields.empty()) continue;
    Texts(c, layout);
    Messages(c, layout);
    Tails(c, layout);
  }
  Strictness(c, submit_sm);
  Strictness(c, data_sm);
  Incomplete(c);
  Destinations(c);
  Harmless(c);
  return c.all;
}

bool IsAmong(CommandId id, std::initializer_list<CommandId> list) {
  return std::find(list.begin(), list.end(), id) != list.end();
}

}  // namespace

const std::vector<BadPdu>& BadPdus() {
  static const std::vector<BadPdu> all = MakeAll();
  return all;
}

std::vector<std::uint8_t> Owed::octets() const {
  if (!answer) return {};
  std::vector<std::uint8_t> whole(answer->command_length);
  smpp::WriteHeader(whole.data(), *answer);
  return whole;
}

namespace {

smpp::Header AnswerTo(const BadPdu& bad, CommandId id, Status status, std::uint32_t body = 0) {
  return {static_cast<std::uint32_t>(smpp::kHeaderOctets) + body, id, status, bad.sequence_number};
}

/// What does not depend on state or direction; nothing of kBody.
std::optional<Owed> OwedByFamily(const BadPdu& bad) {
  switch (bad.family) {
    case BadPdu::kFraming:
      return Owed{AnswerTo(bad, generic_nack, ESME_RINVCMDLEN), false};
    case BadPdu::kUnknown:
      return Owed{AnswerTo(bad, generic_nack, ESME_RINVCMDID)};
    case BadPdu::kResponse:
      return Owed{};
    case BadPdu::kHarmless:
      return Owed{AnswerTo(bad, enquire_link_resp, ESME_ROK)};
    case BadPdu::kBody:
      break;
  }
  return std::nullopt;
}

}  // namespace

Owed OwedFor(const BadPdu& bad, std::string_view state) {
  if (const auto owed = OwedByFamily(bad)) return *owed;
  const CommandId id = smpp::ReadHeader(bad.octets.data()).command_id;
  if (IsAmong(id, {outbind, alert_notification})) return {};  // they have no response
  const CommandId response = smpp::ResponseOf(id);
  if (IsAmong(id, {bind_receiver, bind_transmitter, bind_transceiver})) {
    if (state == "OPEN") return {AnswerTo(bad, response, bad.status), false};
    return {AnswerTo(bad, response, ESME_RALYBND)};
  }
  const bool may_send = state == "BOUND_TX" || state == "BOUND_TRX";
  if (!may_send || id == deliver_sm) return {AnswerTo(bad, response, ESME_RINVBNDSTS)};
  return {AnswerTo(bad, response, bad.status)};
}

Owed OwedToSupplier(const BadPdu& bad, std::string_view state) {
  if (const auto owed = OwedByFamily(bad)) return *owed;
  const CommandId id = smpp::ReadHeader(bad.octets.data()).command_id;
  if (IsAmong(id, {outbind, alert_notification})) return {};
  // What only a client may ask is no command of a supplier.
  if (!IsAmong(id, {deliver_sm, data_sm})) return {AnswerTo(bad, generic_nack, ESME_RINVCMDID)};
  const bool may_send = state == "BOUND_RX" || state == "BOUND_TRX";
  if (!may_send) return {AnswerTo(bad, smpp::ResponseOf(id), ESME_RINVBNDSTS)};
  return {AnswerTo(bad, smpp::ResponseOf(id), bad.status, 1)};
}

}  // namespace hub::test
