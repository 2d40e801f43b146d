#include "protocol/pdu/splice.h"

#include <gtest/gtest.h>

#include <random>

#include "protocol/pdu/message_edits.h"
#include "tests/unit/protocol/vectors.h"

namespace smpp::test {
namespace {

/// A PDU of 16 + text octets.
Octets Pdu(std::string_view text) {
  Octets pdu(kHeaderOctets);
  pdu.insert(pdu.end(), text.begin(), text.end());
  WriteHeader(pdu.data(),
              {static_cast<std::uint32_t>(pdu.size()), CommandId::submit_sm, Status::ESME_ROK, 7});
  return pdu;
}

Octets Applied(const Splice& splice) {
  Octets out(splice.octets());
  EXPECT_EQ(splice.Apply(out), out.size());
  return out;
}

/// Both ways of writing must agree.
Octets Written(Splice& splice) {
  std::array<Bytes, Splice::kPiecesMax> pieces;
  Octets joined;
  const std::size_t used = splice.Pieces(pieces);
  for (std::size_t i = 0; i < used; ++i) {
    EXPECT_FALSE(pieces[i].empty());
    joined.insert(joined.end(), pieces[i].begin(), pieces[i].end());
  }
  EXPECT_EQ(ToHex(joined), ToHex(Applied(splice)));
  return joined;
}

TEST(Splice, WithoutEditsIsThePdu) {
  const Octets pdu = Pdu("abc");
  Splice splice(pdu);
  EXPECT_EQ(Written(splice), pdu);
}

TEST(Splice, ReplacesInsertsAndRemovesInAnyOrder) {
  const Octets pdu = Pdu("0123456789");
  Splice splice(pdu);
  EXPECT_TRUE(splice.Replace(16 + 8, 2, AsBytes("")));
  EXPECT_TRUE(splice.Replace(16 + 0, 1, AsBytes("zero")));
  EXPECT_TRUE(splice.Replace(16 + 4, 0, AsBytes("x")));
  EXPECT_TRUE(splice.Replace(16 + 4, 0, AsBytes("y")));
  EXPECT_TRUE(splice.ReplaceU8(16 + 5, '!'));
  EXPECT_TRUE(splice.ReplaceU16(16 + 6, 0x4142));
  EXPECT_TRUE(splice.Replace(26, 0, AsBytes("end")));
  splice.set_sequence_number(99);
  const Octets out = Written(splice);
  EXPECT_EQ(AsText(out).substr(16), "zero123xy4!ABend");
  EXPECT_EQ(ReadHeader(out.data()).command_length, out.size());
  EXPECT_EQ(ReadHeader(out.data()).sequence_number, 99u);
  EXPECT_EQ(ReadHeader(out.data()).command_id, CommandId::submit_sm);
}

TEST(Splice, RefusesWhatOverlapsOrLiesOutside) {
  const Octets pdu = Pdu("0123456789");
  Splice splice(pdu);
  EXPECT_FALSE(splice.Replace(15, 1, {}));
  EXPECT_FALSE(splice.Replace(26, 1, {}));
  EXPECT_FALSE(splice.Replace(27, 0, {}));
  EXPECT_FALSE(splice.Replace(20, SIZE_MAX, {}));
  ASSERT_TRUE(splice.Replace(20, 3, AsBytes("-")));
  EXPECT_FALSE(splice.Replace(22, 1, {}));
  EXPECT_FALSE(splice.Replace(18, 3, {}));
  EXPECT_FALSE(splice.ReplaceU8(21, 0));
  EXPECT_TRUE(splice.Replace(18, 2, {}));
  EXPECT_EQ(splice.edits(), 2u);
  EXPECT_EQ(AsText(Applied(splice)).substr(16), "01-789");
}

TEST(Splice, HoldsEightEdits) {
  const Octets pdu = Pdu("0123456789");
  Splice splice(pdu);
  for (std::size_t i = 0; i < Splice::kEditsMax; ++i) EXPECT_TRUE(splice.ReplaceU8(17 + i, 'x'));
  EXPECT_FALSE(splice.ReplaceU8(16, 'x'));
  EXPECT_EQ(AsText(Written(splice)).substr(16), "0xxxxxxxx9");
}

TEST(Splice, WritesNothingIntoABufferTooSmall) {
  const Octets pdu = Pdu("abc");
  const Splice splice(pdu);
  Octets out(pdu.size() - 1, 0xEE);
  EXPECT_EQ(splice.Apply(out), 0u);
  EXPECT_EQ(out, Octets(pdu.size() - 1, 0xEE));
}

TEST(Splice, AgreesWithAStringModel) {  // seeded: a failure replays
  std::mt19937 random(20261120);
  const std::string letters = "abcdefghijklmnopqrstuvwxyz0123456789";
  for (int round = 0; round < 2000; ++round) {
    const Octets pdu = Pdu(letters);
    Splice splice(pdu);
    std::string model = letters;  // edited from the back, so that offsets stay true
    std::size_t end = letters.size();
    const std::string replacement = "ABCDEF";
    for (std::size_t n = random() % 8; n > 0 && end > 0; --n) {
      const std::size_t removed = random() % (end + 1) % 7;
      const std::size_t offset = end - removed - random() % (end - removed + 1) % 5;
      const std::string put = replacement.substr(0, random() % 7);
      ASSERT_TRUE(splice.Replace(16 + offset, removed, AsBytes(replacement).first(put.size())));
      model.replace(offset, removed, put);
      end = offset == 0 ? 0 : offset - 1;
    }
    EXPECT_EQ(AsText(Written(splice)).substr(16), model);
  }
}

TEST(MessageEdits, ChangeOnlyTheirField) {
  const Octets pdu = VectorPdu("U19");  // SAR TLVs
  const MessageView view = ViewMessage(CommandId::submit_sm, pdu).value();
  Splice splice(pdu);
  const Octets ref = FromHex("beef");
  ASSERT_TRUE(SetSource(splice, view, 1, 1, "46709999999"));
  ASSERT_TRUE(SetRegisteredDelivery(splice, view, 0x11));
  ASSERT_TRUE(SetTlv(splice, view, *FindTlv(view.tlvs, Tag::sar_msg_ref_num), ref));
  const Octets out = Written(splice);
  const MessageView edited = ViewMessage(CommandId::submit_sm, out).value();
  EXPECT_EQ(edited.source_addr_ton, 1);
  EXPECT_EQ(edited.source_addr_npi, 1);
  EXPECT_EQ(edited.source_addr, "46709999999");
  EXPECT_EQ(edited.registered_delivery, 0x11);
  EXPECT_EQ(edited.sar_msg_ref_num, 0xBEEF);
  EXPECT_EQ(edited.destination_addr, view.destination_addr);
  EXPECT_EQ(ToHex(edited.short_message), ToHex(view.short_message));
  EXPECT_EQ(out.size(), pdu.size() + 7);
}

TEST(MessageEdits, RefuseAddressesThatTheFieldCannotHold) {
  const Octets submit = VectorPdu("U02");
  const MessageView view = ViewMessage(CommandId::submit_sm, submit).value();
  Splice splice(submit);
  EXPECT_FALSE(SetDestination(splice, view, 1, 1, "123456789012345678901"));
  EXPECT_FALSE(SetDestination(splice, view, 1, 1, std::string_view("1\0002", 3)));
  EXPECT_EQ(splice.edits(), 0u);
  EXPECT_TRUE(SetDestination(splice, view, 1, 1, "12345678901234567890"));
  EXPECT_TRUE(ViewMessage(CommandId::submit_sm, Written(splice)).ok());
  const Octets data = VectorPdu("U34");
  Splice longer(data);
  const MessageView data_view = ViewMessage(CommandId::data_sm, data).value();
  EXPECT_TRUE(SetDestination(longer, data_view, 0, 0, "123456789012345678901"));
  EXPECT_TRUE(ViewMessage(CommandId::data_sm, Written(longer)).ok());
}

}  // namespace
}  // namespace smpp::test
