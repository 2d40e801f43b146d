#include "protocol/wire/tlv.h"

#include <gtest/gtest.h>

#include "tests/unit/protocol/vectors.h"

namespace smpp::test {
namespace {

TEST(Tlv, AreWalkedInOrderWithTheirOffsets) {
  const Octets stream = FromHex(
      "04240003616263"
      "130c0000"
      "14000001ff"
      "0424000178");
  TlvCursor cursor(stream);
  Tlv tlv;
  ASSERT_TRUE(cursor.Next(tlv));
  EXPECT_EQ(tlv.tag, Tag::message_payload);
  EXPECT_EQ(AsText(tlv.value), "abc");
  EXPECT_EQ(tlv.offset, 0u);
  ASSERT_TRUE(cursor.Next(tlv));
  EXPECT_EQ(tlv.tag, Tag::alert_on_message_delivery);
  EXPECT_TRUE(tlv.value.empty());
  EXPECT_EQ(tlv.offset, 7u);
  ASSERT_TRUE(cursor.Next(tlv));
  EXPECT_EQ(static_cast<int>(tlv.tag), 0x1400);
  ASSERT_TRUE(cursor.Next(tlv));
  EXPECT_EQ(tlv.offset, 16u);
  EXPECT_FALSE(cursor.Next(tlv));
  EXPECT_FALSE(cursor.broken());
}

TEST(Tlv, AreFoundByTagFirstOneFirst) {
  const Octets stream = FromHex(
      "0424000161"
      "0424000162"
      "0427000102"
      "02040001aa");
  EXPECT_EQ(AsText(FindTlv(stream, Tag::message_payload)->value), "a");
  EXPECT_EQ(FindTlvU8(stream, Tag::message_state), 2);
  EXPECT_EQ(FindTlv(stream, Tag::dest_port), std::nullopt);
  EXPECT_EQ(FindTlvU8(stream, Tag::sc_interface_version), std::nullopt);
  EXPECT_EQ(FindTlvU8(FromHex("042700020102"), Tag::message_state), std::nullopt);
}

struct StreamCase {
  const char* name;
  const char* hex;
  Status status;
};
constexpr StreamCase kStreams[] = {
    {"Empty", "", Status::ESME_ROK},
    {"OneStrayOctet", "00", Status::ESME_RINVTLVSTREAM},
    {"ThreeStrayOctets", "042400", Status::ESME_RINVTLVSTREAM},
    {"EmptyValue", "04240000", Status::ESME_ROK},
    {"ValueCutShort", "0424000261", Status::ESME_RINVTLVSTREAM},
    {"LongestLengthWithNothingBehind", "0424ffff", Status::ESME_RINVTLVSTREAM},
    {"GoodThenStray", "042400016100", Status::ESME_RINVTLVSTREAM},
};
class TlvStream : public testing::TestWithParam<StreamCase> {};
TEST_P(TlvStream, IsJudged) { EXPECT_EQ(JudgeTlvs(FromHex(GetParam().hex)), GetParam().status); }
INSTANTIATE_TEST_SUITE_P(Spec, TlvStream, testing::ValuesIn(kStreams),
                         [](const auto& c) { return std::string(c.param.name); });

TEST(Tlv, TextEndsAtItsNulOrItsLength) {
  EXPECT_EQ(TlvText(FromHex("61626300")), "abc");
  EXPECT_EQ(TlvText(FromHex("616263")), "abc");
  EXPECT_EQ(TlvText(FromHex("00")), "");
  EXPECT_EQ(TlvText({}), "");
}

TEST(Tlv, AreWrittenUnlessNoTlvCanHoldThem) {
  Octets out(8);
  Writer writer(out);
  EXPECT_TRUE(PutTlv(writer, Tag::message_state, FromHex("02")));
  EXPECT_EQ(writer.wanted(), 5u);
  EXPECT_EQ(ToHex(out), "0427000102000000");
  EXPECT_FALSE(PutTlv(writer, Tag::message_payload, Octets(0x10000)));
  EXPECT_EQ(writer.wanted(), 5u);
}

TEST(Reader, TakesNothingWhenItDoesNotFit) {
  const Octets octets = FromHex("01020304");
  Reader reader(octets);
  std::uint8_t u8 = 0;
  std::uint16_t u16 = 0;
  std::uint32_t u32 = 0;
  Bytes run;
  ASSERT_TRUE(reader.U8(u8));
  EXPECT_FALSE(reader.U32(u32));
  EXPECT_FALSE(reader.Take(4, run));
  ASSERT_TRUE(reader.U16(u16));
  EXPECT_EQ(u16, 0x0203);
  EXPECT_FALSE(reader.U16(u16));
  EXPECT_EQ(reader.left(), 1u);
}

TEST(Reader, FindsTheNulOnlyWithinTheLimit) {
  const Octets octets = FromHex("61626300");
  std::string_view text;
  EXPECT_FALSE(Reader(octets).CString(3, text));
  EXPECT_TRUE(Reader(octets).CString(4, text));
  EXPECT_EQ(text, "abc");
  EXPECT_FALSE(Reader(Bytes{}).CString(4, text));
}

TEST(Writer, CountsWhatDoesNotFit) {
  Octets out(3);
  Writer writer(out);
  writer.U16(0x0102);
  writer.U32(0x03040506);
  writer.CString("abc");
  EXPECT_FALSE(writer.fits());
  EXPECT_EQ(writer.wanted(), 10u);
  EXPECT_EQ(ToHex(out), "010200");
}

}  // namespace
}  // namespace smpp::test
