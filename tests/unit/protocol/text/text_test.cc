// GSM 7-bit, UCS-2, UTF-8 and data_coding beyond the golden encodings.
#include <gtest/gtest.h>

#include "protocol/text/alphabet.h"
#include "protocol/text/gsm7.h"
#include "protocol/text/ucs2.h"
#include "protocol/text/utf8.h"
#include "tests/unit/protocol/vectors.h"

namespace smpp::test {
namespace {

TEST(Gsm7, HoldsEveryCharacterOnceAndBringsItBack) {
  std::string all;
  Octets septets;
  for (int i = 0; i < 128; ++i) {
    if (i != kGsm7Escape) septets.push_back(static_cast<std::uint8_t>(i));
  }
  all = Utf8FromGsm7(septets);
  EXPECT_EQ(Gsm7FromUtf8(all), septets);
  const std::string escaped = "\f^{}\\[~]|€";
  EXPECT_EQ(CountSeptets(escaped), 20u);
  EXPECT_EQ(Utf8FromGsm7(*Gsm7FromUtf8(escaped)), escaped);
}

TEST(Gsm7, HasNoWordForOtherCharacters) {
  EXPECT_EQ(Gsm7FromUtf8("Привет"), std::nullopt);
  EXPECT_EQ(CountSeptets("`"), std::nullopt);
  EXPECT_EQ(CountSeptets("\x1b"), std::nullopt);  // the escape itself is no character
  EXPECT_EQ(CountSeptets("a\xff"), std::nullopt);
}

TEST(Gsm7, ReadsBadSeptetsAsReplacements) {
  EXPECT_EQ(Utf8FromGsm7(FromHex("61ff62")), "a\uFFFDb");
  EXPECT_EQ(Utf8FromGsm7(FromHex("1b61")), "\uFFFD");  // no such escape
  EXPECT_EQ(Utf8FromGsm7(FromHex("1b")), "\uFFFD");    // an escape at the end
}

TEST(Gsm7, PacksAndUnpacksWithAnyFillAndLength) {
  for (unsigned fill = 0; fill < 7; ++fill) {
    for (std::size_t n = 0; n < 40; ++n) {
      Octets septets;
      for (std::size_t i = 0; i < n; ++i)
        septets.push_back(static_cast<std::uint8_t>((i * 37 + 1) & 0x7F));
      const Octets packed = PackSeptets(septets, fill);
      EXPECT_EQ(packed.size(), PackedOctets(n, fill));
      EXPECT_EQ(UnpackSeptets(packed, n, fill), septets) << n << " " << fill;
    }
  }
  EXPECT_EQ(UnpackSeptets(FromHex("00"), 100), Octets{0});  // no more than the octets hold
}

TEST(Ucs2, ReadsBrokenTextAsReplacements) {
  EXPECT_EQ(Utf8FromUcs2(FromHex("0041d83d0042")), "A\uFFFDB");  // a lone high surrogate
  EXPECT_EQ(Utf8FromUcs2(FromHex("de00")), "\uFFFD");            // a lone low one
  EXPECT_EQ(Utf8FromUcs2(FromHex("004100")), "A\uFFFD");         // an odd octet
}

TEST(Utf8, ReadsBrokenSequencesOneOctetAtATime) {
  for (const char* hex :
       {"80", "c0af", "e080af", "eda080", "f4908080", "f8", "e2", "e282", "c3c3"}) {
    const Octets octets = FromHex(hex);
    std::string_view text = AsText(octets);
    EXPECT_EQ(TakeUtf8(text), kReplacement) << hex;
    EXPECT_EQ(text.size(), octets.size() - 1) << hex;
  }
  for (const char32_t c :
       {U'\0', U'\x7f', U'\x80', U'\x7ff', U'\x800', U'\uffff', U'\U00010000', U'\U0010ffff'}) {
    std::string utf8;
    AppendUtf8(utf8, c);
    std::string_view text = utf8;
    EXPECT_EQ(TakeUtf8(text), c);
    EXPECT_TRUE(text.empty());
  }
  std::string surrogate;
  AppendUtf8(surrogate, 0xD800);
  EXPECT_EQ(surrogate, "\uFFFD");
}

struct CodingCase {
  const char* name;
  std::uint8_t data_coding;
  Alphabet alphabet;
};
constexpr CodingCase kCodings[] = {
    {"Default", 0x00, Alphabet::kGsm7},      {"Ascii", 0x01, Alphabet::kGsm7},
    {"Octets2", 0x02, Alphabet::kOctets},    {"Latin1", 0x03, Alphabet::kOctets},
    {"Octets4", 0x04, Alphabet::kOctets},    {"Cyrillic", 0x06, Alphabet::kOctets},
    {"Ucs2", 0x08, Alphabet::kUcs2},         {"Korean", 0x0E, Alphabet::kOctets},
    {"Reserved0F", 0x0F, Alphabet::kOctets}, {"GeneralClass0", 0x10, Alphabet::kGsm7},
    {"GeneralUcs2", 0x18, Alphabet::kUcs2},  {"Reserved80", 0x80, Alphabet::kOctets},
    {"Waiting", 0xC8, Alphabet::kGsm7},      {"WaitingUcs2", 0xE0, Alphabet::kUcs2},
    {"Flash", 0xF0, Alphabet::kGsm7},        {"Class1Octets", 0xF5, Alphabet::kOctets},
};
class Coding : public testing::TestWithParam<CodingCase> {};
TEST_P(Coding, HasItsAlphabet) {
  EXPECT_EQ(AlphabetOf(GetParam().data_coding), GetParam().alphabet);
}
INSTANTIATE_TEST_SUITE_P(Table, Coding, testing::ValuesIn(kCodings),
                         [](const auto& c) { return std::string(c.param.name); });

TEST(Coding, HasANameForEveryValue) {
  for (int i = 0; i < 256; ++i) EXPECT_FALSE(DataCodingName(static_cast<std::uint8_t>(i)).empty());
  EXPECT_EQ(DataCodingName(8), "UCS-2");
}

}  // namespace
}  // namespace smpp::test
