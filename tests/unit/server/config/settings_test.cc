#include "server/config/settings.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <limits>
#include <set>

#include "server/config/settings_walk.h"

namespace hub {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::string ErrorsOf(std::string_view text) {
  const auto loaded = ParseSettings(text, "hub.toml");
  return loaded.ok() ? "" : Text(loaded.error());
}

std::string FullName(const SettingInfo& info) {
  return std::string(info.section) + "." + std::string(info.name);
}

std::string FileWith(const SettingInfo& info, const std::string& value) {
  return "[" + std::string(info.section) + "]\n" + std::string(info.name) + " = " + value + "\n";
}

bool IsNumber(const SettingInfo& info) {
  return info.type == SettingType::Millis || info.type == SettingType::Count ||
         info.type == SettingType::Octets;
}

TEST(Settings, AnEmptyFileIsAllDefaults) {
  const auto loaded = ParseSettings("", "hub.toml");
  ASSERT_TRUE(loaded.ok()) << Text(loaded.error());
  EXPECT_EQ(loaded->settings.session_init_timeout_ms, 5'000);
  EXPECT_EQ(loaded->settings.smpp_listen, "127.0.0.1:2775");
  EXPECT_EQ(loaded->settings.routing_script, "");
  EXPECT_THAT(loaded->warnings, IsEmpty());
}

TEST(Settings, AFileSetsWhatItNames) {
  const auto loaded = ParseSettings(
      "[node]\nid = 7\n[smpp]\nlisten = \"[::1]:2776\"\n[log]\nlevel = \"debug\"\n[routing]\n"
      "script = \"rules/lcr.lua\"\n",
      "hub.toml", "/etc/hub");
  ASSERT_TRUE(loaded.ok()) << Text(loaded.error());
  EXPECT_EQ(loaded->settings.node_id, 7u);
  EXPECT_EQ(loaded->settings.smpp_listen, "[::1]:2776");
  EXPECT_EQ(loaded->settings.log_level, "debug");
  EXPECT_EQ(loaded->settings.routing_script, "/etc/hub/rules/lcr.lua");
}

TEST(Settings, EveryErrorOfAFileIsTold) {
  EXPECT_EQ(
      ErrorsOf("[session]\ninit_timeout_ms = \"5s\"\nwindow_request_max = 5\n[node]\nid = 64\n"
               "[sesion]\n[smpp]\nlisten = \"nowhere\"\n[log]\nlevel = \"inof\"\n"),
      "hub.toml:2:19: session.init_timeout_ms: expected an integer, got a string\n"
      "hub.toml:3:1: session.window_request_max: unknown key (did you mean "
      "\"window_requests_max\"?)\n"
      "hub.toml:5:6: node.id: 64 is not within 0 .. 63\n"
      "hub.toml:6:2: sesion: unknown section (did you mean \"session\"?)\n"
      "hub.toml:8:10: smpp.listen: there is no port (\"127.0.0.1:2775\", \"[::1]:2775\", or "
      "\":2775\" for every address)\n"
      "hub.toml:10:9: log.level: \"inof\" is none of: debug, info, warn, error (did you mean "
      "\"info\"?)\n");
}

TEST(Settings, ASyntaxErrorAndADuplicateKeyNameTheirPlace) {
  EXPECT_THAT(ErrorsOf("[node]\nid = \n"), HasSubstr("hub.toml:2:"));
  EXPECT_THAT(ErrorsOf("[node]\nid = 1\nid = 2\n"), HasSubstr("hub.toml:3:6: "));
}

TEST(Settings, SettingsThatContradictEachOtherAreRefused) {
  EXPECT_EQ(ErrorsOf("[supplier]\nreconnect_min_ms = 5000\nreconnect_max_ms = 4999\n"),
            "hub.toml:3:20: supplier.reconnect_max_ms: is less than reconnect_min_ms\n");
  EXPECT_EQ(ErrorsOf("[session]\noutput_octets_high = 2000000\n"),
            "hub.toml:1:2: session.output_octets_max: is less than output_octets_high\n");
  EXPECT_EQ(ErrorsOf("[smpp]\ntls_listen = \":3550\"\ntls_key = \"hub.key\"\n"),
            "hub.toml:1:2: smpp.tls_certificate: is empty although tls_listen is not\n");
  EXPECT_EQ(ErrorsOf("[smpp]\ntls_listen = \":3550\"\ntls_certificate = \"hub.pem\"\n"),
            "hub.toml:1:2: smpp.tls_key: is empty although tls_listen is not\n");
  EXPECT_EQ(ErrorsOf("[smpp]\ntls_certificate = \"a.pem, b.pem\"\ntls_key = \"a.key\"\n"),
            "hub.toml:3:11: smpp.tls_key: names 1 files, tls_certificate 2\n");
  EXPECT_EQ(ErrorsOf("[smpp]\ntls_client_verify = \"optional\"\n"),
            "hub.toml:1:2: smpp.tls_client_ca: is empty although tls_client_verify is not off\n");
  EXPECT_THAT(ErrorsOf("[admin]\nsocket = \"" + std::string(107, 'x') + "\"\n"),
              HasSubstr("hub.toml:2:10: admin.socket: with its folder is longer than 107 octets"));
}

TEST(Settings, EachPathOfAListIsTakenFromTheFolderOfTheFile) {
  const auto loaded = ParseSettings(
      "[smpp]\ntls_certificate = \"a.pem,/etc/b.pem , c d.pem\"\ntls_key = \"1, 2, 3\"\n",
      "hub.toml", "/etc/hub");
  ASSERT_TRUE(loaded.ok()) << Text(loaded.error());
  EXPECT_EQ(loaded->settings.smpp_tls_certificate, "/etc/hub/a.pem, /etc/b.pem, /etc/hub/c d.pem");
  EXPECT_EQ(SplitPaths(loaded->settings.smpp_tls_certificate).size(), 3u);
  EXPECT_TRUE(SplitPaths("").empty());
  EXPECT_EQ(SplitPaths("a,").size(), 2u);
}

// The table, row by row.

class EverySetting : public testing::TestWithParam<SettingInfo> {};

TEST_P(EverySetting, RefusesAValueOfTheWrongTypeAndNamesItself) {
  const SettingInfo& info = GetParam();
  for (const char* wrong : {"true", "1.5", "[1]"}) {
    const std::string errors = ErrorsOf(FileWith(info, wrong));
    EXPECT_THAT(errors, HasSubstr("hub.toml:2:" + std::to_string(info.name.size() + 4) + ": " +
                                  FullName(info) + ": expected "));
  }
  const std::string other = IsNumber(info) ? "\"12\"" : "12";
  EXPECT_THAT(ErrorsOf(FileWith(info, other)), HasSubstr(FullName(info) + ": expected "));
}

TEST_P(EverySetting, RefusesAValueOutsideItsRangeAndNamesTheRange) {
  const SettingInfo& info = GetParam();
  if (IsNumber(info)) {
    const std::string range = std::to_string(info.min) + " .. " + std::to_string(info.max);
    for (const std::int64_t value : {info.min - 1, info.max + 1}) {
      EXPECT_THAT(
          ErrorsOf(FileWith(info, std::to_string(value))),
          HasSubstr(FullName(info) + ": " + std::to_string(value) + " is not within " + range));
    }
  } else {
    const std::string value(static_cast<std::size_t>(info.max) + 1, 'x');
    EXPECT_THAT(ErrorsOf(FileWith(info, "\"" + value + "\"")),
                HasSubstr(FullName(info) + ": expected a string of " + std::to_string(info.min)));
  }
}

TEST_P(EverySetting, HasADefaultThatItWouldTakeItself) {
  const SettingInfo& info = GetParam();
  const Settings defaults;
  std::string value = ShowSetting(defaults, info);
  if (info.type == SettingType::Secret) value = std::string(info.default_text);
  const auto loaded = ParseSettings(FileWith(info, value), "hub.toml", "/");
  ASSERT_TRUE(loaded.ok()) << Text(loaded.error());
  const SettingsChange change =
      Compare(ParseSettings("", "hub.toml", "/")->settings, loaded->settings);
  EXPECT_THAT(change.live, IsEmpty());
  EXPECT_THAT(change.rebind, IsEmpty());
  EXPECT_THAT(change.restart, IsEmpty());
}

TEST_P(EverySetting, IsExplainedAndItsFieldHoldsItsRange) {
  const SettingInfo& info = GetParam();
  EXPECT_GT(info.help.size(), 8u);
  EXPECT_FALSE(info.since.empty());
  EXPECT_LE(info.min, info.max);
  const Settings defaults;
  WalkSettings(defaults, [&](const SettingInfo& row, const auto& field) {
    using FieldType = std::remove_cvref_t<decltype(field)>;
    if constexpr (std::is_integral_v<FieldType>) {
      if (FullName(row) == FullName(info)) {
        EXPECT_TRUE(std::in_range<FieldType>(row.min) && std::in_range<FieldType>(row.max));
      }
    }
  });
}

INSTANTIATE_TEST_SUITE_P(Table, EverySetting,
                         testing::ValuesIn(AllSettings().begin(), AllSettings().end()),
                         [](const auto& c) {
                           return std::string(c.param.section) + "_" + std::string(c.param.name);
                         });

TEST(Settings, TheTableHasNoRowTwiceAndNoSectionApart) {
  std::set<std::string> names, closed;
  std::string_view section;
  for (const SettingInfo& info : AllSettings()) {
    EXPECT_TRUE(names.insert(FullName(info)).second) << FullName(info) << " stands twice";
    if (info.section != section) {
      EXPECT_TRUE(closed.emplace(info.section).second) << info.section << " is in two places";
      section = info.section;
    }
  }
  EXPECT_EQ(closed.size(), AllSections().size());
}

// The sample.

TEST(SampleConfig, IsAFileThatSetsNothing) {
  const auto loaded = ParseSettings(SampleConfig(), "sample");
  ASSERT_TRUE(loaded.ok()) << Text(loaded.error());
}

TEST(SampleConfig, WithEveryLineTakenIntoUseIsStillAllDefaults) {
  std::string text = SampleConfig();
  for (std::size_t at = 0; (at = text.find("\n#", at)) != std::string::npos; ++at) {
    if (text[at + 2] != ' ') text.erase(at + 1, 1);
  }
  for (const SettingInfo& info : AllSettings()) {
    EXPECT_THAT(text, HasSubstr("\n" + std::string(info.name) + " = "));
  }
  const auto loaded = ParseSettings(text, "sample");
  ASSERT_TRUE(loaded.ok()) << Text(loaded.error());
  const SettingsChange change = Compare(ParseSettings("", "x")->settings, loaded->settings);
  EXPECT_THAT(change.live, IsEmpty());
  EXPECT_THAT(change.restart, IsEmpty());
}

TEST(SampleConfig, IsTheOneThatIsPackaged) {
  const auto packaged = ReadTextFile(HUB_SOURCE_DIR "/packaging/hub.toml.sample");
  ASSERT_TRUE(packaged.ok()) << packaged.error().Text();
  EXPECT_EQ(*packaged, SampleConfig()) << "print it anew: smpphubd --print-sample-config";
}

TEST(Settings, AChangeIsNamedWithWhatItTakes) {
  const Settings before;
  Settings after = before;
  after.log_level = "debug";
  after.session_enquire_link_ms = 10'000;
  after.loops_count = 3;
  const SettingsChange change = Compare(before, after);
  // hub.toml is read at the start only: nothing of it is live yet.
  EXPECT_TRUE(change.live.empty());
  EXPECT_TRUE(change.rebind.empty());
  EXPECT_THAT(change.restart, ElementsAre("loops.count", "session.enquire_link_ms", "log.level"));
}

// Secrets.

class Secrets : public testing::Test {
 protected:
  Secrets() { EXPECT_NE(mkdtemp(folder_.data()), nullptr); }
  ~Secrets() override { std::filesystem::remove_all(folder_); }
  void Put(const std::string& name, const std::string& text, mode_t mode) {
    std::ofstream(folder_ + "/" + name) << text;
    chmod((folder_ + "/" + name).c_str(), mode);
  }
  auto Load(const std::string& conninfo) {
    return ParseSettings("[database]\nconninfo = " + conninfo + "\n", "hub.toml", folder_);
  }
  std::string folder_ = "/tmp/hub_secret_test_XXXXXX";
};

TEST_F(Secrets, ComeFromAFileBesideTheConfig) {
  Put("pg", "host=/run dbname=x password=canary\n", 0600);
  const auto loaded = Load("{ file = \"pg\" }");
  ASSERT_TRUE(loaded.ok()) << Text(loaded.error());
  EXPECT_EQ(loaded->settings.database_conninfo, "host=/run dbname=x password=canary");
  EXPECT_THAT(loaded->warnings, IsEmpty());
}

TEST_F(Secrets, ComeFromTheEnvironment) {
  setenv("HUB_TEST_CONNINFO", "dbname=y", 1);
  EXPECT_EQ(Load("{ env = \"HUB_TEST_CONNINFO\" }")->settings.database_conninfo, "dbname=y");
  unsetenv("HUB_TEST_CONNINFO");
  EXPECT_THAT(
      Text(Load("{ env = \"HUB_TEST_CONNINFO\" }").error()),
      HasSubstr("hub.toml:2:20: database.conninfo.env: the environment has no HUB_TEST_CONNINFO"));
}

TEST_F(Secrets, InTheConfigItselfAreTakenWithAWarning) {
  const auto loaded = Load("\"dbname=x password=canary\"");
  ASSERT_TRUE(loaded.ok());
  EXPECT_THAT(Text(loaded->warnings), HasSubstr("hub.toml:2:12: database.conninfo: a password"));
  EXPECT_THAT(Text(loaded->warnings), testing::Not(HasSubstr("canary")));
}

TEST_F(Secrets, AFileThatEverybodyReadsOrThatIsMissingIsRefused) {
  Put("open", "dbname=x", 0644);
  EXPECT_THAT(Text(Load("{ file = \"open\" }").error()), HasSubstr("readable by everybody (chmod"));
  EXPECT_THAT(Text(Load("{ file = \"none\" }").error()), HasSubstr("No such file"));
  Put("empty", "\n", 0600);
  EXPECT_THAT(Text(Load("{ file = \"empty\" }").error()), HasSubstr("is empty"));
  EXPECT_THAT(Text(Load("{ }").error()), HasSubstr("expected one of file and env"));
  EXPECT_THAT(Text(Load("{ fil = \"x\" }").error()), HasSubstr("did you mean \"file\"?"));
}

TEST_F(Secrets, AreNeverShown) {
  const auto loaded = Load("\"dbname=x password=canary\"");
  for (const SettingInfo& info : AllSettings()) {
    EXPECT_THAT(ShowSetting(loaded->settings, info), testing::Not(HasSubstr("canary")));
  }
}

TEST(LoadSettings, NamesTheFileThatItCannotRead) {
  EXPECT_EQ(Text(LoadSettings("/nonexistent/hub.toml").error()),
            "read /nonexistent/hub.toml: No such file or directory\n");
}

// Addresses.

struct AddressCase {
  const char* name;
  const char* address;
  const char* host;
  int port;  // -1: refused
};

class Address : public testing::TestWithParam<AddressCase> {};

TEST_P(Address, IsSplitOrRefused) {
  const auto split = SplitAddress(GetParam().address);
  ASSERT_EQ(split.ok(), GetParam().port >= 0);
  if (!split.ok()) {
    EXPECT_THAT(split.error().advice, HasSubstr("127.0.0.1:2775"));
    return;
  }
  EXPECT_EQ(split->host, GetParam().host);
  EXPECT_EQ(split->port, GetParam().port);
}

const AddressCase kAddressCases[] = {
    {"V4", "192.0.2.1:2775", "192.0.2.1", 2775},
    {"Name", "smsc.example:3550", "smsc.example", 3550},
    {"V6", "[2001:db8::1]:2775", "2001:db8::1", 2775},
    {"EveryAddress", ":2775", "", 2775},
    {"AnyPort", "127.0.0.1:0", "127.0.0.1", 0},
    {"LargestPort", "a:65535", "a", 65535},
    {"NoPort", "127.0.0.1", "", -1},
    {"EmptyPort", "a:", "", -1},
    {"PortTooLarge", "a:65536", "", -1},
    {"PortFarTooLarge", "a:99999999999999999999", "", -1},
    {"PortOfLetters", "a:http", "", -1},
    {"V6WithoutBrackets", "::1:2775", "", -1},
};
INSTANTIATE_TEST_SUITE_P(Table, Address, testing::ValuesIn(kAddressCases),
                         [](const auto& c) { return std::string(c.param.name); });

}  // namespace
}  // namespace hub
