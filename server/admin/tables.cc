#include "server/admin/tables.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <vector>

#include "protocol/wire/status.h"
#include "server/admin/json_values.h"

namespace hub::admin {
namespace {

// The daemon may be of another version than this hubctl: nothing is taken for granted about its answer.

std::string Show(const Json& value) {
  if (value.is_string()) return value.get<std::string>();
  if (value.is_null()) return "";
  if (value.is_boolean()) return value.get<bool>() ? "yes" : "no";
  return Line(value);
}

std::string Member(const Json& object, const char* name) {
  const auto found = object.find(name);
  return found == object.end() ? "" : Show(*found);
}

const Json& Part(const Json& object, const char* name) {
  static const Json kNone;
  const auto found = object.find(name);
  return found == object.end() ? kNone : *found;
}

/// "3d 4h", "2h 5m", "1m 10s", "350ms"
std::string Age(const Json& millis) {
  if (!millis.is_number_integer()) return "";
  const auto ms = millis.get<std::int64_t>();
  const auto s = ms / 1'000, m = s / 60, h = m / 60;
  if (s < 1) return fmt::format("{}ms", ms);
  if (m < 1) return fmt::format("{}s", s);
  if (h < 1) return fmt::format("{}m {}s", m, s % 60);
  if (h < 24) return fmt::format("{}h {}m", h, m % 60);
  return fmt::format("{}d {}h", h / 24, h % 24);
}

struct Column {
  const char* title;
  std::function<std::string(const Json&)> text;
};

Column Plain(const char* title, const char* name) {
  return {title, [name](const Json& row) { return Member(row, name); }};
}

std::string Grid(const Json& rows, const std::vector<Column>& columns) {
  std::vector<std::vector<std::string>> lines(1);
  for (const Column& column : columns) lines[0].emplace_back(column.title);
  if (rows.is_array()) {
    for (const Json& row : rows) {
      if (!row.is_object()) continue;
      std::vector<std::string>& line = lines.emplace_back();
      for (const Column& column : columns) line.push_back(column.text(row));
    }
  }
  std::string out;
  for (const auto& line : lines) {
    std::string text;
    for (std::size_t i = 0; i < columns.size(); ++i) {
      std::size_t width = 0;
      for (const auto& other : lines) width = std::max(width, other[i].size());
      text += fmt::format("{:<{}}", line[i], i + 1 == columns.size() ? 0 : width + 2);
    }
    text.erase(text.find_last_not_of(' ') + 1);
    out += text + "\n";
  }
  return out;
}

std::string PrintHelp(const Json& result) {
  return Grid(result, {Plain("COMMAND", "name"), Plain("HELP", "help")});
}

std::string PrintBinds(const Json& result) {
  return Grid(result, {Plain("ID", "id"),
                       Plain("SIDE", "side"),
                       Plain("PEER", "peer"),
                       Plain("MODE", "mode"),
                       Plain("VERSION", "version"),
                       Plain("STATE", "state"),
                       Plain("ADDRESS", "address"),
                       {"AGE", [](const Json& row) { return Age(Part(row, "age_ms")); }},
                       {"WINDOW",
                        [](const Json& row) {
                          return Member(row, "window_used") + "/" + Member(row, "window_max");
                        }},
                       Plain("IN", "pdus_in"),
                       Plain("OUT", "pdus_out"),
                       Plain("PACE", "pace"),
                       Plain("TLS", "tls")});
}

// What stops traffic, or will: it stands on top, and says so when it does not.
std::string PrintHealth(const Json& settle, const Json& journal) {
  std::string text = "database    ok\n";
  if (Member(settle, "reachable") == "no") {
    const std::string since = Member(settle, "lost_since");  // 2026-11-21T14:02:11Z
    text =
        fmt::format("database    lost since {} UTC ({})\n",
                    since.size() == 20 ? since.substr(11, 8) : since, Member(settle, "last_error"));
  }
  const std::string batches = Member(settle, "quarantined");
  if (!batches.empty() && batches != "0") {
    text = fmt::format("database    REFUSES a batch: {}; nothing is accepted\n",
                       Member(settle, "last_error"));
  }
  const std::string refuses = Member(journal, "refuses");
  text += refuses.empty() ? "journal     ok"
                          : "journal     REFUSES: " + refuses + "; nothing is accepted";
  return text;
}

std::string PrintSettle(const Json& settle) {
  std::string text = fmt::format("settle      {} octets waiting, {} records settled, {} failures",
                                 Member(settle, "octets_waiting"),
                                 Member(settle, "records_settled"), Member(settle, "failures"));
  if (Member(settle, "quarantined") != "0") {
    text += ", " + Member(settle, "quarantined") + " quarantined";
  }
  if (Member(settle, "fenced") == "yes")
    text += "; FENCED: given up by hubctl node, or started elsewhere";
  const std::string last_error = Member(settle, "last_error");
  if (!last_error.empty()) text += "; last error: " + last_error;
  return text + "\n";
}

std::string PrintJournal(const Json& journal) {
  std::string text = fmt::format("; {} octets on disk, {} records, {} syncs, {} failures",
                                 Member(journal, "octets"), Member(journal, "frames"),
                                 Member(journal, "syncs"), Member(journal, "failures"));
  const std::string last_error = Member(journal, "last_error");
  if (!last_error.empty()) text += "; last error: " + last_error;
  return text + "\n";
}

std::string PrintScript(const Json& result) {
  const std::string path = Member(result, "script_path");
  if (path.empty()) return "script      none: cheapest first\n";
  std::string text = "script      version " + Member(result, "script_version") + ", " + path + "\n";
  const std::string error = Member(result, "script_last_error");
  if (!error.empty()) text += "            last error: " + error + "\n";
  return text;
}

std::string PrintCounters(const Json& counters) {
  std::string text;
  if (!counters.is_object()) return text;
  std::size_t width = 26;
  for (const auto& [name, value] : counters.items()) width = std::max(width, name.size());
  for (const auto& [name, value] : counters.items()) {
    if (Show(value) != "0") text += fmt::format("{:<{}}  {}\n", name, width, Show(value));
  }
  return text.empty() ? "no counter above 0\n" : text;
}

std::string PrintStatus(const Json& result) {
  const std::string tls = Member(result, "listen_tls");
  std::string text = fmt::format(
      "smpphubd    {}{}, up {}, pid {}, listens on {}{}\n", Member(result, "version"),
      Member(result, "draining") == "yes" ? " (draining)" : "", Age(Part(result, "uptime_ms")),
      Member(result, "pid"), Member(result, "listen"), tls.empty() ? "" : ", with TLS on " + tls);
  text += fmt::format("node        {}, epoch {}, {} loops\n", Member(result, "node_id"),
                      Member(result, "epoch"), Member(result, "loops"));
  text += fmt::format("catalog     version {}\n", Member(result, "catalog_version"));
  text += PrintHealth(Part(result, "settle"), Part(result, "journal")) +
          PrintJournal(Part(result, "journal")) + PrintSettle(Part(result, "settle")) +
          PrintScript(result);
  const auto binds = [](const Json& row) {
    return Member(row, "binds_up") + "/" + Member(row, "binds_wanted");
  };
  text += "\n" + Grid(Part(result, "suppliers"), {Plain("SUPPLIER", "name"),
                                                  Plain("ENABLED", "enabled"),
                                                  {"BINDS", binds},
                                                  Plain("QUEUE", "queue_messages"),
                                                  Plain("PAUSED", "binds_paused"),
                                                  Plain("LAST ERROR", "last_error")});
  text += "\n" + Grid(Part(result, "clients"),
                      {Plain("CLIENT", "system_id"), Plain("BINDS", "binds"),
                       Plain("ACCEPTED", "accepted"), Plain("REJECTED", "rejected"),
                       Plain("THROTTLED", "throttled")});
  return text + "\n" + PrintCounters(Part(result, "counters"));
}

std::string PrintText(const Json& result) {
  const std::string text = Member(result, "text");
  return text.empty() || text.back() == '\n' ? text : text + "\n";
}

std::string PrintResult(std::string_view command, const Json& result) {
  if (command == "status") return PrintStatus(result);
  if (command == "binds") return PrintBinds(result);
  if (command == "help") return PrintHelp(result);
  return PrintText(result);
}

}  // namespace

Printed PrintAnswer(std::string_view command, std::string_view answer_line, Output output) {
  const Json answer = Json::parse(answer_line, nullptr, /*allow_exceptions=*/false);
  if (!answer.is_object() || !Part(answer, "ok").is_boolean()) {
    return {Code::kFailed, "", "the daemon's answer is no JSON that hubctl knows\n"};
  }
  if (Part(answer, "ok").get<bool>()) {
    const Json& result = Part(answer, "result");
    const bool as_json = output == Output::kJson;
    return {Code::kOk, as_json ? Line(result) + "\n" : PrintResult(command, result), ""};
  }
  const Json& number = Part(answer, "code");
  const bool known = number.is_number_integer() && number.get<std::int64_t>() >= 1 &&
                     number.get<std::int64_t>() <= static_cast<int>(Code::kConflict);
  const Json& error = Part(answer, "error");
  return {known ? static_cast<Code>(number.get<int>()) : Code::kFailed, "",
          (error.is_object() ? Member(error, "text") : "refused, without a reason") + "\n"};
}

std::string PrintBalances(const std::vector<store::BalanceRow>& rows, Output output) {
  Json list = Json::array();
  for (const store::BalanceRow& row : rows) {
    list.push_back({{"client", row.client},
                    {"account_id", row.account_id},
                    {"currency", row.currency},
                    {"balance", FormatNanoSum(row.balance)},
                    {"credit_limit", FormatNanoSum(row.credit_limit)},
                    {"leased", FormatNanoSum(row.leased)},
                    {"available", FormatNanoSum(row.available)},
                    {"status", row.status}});
  }
  if (output == Output::kJson) return Line(list) + "\n";
  return Grid(list, {Plain("CLIENT", "client"), Plain("ACCOUNT", "account_id"),
                     Plain("CURRENCY", "currency"), Plain("BALANCE", "balance"),
                     Plain("CREDIT LIMIT", "credit_limit"), Plain("LEASED", "leased"),
                     Plain("AVAILABLE", "available"), Plain("STATUS", "status")});
}

namespace {

// Null when it is no good answer.
Json ResultOf(const std::string& answer_line) {
  const Json answer = Json::parse(answer_line, nullptr, /*allow_exceptions=*/false);
  return answer.is_object() ? Part(answer, "result") : Json();
}

// The row of `status`; null for a client that had no bind and no message since the start.
Json SinceStart(const Json& status, const std::string& system_id) {
  const Json& clients = Part(status, "clients");
  for (const Json& client : clients.is_array() ? clients : Json::array()) {
    if (client.is_object() && Member(client, "system_id") == system_id) return client;
  }
  return {};
}

Json AccountOf(const store::BalanceRow& row) {
  return {{"account_id", row.account_id},
          {"currency", row.currency},
          {"balance", FormatNanoSum(row.balance)},
          {"credit_limit", FormatNanoSum(row.credit_limit)},
          {"held", FormatNanoSum(row.held)},
          {"leased", FormatNanoSum(row.leased)},
          {"available", FormatNanoSum(row.available)},
          {"status", row.status}};
}

Json WaitingOf(const store::ClientWaiting& waiting) {
  return {{"receipts", waiting.receipts},
          {"more_receipts", waiting.more_receipts},
          {"mo", waiting.mo},
          {"more_mo", waiting.more_mo},
          {"oldest", waiting.oldest}};
}

Json ToJson(const store::ClientPage& page) {
  Json terms = Json::array(), refusals = Json::array();
  for (const store::ClientTerm& term : page.terms)
    terms.push_back({{"name", term.name}, {"value", term.value}});
  for (const store::ClientRefusal& one : page.refusals) {
    refusals.push_back({{"at", one.at},
                        {"reason", one.reason},
                        {"command_status", one.command_status},
                        {"status", smpp::StatusName(smpp::Status{one.command_status})}});
  }
  Json json = {{"terms", terms},
               {"account", AccountOf(page.balance)},
               {"waiting", WaitingOf(page.waiting)},
               {"refusals", refusals},
               {"not_read", Json::object()}};
  const std::pair<const char*, const std::string&> parts[] = {
      {"account", page.no_balance}, {"waiting", page.no_waiting}, {"refusals", page.no_refusals}};
  for (const auto& [part, why] : parts) {
    if (why.empty()) continue;
    json[part] = nullptr;
    json["not_read"][part] = why;
  }
  return json;
}

std::string PrintWaiting(const store::ClientPage& page) {
  if (!page.no_waiting.empty()) return "waiting     not counted: " + page.no_waiting + "\n";
  const store::ClientWaiting& waiting = page.waiting;
  return fmt::format("waiting     {}{} receipts, {}{} MO{}\n",
                     waiting.more_receipts ? "at least " : "", waiting.receipts,
                     waiting.more_mo ? "at least " : "", waiting.mo,
                     waiting.oldest.empty() ? "" : ", the oldest since " + waiting.oldest + " UTC");
}

std::string PrintAccount(const store::ClientPage& page, const Json& account) {
  if (!page.no_balance.empty()) return "account     not read: " + page.no_balance + "\n";
  return Grid(
      Json::array({account}),
      {Plain("ACCOUNT", "account_id"), Plain("CURRENCY", "currency"), Plain("BALANCE", "balance"),
       Plain("CREDIT LIMIT", "credit_limit"), Plain("HELD", "held"), Plain("LEASED", "leased"),
       Plain("AVAILABLE", "available"), Plain("STATUS", "status")});
}

std::string PrintRefusals(const store::ClientPage& page, const Json& refusals) {
  if (!page.no_refusals.empty()) return "refusals    not read: " + page.no_refusals + "\n";
  if (page.refusals.empty()) return "no refusal with a row within a day\n";
  return Grid(refusals,
              {Plain("REFUSED AT (UTC)", "at"), Plain("WHY", "reason"), Plain("STATUS", "status")});
}

std::string PrintLive(const Json& page) {
  const Json &binds = Part(page, "binds"), &since = Part(page, "since_start");
  if (!binds.is_array()) return "binds       no daemon answers\n";
  std::string text = "since start nothing\n";
  if (since.is_object()) {
    text = fmt::format("since start {} accepted, {} rejected, {} throttled\n",
                       Member(since, "accepted"), Member(since, "rejected"),
                       Member(since, "throttled"));
  }
  return text + (binds.empty() ? "binds       none\n" : "\n" + PrintBinds(binds));
}

}  // namespace

std::string PrintClient(const std::string& system_id, const store::ClientPage& page,
                        const LiveAnswers& live, Output output) {
  Json json = ToJson(page);
  json["client"] = system_id;
  json["binds"] = ResultOf(live.binds);
  json["since_start"] = SinceStart(ResultOf(live.status), system_id);
  if (output == Output::kJson) return Line(json) + "\n";
  std::string text = fmt::format("client      {}\n", system_id);
  text += PrintWaiting(page) + PrintLive(json);
  text += "\n" + PrintAccount(page, json["account"]);
  text += "\n" + Grid(json["terms"], {Plain("TERM", "name"), Plain("VALUE", "value")});
  return text + "\n" + PrintRefusals(page, json["refusals"]);
}

std::string PrintNodes(const std::vector<store::NodeRow>& rows, Output output) {
  Json list = Json::array();
  for (const store::NodeRow& row : rows) {
    list.push_back({{"node_id", row.node_id},
                    {"epoch", row.epoch},
                    {"state", row.state},
                    {"started_at", row.started_at},
                    {"settled_at", row.settled_at},
                    {"settled_position", row.settled},
                    {"accounts", row.accounts},
                    {"fence_reason", row.fence_reason}});
  }
  if (output == Output::kJson) return Line(list) + "\n";
  return Grid(list,
              {Plain("NODE", "node_id"), Plain("EPOCH", "epoch"), Plain("STATE", "state"),
               Plain("STARTED", "started_at"), Plain("LAST SETTLED", "settled_at"),
               Plain("POSITION", "settled_position"), Plain("ACCOUNTS WITH CREDIT", "accounts"),
               Plain("FENCED BECAUSE", "fence_reason")});
}

}  // namespace hub::admin
