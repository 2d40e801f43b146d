#include "server/config/toml.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "server/config/toml_reader.h"

namespace hub {
namespace {

using testing::HasSubstr;

TEST(Toml, EveryKeyAndValueKnowsItsPlace) {
  const auto root = ParseToml("a = 1\n[t]\n  key = \"v\"\n[[l]]\nx = true\n", "f.toml");
  ASSERT_TRUE(root.ok());
  const TomlMember* key = root->Find("t")->value.Find("key");
  EXPECT_EQ(key->place.line, 3u);
  EXPECT_EQ(key->place.column, 3u);
  EXPECT_EQ(key->value.place.column, 9u);
  EXPECT_EQ(key->value.text, "v");
  const TomlValue& list = root->Find("l")->value;
  ASSERT_EQ(list.kind, TomlKind::kList);
  EXPECT_EQ(list.items.at(0).place.line, 4u);
  EXPECT_TRUE(list.items.at(0).Find("x")->value.boolean);
}

TEST(Toml, AMomentIsUtcMicroseconds) {
  const auto root = ParseToml("a = 2026-11-20T14:00:00.5+02:00\nb = 2026-11-20\n", "f");
  ASSERT_TRUE(root.ok());
  EXPECT_EQ(ToMicros(root->Find("a")->value.moment), 1'795'176'000'500'000);
  EXPECT_EQ(ToMicros(root->Find("b")->value.moment), 1'795'132'800'000'000);
}

struct SyntaxCase {
  const char* name;
  const char* text;
  const char* place;
};

class TomlSyntax : public testing::TestWithParam<SyntaxCase> {};

TEST_P(TomlSyntax, ErrorTellsLineAndColumn) {
  const auto root = ParseToml(GetParam().text, "f.toml");
  ASSERT_FALSE(root.ok());
  EXPECT_EQ(root.error().place, GetParam().place) << root.error().Text();
  EXPECT_FALSE(root.error().why.empty());
}

const SyntaxCase kSyntaxCases[] = {
    {"DuplicateKey", "a = 1\na = 2\n", "f.toml:2:5"},
    {"NoValue", "a = 1\nb =\n", "f.toml:2:4"},
    {"PrefixWithLeadingZero", "p = 0123\n", "f.toml:1:9"},
    {"OpenString", "a = \"x\n", "f.toml:1:7"},
    {"BadUtf8", "a = \"\xff\"\n", "f.toml:1:5"},
};
INSTANTIATE_TEST_SUITE_P(Table, TomlSyntax, testing::ValuesIn(kSyntaxCases),
                         [](const auto& c) { return std::string(c.param.name); });

class Reader : public testing::Test {
 protected:
  TomlReader Read(std::string_view text) {
    auto parsed = ParseToml(text, "f.toml");
    EXPECT_TRUE(parsed.ok());
    root_ = std::move(*parsed);
    return TomlReader(root_, "", report_);
  }
  std::string errors() { return Text(report_.Take()); }

  TomlValue root_;
  TomlReport report_{"f.toml"};
};

TEST_F(Reader, ReportsEveryErrorWithItsPlaceAndGoesOn) {
  TomlReader top = Read("n = \"3\"\ns = 4\nb = 1\nbig = 11\nlong = \"abcd\"\nl = [\"x\", 5]\n");
  EXPECT_EQ(top.Integer("n", 0, 9), std::nullopt);
  EXPECT_EQ(top.Text("s", 0, 9), std::nullopt);
  EXPECT_EQ(top.Boolean("b"), std::nullopt);
  EXPECT_EQ(top.Integer("big", 0, 10), std::nullopt);
  EXPECT_EQ(top.Text("long", 1, 3), std::nullopt);
  EXPECT_EQ(top.Texts("l", 1, 9), std::vector<std::string>{"x"});
  top.Finish();
  EXPECT_EQ(errors(),
            "f.toml:1:5: n: expected an integer, got a string\n"
            "f.toml:2:5: s: expected a string, got an integer\n"
            "f.toml:3:5: b: expected true or false, got an integer\n"
            "f.toml:4:7: big: 11 is not within 0 .. 10\n"
            "f.toml:5:8: long: expected a string of 1 to 3 octets, got 4\n"
            "f.toml:6:11: l: expected a string, got an integer\n");
}

TEST_F(Reader, AnUnknownKeyIsAnErrorThatNamesTheNearestKnownOne) {
  TomlReader top = Read("[client]\nsystm_id = \"x\"\nzzz = 1\n");
  auto client = top.Table("client");
  client->Text("system_id", 1, 15);
  client->Text("password", 1, 15);
  client->Finish();
  EXPECT_EQ(errors(),
            "f.toml:2:1: client.systm_id: unknown key (did you mean \"system_id\"?)\n"
            "f.toml:3:1: client.zzz: unknown key\n");
}

TEST_F(Reader, ATableWhereAListOfTablesBelongsIsExplained) {
  TomlReader top = Read("[client]\nx = 1\n");
  EXPECT_TRUE(top.Tables("client").empty());
  EXPECT_THAT(errors(), HasSubstr("expected a list of tables, got a table (write [[client]])"));
}

TEST_F(Reader, ALocalDateTimeIsNoMoment) {
  TomlReader top = Read("at = 2026-11-20T12:00:00\n");
  EXPECT_EQ(top.Moment("at"), std::nullopt);
  EXPECT_THAT(errors(), HasSubstr("f.toml:1:6: at: expected a date-time with its offset"));
}

TEST(ReadTextFile, RefusesWhatIsMissingOrTooLarge) {
  const auto missing = ReadTextFile("/nonexistent/hub.toml");
  ASSERT_FALSE(missing.ok());
  EXPECT_EQ(missing.error().Text(), "read /nonexistent/hub.toml: No such file or directory");
  const auto folder = ReadTextFile("/");
  ASSERT_FALSE(folder.ok());
  const auto endless = ReadTextFile("/dev/zero", 100'000);
  ASSERT_FALSE(endless.ok());
  EXPECT_THAT(endless.error().Text(), HasSubstr("larger than 100000 octets"));
}

}  // namespace
}  // namespace hub
