#include "protocol/receipt/id_form.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace smpp {
namespace {

struct MatchCase {
  const char* name;
  IdProfile profile;
  std::string response;
  std::string receipt;
  bool match;
};
const std::string kUuid = "6f9619ff-8b86-d011-b42d-00cf4fc964ff";
const MatchCase kMatches[] = {
    {"SameExact", IdProfile::same, "0Ab", "0Ab", true},
    {"SameCase", IdProfile::same, "0Ab", "0ab", false},
    {"SameZeros", IdProfile::same, "01", "1", false},
    {"HexToDec", IdProfile::hex_to_dec, "1A2B3C4D", "0439041101", true},
    {"HexToDecLower", IdProfile::hex_to_dec, "39f99dd5", "0972660181", true},
    {"HexToDecTlvStillHex", IdProfile::hex_to_dec, "1A2B3C4D", "1a2b3c4d", true},  // D13
    {"HexToDecDigitsOnlyTlvStillHex", IdProfile::hex_to_dec, "12345678", "12345678", true},
    {"HexToDecOther", IdProfile::hex_to_dec, "1A2B3C4E", "0439041101", false},
    {"HexToDecOver63Bits", IdProfile::hex_to_dec, "812FC7470000001B", "9308878062554710043", true},
    {"HexToDecOpaque", IdProfile::hex_to_dec, kUuid, "6F9619FF-8B86-D011-B42D-00CF4FC964FF", true},
    {"DecToHex", IdProfile::dec_to_hex, "0439041101", "1A2B3C4D", true},
    {"DecToHexPadded", IdProfile::dec_to_hex, "439041101", "001a2b3c4d", true},
    {"AutoExact", IdProfile::automatic, kUuid, kUuid, true},
    {"AutoCase", IdProfile::automatic, "1eedf843", "1EEDF843", true},
    {"AutoZeros", IdProfile::automatic, "0406212345", "406212345", true},
    {"AutoZerosOther", IdProfile::automatic, "23", "000023", true},
    {"AutoHexToDec", IdProfile::automatic, "39f99dd5", "0972660181", true},
    {"AutoDecToHex", IdProfile::automatic, "972660181", "39F99DD5", true},
    {"AutoOver63Bits", IdProfile::automatic, "812FC7470000001B", "9308878062554710043", true},
    {"AutoOther", IdProfile::automatic, "972660182", "39F99DD5", false},
    {"AutoZero", IdProfile::automatic, "0", "000", true},
    {"AutoOpaque", IdProfile::automatic, "SAR-2347-1eedf843-2-1", "SAR-2347-1eedf843-2-2", false},
};

class MatchTest : public testing::TestWithParam<MatchCase> {};
TEST_P(MatchTest, FindsTheReceiptOfAResponse) {
  const MatchCase& c = GetParam();
  const IdText stored = CanonicalId(c.profile, c.response, false);
  bool match = false;
  for (const IdText& id : ReceiptIdCandidates(c.profile, c.receipt)) match |= id == stored;
  EXPECT_EQ(match, c.match);
}
INSTANTIATE_TEST_SUITE_P(Seen, MatchTest, testing::ValuesIn(kMatches),
                         [](const auto& c) { return std::string(c.param.name); });

std::vector<std::string> Candidates(IdProfile profile, std::string_view id) {
  std::vector<std::string> all;
  for (const IdText& text : ReceiptIdCandidates(profile, id)) all.emplace_back(text.view());
  return all;
}

TEST(IdForm, TriesTheLikeliestFirstAndNoneTwice) {
  using V = std::vector<std::string>;
  EXPECT_EQ(Candidates(IdProfile::same, "01"), (V{"01"}));
  EXPECT_EQ(Candidates(IdProfile::hex_to_dec, "16"), (V{"16", "22"}));
  EXPECT_EQ(Candidates(IdProfile::automatic, "0016"), (V{"16", "22", "10"}));
  EXPECT_EQ(Candidates(IdProfile::automatic, "5"), (V{"5"}));
  EXPECT_EQ(Candidates(IdProfile::automatic, "x-1"), (V{"x-1"}));
}

TEST(IdForm, HoldsSixtyFourCharacters) {
  const std::string longest(64, 'f');
  EXPECT_EQ(CanonicalId(IdProfile::automatic, longest, false).view(), longest);
  EXPECT_EQ(CanonicalId(IdProfile::same, longest + "g", false).view(), longest);
  EXPECT_EQ(CanonicalId(IdProfile::hex_to_dec, "ffffffffffffffff", false).view(),
            "18446744073709551615");
  EXPECT_EQ(CanonicalId(IdProfile::hex_to_dec, "10000000000000000", false).view(),
            "10000000000000000");  // 2^64
  EXPECT_EQ(CanonicalId(IdProfile::automatic, "", true).view(), "");
}

TEST(IdProfile, IsParsedByName) {
  for (const IdProfile profile :
       {IdProfile::same, IdProfile::hex_to_dec, IdProfile::dec_to_hex, IdProfile::automatic}) {
    EXPECT_EQ(ParseIdProfile(IdProfileName(profile)), profile);
  }
  EXPECT_EQ(IdProfileName(IdProfile::automatic), "auto");
  EXPECT_EQ(ParseIdProfile("automatic"), std::nullopt);
}

}  // namespace
}  // namespace smpp
