// Every golden encoding: GSM packing, UCS-2, capacities, part counts.
#include <gtest/gtest.h>

#include "protocol/text/gsm7.h"
#include "protocol/text/segments.h"
#include "protocol/text/ucs2.h"
#include "tests/unit/protocol/vectors.h"

namespace smpp::test {
namespace {

class EncodingVector : public testing::TestWithParam<Json> {
 protected:
  const Json& v() const { return GetParam(); }
  std::string text(const char* key) const { return v()[key].get<std::string>(); }
  std::size_t number(const char* key) const { return v()[key].get<std::size_t>(); }
};

TEST_P(EncodingVector, Agrees) {
  const std::string name = text("name");
  if (v().contains("unpacked")) {
    const auto septets = Gsm7FromUtf8(text("text"));
    ASSERT_TRUE(septets.has_value());
    EXPECT_EQ(CountSeptets(text("text")), number("septets"));
    EXPECT_EQ(ToHex(*septets), text("unpacked"));
    EXPECT_EQ(ToHex(PackSeptets(*septets)), text("packed"));
    EXPECT_EQ(PackedOctets(septets->size()), number("packed_octets"));
    EXPECT_EQ(UnpackSeptets(FromHex(text("packed")), number("septets")), *septets);
    EXPECT_EQ(Utf8FromGsm7(*septets), text("text"));
  } else if (v().contains("udh")) {
    const Octets udh = FromHex(text("udh"));
    const unsigned fill = FillBits(udh.size());
    EXPECT_EQ(fill, number("fill_bits"));
    const Octets packed = FromHex(text("packed"));
    const Bytes user_data = Bytes(packed).subspan(udh.size());
    const Octets septets = UnpackSeptets(user_data, number("septets"), fill);
    EXPECT_EQ(septets, Octets(number("septets"), septets.at(0)));  // all the same letter
    EXPECT_EQ(ToHex(PackSeptets(septets, fill)), ToHex(user_data));
    EXPECT_EQ(udh.size() + PackedOctets(septets.size(), fill), number("packed_octets"));
  } else if (v().contains("hex")) {
    EXPECT_EQ(ToHex(Ucs2FromUtf8(text("text"))), text("hex"));
    EXPECT_EQ(Utf8FromUcs2(FromHex(text("hex"))), text("text"));
    EXPECT_EQ(FromHex(text("hex")).size(), number("octets"));
    EXPECT_EQ(number("octets") / 2, number("units"));
  } else if (v().contains("single")) {
    const Alphabet alphabet = name == "capacity GSM 7-bit" ? Alphabet::kGsm7
                              : name == "capacity UCS-2"   ? Alphabet::kUcs2
                                                           : Alphabet::kOctets;
    EXPECT_EQ(SegmentUnits(alphabet, 0), number("single"));
    EXPECT_EQ(SegmentUnits(alphabet, 6), number("part_with_8bit_reference"));
    EXPECT_EQ(SegmentUnits(alphabet, 7), number("part_with_16bit_reference"));
  } else {
    const bool gsm = v().contains("septets");
    const std::size_t units = number(gsm ? "septets" : "units");
    EXPECT_EQ(SegmentsOfUnits(gsm ? Alphabet::kGsm7 : Alphabet::kUcs2, units), number("segments"));
    const Octets octets(gsm ? units : 2 * units, 'x');
    EXPECT_EQ(SegmentCount(gsm ? 0 : 8, 0, octets, false), number("segments"));
  }
}

INSTANTIATE_TEST_SUITE_P(Golden, EncodingVector, testing::ValuesIn(Vectors("encodings")),
                         [](const auto& param) { return VectorName(param); });

TEST(Vectors, HoldAllEncodings) { EXPECT_EQ(Vectors("encodings").size(), 30u); }

}  // namespace
}  // namespace smpp::test
