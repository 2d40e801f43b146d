#include "server/admin/tables.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "server/admin/commands.h"
#include "server/telemetry/log.h"
#include "tests/unit/server/admin/fake_control.h"

namespace hub::admin {
namespace {

using testing::HasSubstr;

class Tables : public testing::Test {
 protected:
  Tables() { LogSetLevel(LogLevel::kError); }
  ~Tables() override { LogSetLevel(LogLevel::kInfo); }
  Printed Print(const std::string& command, Output output = Output::kTable) {
    return PrintAnswer(command, AnswerLine(control_, RequestLine(command)), output);
  }
  FakeControl control_;
};

TEST_F(Tables, BindsStandInColumns) {
  control_.binds = {{.id = "c-1",
                     .side = "client",
                     .peer = "acme",
                     .mode = "trx",
                     .version = "3.4",
                     .state = "BOUND_TRX",
                     .address = "192.0.2.7:40112",
                     .age_ms = 3'725'000,
                     .window_used = 3,
                     .window_max = 100,
                     .pdus_in = 10,
                     .pdus_out = 12,
                     .pace = "40/s",
                     .tls = "TLSv1.3 TLS_AES_128_GCM_SHA256"}};
  const Printed printed = Print("binds");
  EXPECT_EQ(printed.code, Code::kOk);
  EXPECT_EQ(
      printed.out,
      "ID   SIDE    PEER  MODE  VERSION  STATE      ADDRESS          AGE    WINDOW  IN  OUT  PACE  "
      "TLS\n"
      "c-1  client  acme  trx   3.4      BOUND_TRX  192.0.2.7:40112  1h 2m  3/100   10  12   40/s  "
      "TLSv1.3 TLS_AES_128_GCM_SHA256\n");
}

TEST_F(Tables, StatusSaysHowOftenAClientWasThrottled) {
  control_.status.clients = {{"acme", 1, 20, 5, 3}};
  EXPECT_THAT(Print("status").out, HasSubstr("CLIENT  BINDS  ACCEPTED  REJECTED  THROTTLED\n"
                                             "acme    1      20        5         3\n"));
}

TEST_F(Tables, StatusIsOneScreen) {
  control_.status.version = "0.1.0";
  control_.status.uptime_ms = 90'061'000;
  control_.status.listen = "127.0.0.1:2775";
  control_.status.listen_tls = "127.0.0.1:3550";
  control_.status.script_path = "/etc/smpphub/rule.lua";
  control_.status.script_version = 4;
  control_.status.settle.reachable = false;
  control_.status.settle.lost_since_us = 1'795'270'931'000'000;
  control_.status.settle.last_error = "connect: refused";
  control_.status.journal.refuses = "no room: 7 octets on disk";
  control_.status.suppliers = {{.name = "beta",
                                .binds_up = 1,
                                .binds_wanted = 2,
                                .binds_paused = 1,
                                .last_error = "refused"}};
  control_.status.counters = {{"messages_received", 42}, {"failovers", 0}};
  const std::string out = Print("status").out;
  EXPECT_THAT(out, HasSubstr("smpphubd    0.1.0, up 1d 1h"));
  EXPECT_THAT(out, HasSubstr("listens on 127.0.0.1:2775, with TLS on 127.0.0.1:3550\n"));
  EXPECT_THAT(out, HasSubstr("script      version 4, /etc/smpphub/rule.lua\n"));
  EXPECT_THAT(out, HasSubstr("database    lost since 14:22:11 UTC (connect: refused)\n"));
  EXPECT_THAT(out,
              HasSubstr("journal     REFUSES: no room: 7 octets on disk; nothing is accepted;"));
  EXPECT_THAT(out, HasSubstr("beta      yes      1/2    0      1       refused\n"));
  EXPECT_THAT(out, HasSubstr("messages_received           42\n"));
  EXPECT_THAT(out, testing::Not(HasSubstr("failovers"))) << "counters at 0 are noise on a screen";
}

TEST_F(Tables, StatusSaysThatDatabaseAndJournalAreWell) {
  const std::string out = Print("status").out;
  EXPECT_THAT(out, HasSubstr("database    ok\njournal     ok; 0 octets on disk"));
  const std::string json = Print("status", Output::kJson).out;
  EXPECT_THAT(json, HasSubstr("\"lost_since\":\"\""));
  EXPECT_THAT(json, HasSubstr("\"refuses\":\"\""));
  control_.status.settle.reachable = false;
  control_.status.settle.lost_since_us = 1'795'270'931'000'000;
  EXPECT_THAT(Print("status", Output::kJson).out,
              HasSubstr("\"lost_since\":\"2026-11-21T14:22:11Z\""));
}

TEST_F(Tables, StatusSaysThatTheDatabaseRefusesWhatItIsGiven) {
  control_.status.settle.quarantined = 1;
  control_.status.settle.last_error = "COPY: 23514";
  EXPECT_THAT(Print("status").out,
              HasSubstr("database    REFUSES a batch: COPY: 23514; nothing is accepted\n"));
}

TEST_F(Tables, JsonIsTheResultOnOneLine) {
  EXPECT_EQ(Print("reload", Output::kJson).out, "{\"text\":\"catalog 8, script 3\"}\n");
  EXPECT_EQ(Print("reload").out, "catalog 8, script 3\n");
}

TEST_F(Tables, ALongNameOfACounterKeepsItsDistance) {
  control_.status.counters = {{"clients_with_stored_receipts", 3}, {"short", 1}};
  EXPECT_THAT(Print("status").out, HasSubstr("clients_with_stored_receipts  3\n"
                                             "short                         1\n"));
}

TEST_F(Tables, ARefusalGoesToStderrWithItsExitCode) {
  control_.reload_error = "bad script";
  const Printed printed = Print("reload");
  EXPECT_EQ(printed.code, Code::kFailed);
  EXPECT_EQ(printed.out, "");
  EXPECT_EQ(printed.err, "reload: bad script\n");
}

TEST(PrintBalances, KeepsEveryDigit) {
  store::BalanceRow row;
  row.client = "acme";
  row.account_id = 7;
  row.currency = "EUR";
  row.balance = NanoSum{INT64_MAX} * 10;
  row.available = -1;
  row.status = "active";
  EXPECT_EQ(PrintBalances({row}, Output::kTable),
            "CLIENT  ACCOUNT  CURRENCY  BALANCE               CREDIT LIMIT  LEASED  AVAILABLE     "
            "STATUS\n"
            "acme    7        EUR       92233720368.54775807  0             0       -0.000000001  "
            "active\n");
  EXPECT_THAT(PrintBalances({row}, Output::kJson),
              HasSubstr("\"balance\":\"92233720368.54775807\""));
}

class ClientAtAGlance : public Tables {
 protected:
  ClientAtAGlance() {
    page_.terms = {{"enabled", "true"}, {"rate_per_second", "10"}};
    page_.balance.account_id = 7;
    page_.balance.currency = "EUR";
    page_.balance.balance = NanoSum{2'500'000'000};
    page_.balance.status = "active";
    page_.balance.held = NanoSum{500'000'000};
    control_.status.clients = {{"other", 9, 9, 9, 9}, {"acme", 1, 20, 5, 3}};
    control_.binds = {
        {.id = "c-1",
         .side = "client",
         .peer = "acme",
         .mode = "rx",
         .version = "5.0",
         .state = "BOUND_RX",
         .address = "192.0.2.7:40112"},
        {.id = "c-2", .side = "client", .peer = "other", .mode = {}, .state = {}, .address = {}}};
  }
  std::string Page(bool live, Output output = Output::kTable) {
    if (!live) return PrintClient("acme", page_, {}, output);
    return PrintClient(
        "acme", page_,
        {AnswerLine(control_, BindsLine("acme")), AnswerLine(control_, RequestLine("status"))},
        output);
  }
  store::ClientPage page_;
};

TEST_F(ClientAtAGlance, IsOnePage) {
  page_.waiting.receipts = 3;
  page_.waiting.mo = 1;
  page_.waiting.oldest = "2026-11-21 10:00:00";
  page_.refusals = {{"2026-11-21 11:00:00", "no_credit", 0x45}};
  EXPECT_EQ(
      Page(true),
      "client      acme\n"
      "waiting     3 receipts, 1 MO, the oldest since 2026-11-21 10:00:00 UTC\n"
      "since start 20 accepted, 5 rejected, 3 throttled\n"
      "\n"
      "ID   SIDE    PEER  MODE  VERSION  STATE     ADDRESS          AGE  WINDOW  IN  OUT  PACE  "
      "TLS\n"
      "c-1  client  acme  rx    5.0      BOUND_RX  192.0.2.7:40112  0ms  0/0     0   0\n"
      "\n"
      "ACCOUNT  CURRENCY  BALANCE  CREDIT LIMIT  HELD  LEASED  AVAILABLE  STATUS\n"
      "7        EUR       2.5      0             0.5   0       0          active\n"
      "\n"
      "TERM             VALUE\n"
      "enabled          true\n"
      "rate_per_second  10\n"
      "\n"
      "REFUSED AT (UTC)     WHY        STATUS\n"
      "2026-11-21 11:00:00  no_credit  ESME_RSUBMITFAIL\n");
}

TEST_F(ClientAtAGlance, SaysWhatThereIsNothingOf) {
  const std::string away = Page(false);
  EXPECT_THAT(away, HasSubstr("waiting     0 receipts, 0 MO\nbinds       no daemon answers\n"));
  EXPECT_THAT(away, HasSubstr("no refusal with a row within a day\n"));
  EXPECT_THAT(Page(false, Output::kJson), HasSubstr("\"binds\":null"));
  control_.binds.clear();
  control_.status.clients.clear();
  EXPECT_THAT(Page(true), HasSubstr("since start nothing\nbinds       none\n"));
  EXPECT_THAT(Page(true, Output::kJson), HasSubstr("\"binds\":[]"));
}

TEST_F(ClientAtAGlance, SaysHowFarItHasCounted) {
  page_.waiting.receipts = 99'000;
  page_.waiting.mo = 1'000;
  page_.waiting.more_receipts = true;
  EXPECT_THAT(Page(false), HasSubstr("waiting     at least 99000 receipts, 1000 MO\n"));
  EXPECT_THAT(Page(false, Output::kJson),
              HasSubstr("\"waiting\":{\"receipts\":99000,\"more_receipts\":true,\"mo\":1000,"
                        "\"more_mo\":false,\"oldest\":\"\"}"));
  page_.waiting.more_mo = true;
  EXPECT_THAT(Page(false), HasSubstr("at least 99000 receipts, at least 1000 MO\n"));
}

TEST_F(ClientAtAGlance, SaysWhatCouldNotBeReadAndTheRest) {
  page_.no_waiting = "timed out";
  EXPECT_THAT(Page(false), HasSubstr("waiting     not counted: timed out\n"));
  EXPECT_THAT(Page(false), HasSubstr("7        EUR"));
  EXPECT_THAT(Page(false, Output::kJson), HasSubstr("\"waiting\":null"));
  EXPECT_THAT(Page(false, Output::kJson), HasSubstr("\"not_read\":{\"waiting\":\"timed out\"}"));
  page_.no_balance = page_.no_refusals = "connection lost";
  const std::string page = Page(false);
  EXPECT_THAT(page, HasSubstr("\naccount     not read: connection lost\n"));
  EXPECT_THAT(page, HasSubstr("\nrefusals    not read: connection lost\n"));
  EXPECT_THAT(page, testing::Not(HasSubstr("no refusal")));
  EXPECT_THAT(page, HasSubstr("rate_per_second  10\n"));
  EXPECT_THAT(Page(false, Output::kJson), HasSubstr("\"account\":null"));
}

TEST_F(ClientAtAGlance, TakesNothingOfTheDaemonForGranted) {
  for (const char* line : {"x", "[]", "{}", R"({"result":7})", R"({"result":{"clients":7}})",
                           R"({"result":{"clients":[7]}})", R"({"result":[7]})"}) {
    EXPECT_THAT(PrintClient("acme", page_, {line, line}, Output::kTable), HasSubstr("acme"))
        << line;
  }
}

TEST(PrintAnswer, TakesNothingForGranted) {  // a daemon of another version, or none of ours
  for (const char* line : {"", "x", "[]", "{}", "{\"ok\":1}"}) {
    EXPECT_EQ(PrintAnswer("status", line, Output::kTable).code, Code::kFailed) << line;
  }
  for (const char* command : {"status", "binds", "help", "explain"}) {
    for (const char* result : {"null", "[]", "{}", "[1]", "7", "[{\"age_ms\":\"x\"}]"}) {
      const std::string line = std::string("{\"ok\":true,\"result\":") + result + "}";
      EXPECT_EQ(PrintAnswer(command, line, Output::kTable).code, Code::kOk) << command << line;
    }
  }
  EXPECT_EQ(PrintAnswer("x", R"({"ok":false,"code":99})", Output::kTable).code, Code::kFailed);
  EXPECT_EQ(PrintAnswer("x", R"({"ok":false,"code":4})", Output::kTable).code, Code::kDenied);
}

}  // namespace
}  // namespace hub::admin
