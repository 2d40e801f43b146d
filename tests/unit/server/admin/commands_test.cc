#include "server/admin/commands.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "server/config/toml.h"
#include "server/telemetry/log.h"
#include "tests/unit/server/admin/fake_control.h"

namespace hub::admin {
namespace {

using nlohmann::json;
using testing::HasSubstr;

class Commands : public testing::Test {
 protected:
  Commands() { LogSetLevel(LogLevel::kError); }  // each command leaves an info line
  ~Commands() override { LogSetLevel(LogLevel::kInfo); }
  json Ask(const std::string& line) { return json::parse(AnswerLine(control_, line)); }
  FakeControl control_;
};

TEST_F(Commands, StatusCarriesWhatTheDaemonSays) {
  control_.status.version = "0.1.0";
  control_.status.suppliers.push_back(
      {.name = "beta", .binds_up = 1, .binds_wanted = 2, .last_error = "refused"});
  control_.status.counters = {{"messages_received", 42}};
  const json answer = Ask(RequestLine("status"));
  EXPECT_EQ(answer["ok"], true);
  EXPECT_EQ(answer["result"]["version"], "0.1.0");
  EXPECT_EQ(answer["result"]["suppliers"][0]["binds_wanted"], 2);
  EXPECT_EQ(answer["result"]["counters"]["messages_received"], 42);
}

TEST_F(Commands, BindsAreFilteredBySideAndPeer) {
  control_.binds = {
      {.id = "c-1", .side = "client", .peer = "acme", .mode = {}, .state = {}, .address = {}},
      {.id = "s-2", .side = "supplier", .peer = "beta", .mode = {}, .state = {}, .address = {}}};
  EXPECT_EQ(Ask(R"({"command":"binds"})")["result"].size(), 2u);
  const json suppliers = Ask(R"({"command":"binds","args":{"side":"supplier"}})");
  ASSERT_EQ(suppliers["result"].size(), 1u);
  EXPECT_EQ(suppliers["result"][0]["id"], "s-2");
  EXPECT_EQ(Ask(R"({"command":"binds","args":{"peer":"nobody"}})")["result"].size(), 0u);
  EXPECT_EQ(Ask(R"({"command":"binds","args":{"side":"left"}})")["code"], 2);
}

TEST_F(Commands, AReloadThatFailsTellsWhyAndWithWhatCode) {
  EXPECT_EQ(Ask(RequestLine("reload"))["result"]["text"], "catalog 8, script 3");
  control_.reload_error = "rule.lua:3: unexpected symbol";
  const json answer = Ask(RequestLine("reload"));
  EXPECT_EQ(answer["ok"], false);
  EXPECT_EQ(answer["code"], 1);
  EXPECT_EQ(answer["error"]["text"], "reload: rule.lua:3: unexpected symbol");
}

TEST_F(Commands, ExplainHandsOverEveryArgumentAndKeepsMoneyAndIdsExact) {
  control_.explained.sell_amount = Nano{INT64_MAX};
  control_.explained.plan = {"beta"};
  control_.explained.candidates = {{.supplier = "beta",
                                    .drop = "",
                                    .plan_no = 1,
                                    .priced = true,
                                    .rate = {},
                                    .cost = Nano{1},
                                    .margin = Nano{-1}}};
  const ExplainRequest request{.client = "acme",
                               .source = "ACME",
                               .destination = "491511234567",
                               .text = "zażółć",
                               .data_coding = 8,
                               .segments = 2,
                               .message_class = "otp",
                               .at_us = 1'795'176'000'000'000,
                               .message_id = UINT64_MAX,
                               .destination_ton = 2,
                               .concat = smpp::Concat{UINT16_MAX, 3, 2}};
  const json answer = Ask(RequestLine(request));
  ASSERT_EQ(answer["ok"], true) << answer;
  EXPECT_EQ(answer["result"]["sell_amount"], "9223372036.854775807");
  EXPECT_EQ(answer["result"]["candidates"][0]["margin"], "-0.000000001");
  EXPECT_EQ(answer["result"]["plan"][0], "beta");
  EXPECT_EQ(control_.asked.source, "ACME");
  EXPECT_EQ(control_.asked.destination, "491511234567");
  EXPECT_EQ(control_.asked.text, request.text);
  EXPECT_EQ(control_.asked.data_coding, 8);
  EXPECT_EQ(control_.asked.segments, 2);
  EXPECT_EQ(control_.asked.message_class, "otp");
  EXPECT_EQ(control_.asked.at_us, request.at_us);
  EXPECT_EQ(control_.asked.message_id, UINT64_MAX);
  EXPECT_EQ(control_.asked.destination_ton, 2);
  EXPECT_EQ(control_.asked.concat, request.concat);
}

TEST_F(Commands, ExplainTakesAnIdAsItsClientHasIt) {
  Ask(R"({"command":"explain","args":{"client":"a","source":"b","destination":"1","message_id":"0000001A"}})");
  EXPECT_EQ(control_.asked.message_id, 752u);
}

TEST_F(Commands, ExplainIsOfAWholeMessageToAnInternationalNumberByDefault) {
  control_.explained.script_bypassed_loops = 2;
  const json answer =
      Ask(R"({"command":"explain","args":{"client":"acme","source":"b","destination":"1"}})");
  EXPECT_EQ(control_.asked.destination_ton, 1);
  EXPECT_FALSE(control_.asked.concat);
  EXPECT_EQ(answer["result"]["script_bypassed_loops"], 2);
}

TEST_F(Commands, ExplainOfAnMoHandsOverEveryArgumentAndTellsEveryRoute) {
  control_.explained_mo.client = "acme";
  control_.explained_mo.fate = "stored";
  control_.explained_mo.routes = {
      {"number 10000", "STOP", "", "acme", "has_it", "has the message"}};
  control_.explained_mo.other_destinations = 3;
  const json answer = Ask(RequestLine(ExplainMoRequest{"beta", "10000", "STOP now", 8}));
  ASSERT_EQ(answer["ok"], true) << answer;
  EXPECT_EQ(control_.asked_mo.supplier, "beta");
  EXPECT_EQ(control_.asked_mo.destination, "10000");
  EXPECT_EQ(control_.asked_mo.text, "STOP now");
  EXPECT_EQ(control_.asked_mo.data_coding, 8);
  EXPECT_EQ(answer["result"]["client"], "acme");
  EXPECT_EQ(answer["result"]["fate"], "stored");
  EXPECT_EQ(answer["result"]["routes"][0]["fit"], "has_it");
  EXPECT_EQ(answer["result"]["routes"][0]["keyword"], "STOP");
  EXPECT_EQ(answer["result"]["other_destinations"], 3);
  EXPECT_EQ(Ask(R"({"command":"explain_mo","args":{"supplier":"beta"}})")["code"], 2);
}

TEST_F(Commands, AnUnknownClientIsNotFound) {
  EXPECT_EQ(Ask(RequestLine(ExplainRequest{.client = "nobody",
                                           .source = "x",
                                           .destination = "1",
                                           .text = {},
                                           .segments = {},
                                           .message_class = {},
                                           .at_us = {},
                                           .message_id = {}}))["code"],
            3);
}

TEST_F(Commands, OctetsThatAreNoUtf8DoNotBreakAnAnswer) {
  control_.status.suppliers.push_back({.name = "b\xff", .last_error = {}});
  EXPECT_EQ(Ask(RequestLine("status"))["result"]["suppliers"][0]["name"], "b\uFFFD");
}

struct BadCase {
  const char* name;
  const char* line;
  const char* text;
};

class BadRequest : public Commands, public testing::WithParamInterface<BadCase> {};

TEST_P(BadRequest, GetsAReasonAndTheCodeOfAWrongUsage) {
  const json answer = Ask(GetParam().line);
  EXPECT_EQ(answer["ok"], false);
  EXPECT_EQ(answer["code"], 2);
  EXPECT_THAT(answer["error"]["text"].get<std::string>(), HasSubstr(GetParam().text));
}

const BadCase kBadCases[] = {
    {"Empty", "", "no JSON object"},
    {"NoJson", "status", "no JSON object"},
    {"List", "[]", "no JSON object"},
    {"TwoObjects", "{}{}", "no JSON object"},
    {"BadUtf8", "{\"command\":\"\xff\"}", "no JSON object"},
    {"NoCommand", "{}", "\"command\" is missing"},
    {"CommandIsNumber", R"({"command":1})", "\"command\" is missing or no string"},
    {"UnknownCommand", R"({"command":"sttus"})", "there is no such command"},
    {"ArgsAreList", R"({"command":"status","args":[]})", "\"args\" is no object"},
    {"UnknownArgument", R"({"command":"status","args":{"x":1}})", "argument \"x\" is unknown"},
    {"MissingArgument", R"({"command":"explain","args":{"client":"a","source":"b"}})",
     "argument \"destination\" is missing"},
    {"WrongType", R"({"command":"binds","args":{"peer":7}})", "\"peer\" is no string"},
    {"CodingTooLarge",
     R"({"command":"explain","args":{"client":"a","source":"b","destination":"1","data_coding":256}})",
     "\"data_coding\" is no whole number within 0 .. 255"},
    {"Float",
     R"({"command":"explain","args":{"client":"a","source":"b","destination":"1","at_us":1.5}})",
     "\"at_us\" is no whole number"},
    {"HugeNumber",
     R"({"command":"explain","args":{"client":"a","source":"b","destination":"1","at_us":18446744073709551615}})",
     "\"at_us\" is no whole number"},
    {"PartWithoutReference",
     R"({"command":"explain","args":{"client":"a","source":"b","destination":"1","concat_total":2,"concat_part":1}})",
     "\"concat_ref\" goes with \"concat_total\" and \"concat_part\""},
    {"PartBeyondTheLast",
     R"({"command":"explain","args":{"client":"a","source":"b","destination":"1","concat_ref":1,"concat_total":2,"concat_part":3}})",
     "\"concat_part\" is larger"},
    {"TonTooLarge",
     R"({"command":"explain","args":{"client":"a","source":"b","destination":"1","destination_ton":256}})",
     "\"destination_ton\" is no whole number within 0 .. 255"},
    {"IdOfLetters",
     R"({"command":"explain","args":{"client":"a","source":"b","destination":"1","message_id":"12x"}})",
     "\"message_id\" is no id"},
    {"IdOfNoMessage",
     R"({"command":"explain","args":{"client":"a","source":"b","destination":"1","message_id":"zzzzzzzz"}})",
     "\"message_id\" is no id"},
    {"IdTooLarge",
     R"({"command":"explain","args":{"client":"a","source":"b","destination":"1","message_id":"18446744073709551616"}})",
     "\"message_id\" is no id"},
};
INSTANTIATE_TEST_SUITE_P(Table, BadRequest, testing::ValuesIn(kBadCases),
                         [](const auto& c) { return std::string(c.param.name); });

TEST_F(Commands, NestingDeeperThanAnyStackIsJustBadJson) {
  EXPECT_EQ(Ask(std::string(60'000, '['))["code"], 2);
  EXPECT_EQ(
      Ask("{\"command\":" + std::string(30'000, '[') + std::string(30'000, ']') + "}")["code"], 2);
}

TEST_F(Commands, TheLogSaysWhomACommandIsAboutAndNoNumber) {
  LogSetLevel(LogLevel::kInfo);
  const auto logged = [this](const std::string& line) {
    testing::internal::CaptureStderr();
    Ask(line);
    return testing::internal::GetCapturedStderr();
  };
  EXPECT_THAT(logged(ReloadLine("drain supplier beta")),
              HasSubstr("ev=admin.command command=reload target=\"drain supplier beta\"\n"));
  EXPECT_THAT(logged(RequestLine("reload")), HasSubstr("command=reload\n"));
  const std::string explained = logged(
      R"({"command":"explain","args":{"client":"acme","source":"b","destination":"4915112345678"}})");
  EXPECT_THAT(explained, HasSubstr("command=explain target=acme\n"));
  EXPECT_EQ(explained.find("49151"), std::string::npos);
}

TEST_F(Commands, AReloadSaysWhatForInFewWords) {
  EXPECT_EQ(Ask(ReloadLine(std::string(128, 'x')))["ok"], true);
  EXPECT_EQ(Ask(ReloadLine(std::string(129, 'x')))["code"], 2);
}

TEST_F(Commands, HelpIsAnsweredToTheBareWordToo) {
  EXPECT_EQ(Ask("help"), Ask(RequestLine("help")));
}

TEST_F(Commands, HelpListsTheTable) {
  const json answer = Ask(RequestLine("help"));
  ASSERT_EQ(answer["result"].size(), AllCommands().size());
  EXPECT_EQ(answer["result"][1]["name"], "status");
}

TEST(CommandTable, IsTheOneInTheReadme) {
  const auto readme = ReadTextFile(HUB_SOURCE_DIR "/server/admin/README.md");
  ASSERT_TRUE(readme.ok()) << readme.error().Text();
  for (const CommandInfo& info : AllCommands()) {
    const std::string row =
        "| `" + std::string(info.name) + "` | " +
        (info.arguments.empty() ? "" : "`" + std::string(info.arguments) + "`") + " | " +
        std::string(info.help) + " |";
    EXPECT_THAT(*readme, HasSubstr(row));
  }
}

}  // namespace
}  // namespace hub::admin
