// UDH, SAR and the counting of segments.
#include "protocol/text/segments.h"

#include <gtest/gtest.h>

#include "protocol/wire/header.h"
#include "tests/unit/protocol/vectors.h"

namespace smpp::test {
namespace {

std::optional<Concat> Udh(std::string_view hex) { return ConcatOfUdh(FromHex(hex)); }

TEST(Udh, FindsTheConcatenationAmongItsElements) {
  EXPECT_EQ(Udh("0500032a0201"
                "61"),
            (Concat{0x2a, 2, 1}));
  EXPECT_EQ(Udh("060804beef0302"
                "61"),
            (Concat{0xbeef, 3, 2}));
  EXPECT_EQ(Udh("0b"
                "05040b84c002"
                "00032a0201"
                "61"),
            (Concat{0x2a, 2, 1}));  // ports first
  EXPECT_EQ(Udh("0605040b84c002"
                "61"),
            std::nullopt);  // ports only
}

TEST(Udh, NeverBelievesAMalformedOne) {
  for (const char* hex : {
           "",
           "05",            // nothing behind its length
           "0500032a02",    // header longer than the text
           "ff00032a0201",  // the same, by far
           "0400032a02",    // element longer than the header
           "0500ff2a0201",  // the same, by far
           "0500032a0200",  // part 0
           "0500032a0203",  // part behind the last
           "0500032a0000",  // no parts
           "0400022a02",    // a concatenation element of a wrong length
           "00",            // an empty header
       }) {
    EXPECT_EQ(Udh(hex), std::nullopt) << hex;
  }
  EXPECT_EQ(UdhOctets(FromHex("0500032a0201")), 6u);
  EXPECT_EQ(UdhOctets(FromHex("0600032a0201")), 0u);
}

MessageView View(const char* vector) {
  static Octets pdu;  // the view borrows from it
  pdu = VectorPdu(vector);
  return ViewMessage(ReadHeader(pdu.data()).command_id, pdu).value();
}

TEST(Udh, IsThereWhenItsElementsFillIt) {
  for (const char* hex : {
           "0500032a0201",              // a concatenation and no text
           "0500032a020148656c6c6f",    // and a text
           "060804beef0302",            // a reference of 16 bits
           "0b05040b84c00200032a0201",  // two elements
           "022400",                    // an element without data
       }) {
    EXPECT_TRUE(BeginsWithUdh(FromHex(hex))) << hex;
  }
  for (const char* hex : {
           "",
           "00",                      // an empty one: "@" is a text
           "0048656c6c6f",            // the same, and more
           "0500032a02",              // longer than the text
           "0400032a0201",            // an element longer than the header
           "0600032a020148",          // an octet that is of no element
           "48656c6c6f20776f726c64",  // "Hello world"
       }) {
    EXPECT_FALSE(BeginsWithUdh(FromHex(hex))) << hex;
  }
}

TEST(Concat, ComesFromUdhOrFromAllThreeSarTlvs) {
  EXPECT_EQ(ConcatOf(View("U14")), (Concat{0x2a, 2, 1}));
  EXPECT_EQ(ConcatOf(View("U19")), (Concat{0x1234, 3, 2}));
  EXPECT_EQ(ConcatOf(View("U02")), std::nullopt);
  MessageView view = View("U19");
  view.sar_segment_seqnum.reset();
  EXPECT_EQ(ConcatOf(view), std::nullopt);
  view.sar_segment_seqnum = 4;  // of 3
  EXPECT_EQ(ConcatOf(view), std::nullopt);
  view.sar_segment_seqnum = 3;
  view.esm_class = 0x40;  // with UDHI, SAR must not be used
  EXPECT_EQ(ConcatOf(view), std::nullopt);
}

struct CountCase {
  const char* name;
  std::uint8_t data_coding;
  std::uint8_t esm_class;
  std::size_t octets;  // of text
  const char* udh;     // hex, in front of it
  bool has_concat;
  std::uint32_t segments;
};
constexpr const char* kConcat8 = "0500032a0201";
constexpr const char* kConcat16 = "060804beef0302";
constexpr const char* kPorts = "0605040b84c002";
constexpr CountCase kCounts[] = {
    {"Empty", 0, 0, 0, "", false, 1},
    {"Gsm160", 0, 0, 160, "", false, 1},
    {"Gsm161", 0, 0, 161, "", false, 2},
    {"Octets140", 4, 0, 140, "", false, 1},
    {"Octets141", 4, 0, 141, "", false, 2},
    {"Octets269", 4, 0, 269, "", false, 3},  // 2 * 134 = 268
    {"Ucs2Of70", 8, 0, 140, "", false, 1},
    {"Ucs2Of71", 8, 0, 142, "", false, 2},
    {"Ucs2OddOctet", 8, 0, 141, "", false, 2},  // half a unit more than 70
    {"FlashGsm", 0xF0, 0, 160, "", false, 1},
    {"Gsm65535", 0, 0, 65'535, "", false, 429},  // 65535 / 153 = 428.3
    {"Part", 0, 0x40, 153, kConcat8, true, 1},
    {"Part16", 0, 0x40, 152, kConcat16, true, 1},
    {"PartUcs2", 8, 0x40, 134, kConcat8, true, 1},
    {"PartBySar", 0, 0, 160, "", true, 1},
    {"TooLongForAPart", 0, 0x40, 300, kConcat8, true, 2},
    {"TooLongForAPartUcs2", 8, 0x40, 140, kConcat8, true, 2},
    {"TooLongForASarPart", 0, 0, 161, "", true, 2},
    {"LongPayloadThatSaysItIsAPart", 0, 0x40, 60'000, kConcat8, true, 393},
    {"PortsFit", 0, 0x40, 152, kPorts, false, 1},       // (140 - 7) * 8 / 7 = 152
    {"PortsDoNotFit", 0, 0x40, 153, kPorts, false, 2},  // parts of (140 - 12) * 8 / 7 = 146
    {"PortsOctets", 4, 0x40, 133, kPorts, false, 1},
    {"PortsOctetsCut", 4, 0x40, 257, kPorts, false, 3},  // parts of 128
    {"BrokenUdhCountsAsText", 4, 0x40, 141, "", false, 2},
};
class Count : public testing::TestWithParam<CountCase> {};
TEST_P(Count, IsByTheTable) {
  const CountCase& c = GetParam();
  Octets text = FromHex(c.udh);
  text.insert(text.end(), c.octets, 0xFF);
  EXPECT_EQ(SegmentCount(c.data_coding, c.esm_class, text, c.has_concat), c.segments);
}
INSTANTIATE_TEST_SUITE_P(Spec, Count, testing::ValuesIn(kCounts),
                         [](const auto& c) { return std::string(c.param.name); });

TEST(Count, IsFiniteWhenTheHeaderLeavesNoRoom) {
  Octets text(256, 0);
  text[0] = 200;  // a header of 201 octets
  EXPECT_EQ(SegmentCount(4, 0x40, text, false), 55u);
  EXPECT_EQ(SegmentCount(4, 0x40, text, true), 55u);
}

TEST(Count, OfAMessage) {
  EXPECT_EQ(SegmentCount(View("U05")), 1u);  // 160 septets
  EXPECT_EQ(SegmentCount(View("U06")), 2u);  // 254 octets
  EXPECT_EQ(SegmentCount(View("U20")), 3u);  // payload of 320 septets
  EXPECT_EQ(SegmentCount(View("U14")), 1u);
  EXPECT_EQ(SegmentCount(View("U19")), 1u);
}

}  // namespace
}  // namespace smpp::test
