// Every TLV of the table, and some of none, in each message: relayed as it came whatever its length, refused only when it is cut.
#include <gtest/gtest.h>

#include "protocol/pdu/any_pdu.h"
#include "protocol/pdu/message_view.h"
#include "tests/support/pdu_layout.h"

namespace smpp::test {
namespace {

using enum Status;

struct Row {
  std::string_view name;
  std::uint16_t tag;
  std::size_t octets_min, octets_max;
};

constexpr Row kRows[] = {
#define TLV(name, tag, min, max) {#name, tag, min, max},
#include "protocol/wire/tlv.def"
#undef TLV
};

constexpr std::uint16_t kNameless[] = {0x0000, 0x0001, 0x0450, 0x1400,
                                       0x2FFF, 0x3FFF, 0x4000, 0xFFFF};

constexpr CommandId kMessages[] = {CommandId::submit_sm, CommandId::deliver_sm, CommandId::data_sm};

Octets TlvOctets(std::uint16_t tag, std::size_t octets) {
  Octets tlv(4 + octets, 0x31);
  WriteU16(tlv.data(), tag);
  WriteU16(tlv.data() + 2, static_cast<std::uint16_t>(octets));
  return tlv;
}

bool IsSar(std::uint16_t tag) { return tag == 0x020C || tag == 0x020E || tag == 0x020F; }
bool IsPayload(std::uint16_t tag) { return tag == 0x0424; }

/// A message without a text of its own, with one TLV.
Octets Carrier(CommandId id, const Octets& tlv) {
  BodyPieces body = GoodBody(LayoutOf(id));
  if (id != CommandId::data_sm) body.fields.back() = {0};
  body.tail.insert(body.tail.end(), tlv.begin(), tlv.end());
  return WholePdu(id, 7, body.Join());
}

Status Judge(CommandId id, const Octets& pdu) {
  MessageView view;
  const Status status = ViewMessage(id, pdu, view);
  EXPECT_EQ(status, JudgePdu(id, Bytes(pdu).subspan(kHeaderOctets)));
  if (status == ESME_ROK) {
    EXPECT_EQ(RoundTrip(pdu), pdu);
  }
  return status;
}

/// What a message with this TLV deserves: two bodies and torn SAR parts are refused to a client, see protocol/README.md.
Status Wanted(CommandId id, const Row& row, std::size_t octets) {
  if (id == CommandId::deliver_sm) return ESME_ROK;
  if (id == CommandId::data_sm && IsPayload(row.tag)) return ESME_RINVTLVVAL;
  const bool right = octets >= row.octets_min && octets <= row.octets_max;
  return IsSar(row.tag) && !right ? ESME_RINVTLVLEN : ESME_ROK;
}

TEST(TlvRelay, EveryTlvOfTheTablePassesAtItsBoundsAndBeyond) {
  for (const Row& row : kRows) {
    for (const CommandId id : kMessages) {
      for (const std::size_t octets : {row.octets_min, row.octets_max, row.octets_min + 1,
                                       row.octets_max + 1, std::size_t{0}, std::size_t{300}}) {
        if (octets > 0xFFFF) continue;
        EXPECT_EQ(Judge(id, Carrier(id, TlvOctets(row.tag, octets))), Wanted(id, row, octets))
            << row.name << " " << octets << " " << CommandName(id);
      }
    }
  }
}

TEST(TlvRelay, TagsOfNoTablePassAtAnyLength) {
  for (const std::uint16_t tag : kNameless) {
    for (const CommandId id : kMessages) {
      for (const std::size_t octets : {0, 1, 2, 255, 5000}) {
        const Octets tlv = TlvOctets(tag, octets);
        const Octets pdu = Carrier(id, tlv);
        EXPECT_EQ(Judge(id, pdu), ESME_ROK);
        EXPECT_TRUE(std::equal(tlv.rbegin(), tlv.rend(), pdu.rbegin()));
      }
    }
  }
}

TEST(TlvRelay, ATlvCutAnywhereIsRefused) {
  for (const Row& row : kRows) {
    const Octets whole = TlvOctets(row.tag, std::max<std::size_t>(row.octets_min, 1));
    for (const CommandId id : kMessages) {
      for (std::size_t octets = 1; octets < whole.size(); ++octets) {
        const Octets cut(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(octets));
        EXPECT_EQ(Judge(id, Carrier(id, cut)), ESME_RINVTLVSTREAM) << row.name << " " << octets;
      }
    }
  }
}

TEST(TlvRelay, AllOfTheTableTogetherTwiceAndBackwardsKeepTheirOrder) {
  Octets tail;
  for (int round = 0; round < 2; ++round) {
    for (auto row = std::rbegin(kRows); row != std::rend(kRows); ++row) {
      if (IsPayload(row->tag) && round == 1) continue;
      const Octets tlv = TlvOctets(row->tag, row->octets_min);
      tail.insert(tail.end(), tlv.begin(), tlv.end());
    }
  }
  const Octets pdu = Carrier(CommandId::submit_sm, tail);
  MessageView view;
  ASSERT_EQ(ViewMessage(CommandId::submit_sm, pdu, view), ESME_ROK);
  EXPECT_EQ(Octets(view.tlvs.begin(), view.tlvs.end()), tail);
}

}  // namespace
}  // namespace smpp::test
