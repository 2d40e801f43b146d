#include "server/admin/explain_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hub::admin {
namespace {

using Octets = std::vector<std::uint8_t>;

struct Case {
  const char* name;
  std::uint8_t data_coding;
  std::string text;  // UTF-8
  Octets octets;
};
const Case kCases[] = {
    {"Empty", 0x00, "", {}},
    {"GsmIsSeptets", 0x00, "@a\u00e9", {0x00, 0x61, 0x05}},
    {"GsmEscapes", 0x00, "\u20ac", {0x1b, 0x65}},
    {"GsmFlash", 0xf0, "\u00a3", {0x01}},
    {"Ascii", 0x01, "@a", {0x40, 0x61}},
    {"Latin1", 0x03, "a\u00e9\u00ff", {0x61, 0xe9, 0xff}},
    {"Ucs2", 0x08, "\u017c\u0416a", {0x01, 0x7c, 0x04, 0x16, 0x00, 0x61}},
    {"Ucs2TakesTwoUnits", 0x08, "\U0001F600", {0xd8, 0x3d, 0xde, 0x00}},
    {"Ucs2Flash", 0x18, "a", {0x00, 0x61}},
    {"OtherOctetsAsTheyAre", 0x04, "\u00e9", {0xc3, 0xa9}},
};
class OctetsOfText : public testing::TestWithParam<Case> {};

TEST_P(OctetsOfText, AreThoseOfThePdu) {
  const auto octets = OctetsOf(GetParam().text, GetParam().data_coding);
  ASSERT_TRUE(octets) << octets.error().error.Text();
  EXPECT_EQ(*octets, GetParam().octets);
}
INSTANTIATE_TEST_SUITE_P(Codings, OctetsOfText, testing::ValuesIn(kCases),
                         [](const auto& c) { return std::string(c.param.name); });

TEST(OctetsOf, NamesThePlaceOfTheFirstCharacterThatDoesNotFitAndNotTheText) {
  const struct {
    std::uint8_t data_coding;
    const char *text, *place;
  } kBad[] = {
      {0x00, "\u00e9\u00e9\u017c\u017c", "character 3 of the text is not in data_coding 0,"},
      {0x01, "secret\u00e9", "character 7 of the text is not in data_coding 1,"},
      {0x03, "\u00e9\u0100", "character 2 of the text is not in data_coding 3,"},
      {0xf0, "\u0416", "character 1 of the text is not in data_coding 240,"},
  };
  for (const auto& bad : kBad) {
    const auto octets = OctetsOf(bad.text, bad.data_coding);
    ASSERT_FALSE(octets) << bad.text;
    EXPECT_EQ(octets.error().code, Code::kUsage);
    EXPECT_THAT(octets.error().error.Text(), testing::HasSubstr(bad.place));
    EXPECT_THAT(octets.error().error.Text(), testing::Not(testing::HasSubstr("secret")));
  }
}

}  // namespace
}  // namespace hub::admin
