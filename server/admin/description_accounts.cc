#include "server/admin/description_accounts.h"

#include <algorithm>

#include "protocol/pdu/bind.h"
#include "server/access/address.h"
#include "server/admin/description_profile.h"
#include "server/base/password.h"
#include "server/config/settings.h"

namespace hub::admin {
namespace {

constexpr std::int64_t kRateMax = 1'000'000;  // messages a second
constexpr std::int64_t kMonthS = 2'592'000;   // thirty days, the longest that anything waits
constexpr std::size_t kPathOctetsMax = 4'096;
constexpr std::int64_t kWeekS = 604'800;
constexpr std::size_t kRetriesMax = 32;
constexpr std::int64_t kBindsMax = 1'000;
constexpr std::size_t kNetworksMax = 256;  // of one client
constexpr std::int64_t kSessionsMax = 64;  // of one bind

// As receipts spell them, SMPP v3.4 §5.2.28.
constexpr store::EnumName<std::uint8_t> kNoReceiptStates[] = {
    {"EXPIRED", 3}, {"UNDELIV", 5}, {"UNKNOWN", 7}};

// ESME_RSUBMITFAIL, "0x45" or 69.
void ReadStatus(TomlReader& table, std::string_view key, std::uint32_t* status) {
  const TomlMember* member = table.Any(key);
  if (member == nullptr) return;
  if (member->value.kind == TomlKind::kInteger) return Assign(table, key, 1, UINT32_MAX, status);
  const auto text = table.Text(key, 1, kNameOctetsMax);
  if (!text) return;
  if (const auto parsed = ErrorStatus(*text)) {
    *status = *parsed;
  } else {
    table.Refuse(key, "is no command_status of an error", "\"ESME_RSUBMITFAIL\" or 0x45");
  }
}

void ReadBindModes(TomlReader& table, std::uint8_t* modes) {
  if (table.Any("bind_modes") == nullptr) return;
  unsigned bits = 0;
  for (const std::string& mode : table.Texts("bind_modes", 0, kNameOctetsMax)) {
    if (mode == "tx") {
      bits |= store::kMayBindTx;
    } else if (mode == "rx") {
      bits |= store::kMayBindRx;
    } else if (mode == "trx") {
      bits |= store::kMayBindTrx;
    } else {
      table.Refuse("bind_modes", "\"" + mode + "\" is none of: tx, rx, trx");
    }
  }
  const TomlValue& list = table.Any("bind_modes")->value;
  if (list.kind == TomlKind::kList && list.items.empty())
    table.Refuse("bind_modes", "names none: it could not bind", "enabled = false");
  *modes = static_cast<std::uint8_t>(bits);
}

// Who may come in as this client: from where, how often, until when.
void ReadDoor(TomlReader& table, store::ClientRow* row) {
  Assign(table, "binds_max", 1, kBindsMax, &row->binds_max);
  Assign(table, "binds_max_tx", 0, kBindsMax, &row->binds_max_tx);
  Assign(table, "binds_max_rx", 0, kBindsMax, &row->binds_max_rx);
  Assign(table, "binds_max_trx", 0, kBindsMax, &row->binds_max_trx);
  if (const auto tls = OneOf(table, "tls", {"optional", "required"})) row->tls_required = *tls == 1;
  if (const auto until = table.Moment("password_valid_until")) {
    row->password_until_us = ToMicros(*until);
  }
  if (table.Any("allow_from") == nullptr) return;
  row->allow_from = table.Texts("allow_from", 1, kNameOctetsMax);
  const TomlMember* member = table.Any("allow_from");
  if (member->value.kind == TomlKind::kList && member->value.items.size() > kNetworksMax) {
    table.Refuse("allow_from", "has more than " + std::to_string(kNetworksMax) + " networks");
  }
  for (const std::string& text : row->allow_from) {
    const auto network = access::ParseNetwork(text);
    if (network) continue;
    table.Refuse("allow_from", "\"" + text + "\" " + network.error(),
                 "\"192.0.2.0/24\" or \"2001:db8::/32\"");
  }
}

store::TopupEntry ReadTopup(TomlReader& table, Unique* refs) {
  store::TopupEntry topup;
  topup.place = table.place_text();
  topup.external_ref = RequiredText(table, "ref", 1, kTextOctetsMax);
  if (!topup.external_ref.empty()) refs->Check(table, "ref", topup.external_ref);
  if (table.Any("amount") == nullptr) table.Require("amount");
  if (const auto amount = Money(table, "amount")) {
    topup.amount = *amount;
    if (amount->units <= 0) table.Refuse("amount", "a topup is more than 0");
  }
  topup.reason = table.Text("reason", 0, kTextOctetsMax).value_or("topup");
  table.Finish();
  return topup;
}

// topup = { ... } for one, [[client.topup]] for several.
std::vector<store::TopupEntry> ReadTopups(TomlReader& table, Unique* refs) {
  std::vector<store::TopupEntry> topups;
  const TomlMember* member = table.Any("topup");
  if (member != nullptr && member->value.kind == TomlKind::kTable) {
    TomlReader one = *table.Table("topup");
    topups.push_back(ReadTopup(one, refs));
    return topups;
  }
  for (TomlReader& one : table.Tables("topup")) topups.push_back(ReadTopup(one, refs));
  return topups;
}

void ReadPassword(TomlReader& table, store::ClientEntry* entry) {
  entry->password = table.Text("password", 1, kPasswordOctetsMax).value_or("");
  if (entry->password.size() > smpp::kBindPasswordOctetsMax) {
    table.Refuse("password",
                 "has " + std::to_string(entry->password.size()) +
                     " octets: no bind can carry more than 8 (SMPP v3.4 §5.2.2)",
                 "choose one of at most 8");
  }
  entry->client.password_hash = table.Text("password_hash", 1, kTextOctetsMax).value_or("");
  const bool has_password = table.Any("password") != nullptr;
  const bool has_hash = table.Any("password_hash") != nullptr;
  if (has_password && has_hash) {
    table.Refuse("password_hash", "password is given too", "keep one of them");
  } else if (!has_password && !has_hash) {
    table.Require("password");
  }
  const std::string& hash = entry->client.password_hash;
  if (!hash.empty() && !IsPasswordHash(hash)) {
    table.Refuse("password_hash", "is no crypt(5) string that this system can check",
                 "or write password = \"...\": hubctl hashes it");
  }
}

// What one message costs, or must leave: money.rate_t, a numeric(14,9), has five digits before the point.
std::optional<Nano> Rate(TomlReader& table, std::string_view key) {
  constexpr Nano kRateEnd{100'000 * kNanoPerUnit};
  const std::optional<Nano> stated = Money(table, key);
  if (!stated) return {};
  const char* why = stated->units < 0     ? "is less than 0"
                    : *stated >= kRateEnd ? "is not below 100000"
                                          : nullptr;
  if (why == nullptr) return stated;
  table.Refuse(key, why);
  return {};
}

// What money may do for this client.
void ReadTerms(TomlReader& table, store::ClientEntry* entry) {
  store::ClientRow& row = entry->client;
  if (const auto limit = Money(table, "credit_limit")) {
    entry->credit_limit = *limit;
    if (limit->units < 0) table.Refuse("credit_limit", "is less than 0");
  }
  ReadStatus(table, "out_of_credit_status", &row.out_of_credit_status);
  Assign(table, "guard", store::kGuardModes, &row.guard_mode);
  // Below cost sells who has guard = "off".
  row.margin_min_abs = Rate(table, "margin_min").value_or(row.margin_min_abs);
  Assign(table, "margin_min_bp", 0, 10'000, &row.margin_min_bp);
  store::ClientTerms& terms = entry->terms;
  Assign(table, "refund_on_hub_fault", &terms.refund_on_hub_fault);
  Assign(table, "refund_on_upstream_reject", &terms.refund_on_upstream_reject);
  Assign(table, "refund_on_undelivered", &terms.refund_on_undelivered);
  Assign(table, "ack_unknown", store::kUnknownRules, &terms.ack_unknown);
  Assign(table, "no_dlr", store::kUnknownRules, &terms.no_dlr);
}

// Whom its broadcasts go to, and for how much: both, or it may send none.
void ReadBroadcasts(TomlReader& table, store::ClientEntry* entry) {
  entry->broadcast_supplier = table.Text("broadcast_supplier", 1, kNameOctetsMax).value_or("");
  entry->client.broadcast_price = Rate(table, "broadcast_price").value_or(Nano{});
  const bool has_supplier = table.Any("broadcast_supplier") != nullptr;
  const bool has_price = table.Any("broadcast_price") != nullptr;
  if (has_supplier != has_price) {
    table.Refuse(has_price ? "broadcast_price" : "broadcast_supplier",
                 "broadcast_supplier and broadcast_price go together");
  }
}

// How its messages are answered, and how long we try.
void ReadHandling(TomlReader& table, store::ClientRow* row) {
  Assign(table, "answer", store::kAnswerModes, &row->answer);
  Assign(table, "on_link_lost", store::kOnLinkLosts, &row->on_link_lost);
  Assign(table, "message_ttl_s", 1, kMonthS, &row->message_ttl_s);
  Assign(table, "receipt_ttl_s", 0, kMonthS, &row->receipt_ttl_s);
  Assign(table, "dlr_timeout_s", 60, kMonthS, &row->dlr_timeout_s);
  Assign(table, "no_receipt_state", kNoReceiptStates, &row->no_receipt_state);
  Assign(table, "dedupe_window_s", 0, kWeekS, &row->dedupe_window_s);
  Assign(table, "dedupe_by", store::kDedupeBys, &row->dedupe_by);
  Assign(table, "mo_offline", store::kMoOfflines, &row->mo_offline);
  Assign(table, "mo_ttl_s", 1, kMonthS, &row->mo_ttl_s);
}

// retry_after_s = [5, 15, 60]
void ReadRetries(TomlReader& table, std::vector<std::int32_t>* retries) {
  const TomlMember* member = table.Any("retry_after_s");
  if (member == nullptr) return;
  const std::vector<TomlValue>& items = member->value.items;
  if (member->value.kind != TomlKind::kList || items.empty() || items.size() > kRetriesMax) {
    return table.Refuse("retry_after_s", "expected a list of 1 to 32 seconds", "[5, 15, 60]");
  }
  retries->clear();
  for (const TomlValue& item : items) {
    if (item.kind != TomlKind::kInteger || item.integer < 1 || item.integer > kMonthS) {
      table.report().Add(item.place, "supplier.retry_after_s",
                         "expected seconds within 1 .. " + std::to_string(kMonthS));
    } else {
      retries->push_back(static_cast<std::int32_t>(item.integer));
    }
  }
}

// statuses = { ESME_RMSGQFUL = "throttle", 0x0000000b = "transient" }
void ReadStatuses(TomlReader& table, std::map<std::uint32_t, store::StatusClass>* statuses) {
  if (table.Any("statuses") == nullptr) return;
  auto classes = table.Table("statuses");
  if (!classes) return;
  for (const TomlMember& member : table.Any("statuses")->value.members) {
    store::StatusClass status_class{};
    Assign(*classes, member.key, store::kStatusClasses, &status_class);
    const auto status = ErrorStatus(member.key);
    if (!status) {
      classes->Refuse(member.key, "is no command_status of an error",
                      "ESME_RMSGQFUL or 0x00000014");
    } else if (!statuses->emplace(*status, status_class).second) {
      classes->Refuse(member.key, "the same status stands here twice");
    }
  }
}

// A file of the hub's machine, named so that it does not matter where the hub was started.
void ReadFile(TomlReader& table, std::string_view key, std::string* path) {
  *path = table.Text(key, 0, kPathOctetsMax).value_or("");
  if (!path->empty() && path->front() != '/') {
    table.Refuse(key, "is no absolute path", "\"/etc/smpphub/" + *path + "\"");
  }
}

void ReadBindTls(TomlReader& table, store::SupplierBindRow* row) {
  Assign(table, "tls", store::kSupplierTls, &row->tls);
  row->tls_server_name = table.Text("tls_server_name", 0, kTextOctetsMax).value_or("");
  ReadFile(table, "tls_ca", &row->tls_ca);
  ReadFile(table, "tls_certificate", &row->tls_certificate);
  ReadFile(table, "tls_key", &row->tls_key);
  if (row->tls_certificate.empty() != row->tls_key.empty()) {
    table.Refuse(row->tls_key.empty() ? "tls_certificate" : "tls_key",
                 "tls_certificate and tls_key go together");
  }
}

// "host", or "host:port" when the port differs; a v6 address stands in brackets, with a port.
std::vector<std::string> OtherHosts(TomlReader& table) {
  constexpr std::size_t kOtherHostsMax = 16;
  std::vector<std::string> hosts = table.Texts("other_hosts", 0, kTextOctetsMax);
  for (const std::string& host : hosts) {
    if (host.empty()) table.Refuse("other_hosts", "an item is empty", "leave it out");
    if (host.find(':') == std::string::npos) continue;
    const auto split = SplitAddress(host);
    if (!split) {
      table.Refuse("other_hosts", "\"" + host + "\": " + split.error().why, split.error().advice);
    } else if (split->host.empty() || split->port == 0) {
      table.Refuse("other_hosts", "\"" + host + "\" names no host and port", "\"host:2775\"");
    }
  }
  if (hosts.size() > kOtherHostsMax) table.Refuse("other_hosts", "are more than 16");
  return hosts;
}

// Between the three there is no version.
void ReadVersion(TomlReader& table, std::uint8_t* version) {
  const auto stated = table.Integer("interface_version", 0, 255);
  if (!stated) return;
  if (*stated != 0x33 && *stated != 0x34 && *stated != 0x50)
    return table.Refuse("interface_version", "is none of: 0x33, 0x34, 0x50");
  *version = static_cast<std::uint8_t>(*stated);
}

store::SupplierBindEntry ReadBind(TomlReader& table) {
  store::SupplierBindEntry entry;
  entry.place = table.place_text();
  store::SupplierBindRow& row = entry.bind;
  row.host = RequiredText(table, "host", 1, kTextOctetsMax);
  if (table.Any("port") == nullptr) table.Require("port");
  Assign(table, "port", 1, 65'535, &row.port);
  row.system_id = RequiredText(table, "system_id", 1, 15);  // SMPP v3.4 §5.2.1
  row.password =
      table.Text("password", 0, smpp::kBindLongPasswordOctetsMax).value_or("");  // §5.2.2 says 8
  row.system_type = table.Text("system_type", 0, 12).value_or("");               // §5.2.3
  ReadVersion(table, &row.interface_version);
  constexpr std::string_view kModes[] = {"tx", "rx", "trx"};
  if (const auto mode = OneOf(table, "mode", {"tx", "rx", "trx"})) row.mode = kModes[*mode];
  Assign(table, "sessions", 1, kSessionsMax, &row.sessions);
  Assign(table, "window_requests_max", 1, 10'000, &row.window_requests_max);
  Assign(table, "enabled", &row.enabled);
  ReadBindTls(table, &row);
  Assign(table, "rate_per_second", 0, kRateMax, &row.rate_per_second);
  row.other_hosts = OtherHosts(table);
  table.Finish();
  return entry;
}

// Scripts name it.
void CheckName(TomlReader& table, std::string_view name) {
  constexpr std::string_view kMay = "abcdefghijklmnopqrstuvwxyz0123456789_.-";
  const bool good =
      name.empty() || (name.find_first_not_of(kMay) == std::string_view::npos &&
                       std::string_view("_.-").find(name.front()) == std::string_view::npos);
  if (!good) table.Refuse("name", "expected a-z and 0-9, behind the first one _ . - too");
}

}  // namespace

store::ClientEntry ReadClient(TomlReader& table, Unique* system_ids, Unique* topup_refs) {
  store::ClientEntry entry;
  entry.place = table.place_text();
  store::ClientRow& row = entry.client;
  row.system_id = RequiredText(table, "system_id", 1, 15);  // SMPP v3.4 §5.2.1
  if (!row.system_id.empty()) system_ids->Check(table, "system_id", row.system_id);
  ReadPassword(table, &entry);
  row.currency = RequiredLetters(table, "currency", 3);
  entry.deck = RequiredText(table, "deck", 1, kNameOctetsMax);
  ReadTerms(table, &entry);
  ReadBroadcasts(table, &entry);
  ReadHandling(table, &row);
  entry.topups = ReadTopups(table, topup_refs);
  row.tags = Tags(table);
  static constexpr std::string_view kClasses[] = {"otp", "transactional", "promo", "p2p", "test"};
  if (const auto c = OneOf(table, "class", {std::begin(kClasses), std::end(kClasses)})) {
    row.message_class = kClasses[*c];
  }
  ReadBindModes(table, &row.bind_modes);
  ReadDoor(table, &row);
  Assign(table, "window_requests_max", 1, 10'000, &row.window_requests_max);
  Assign(table, "rate_per_second", 0, kRateMax, &row.rate_per_second);
  // A burst that nobody chose lets a tenth of a second through at once.
  row.rate_burst = std::max<std::int64_t>(row.rate_per_second / 10, 1);
  Assign(table, "rate_burst", 1, kRateMax, &row.rate_burst);
  Assign(table, "over_rate", store::kOverRates, &row.over_rate);
  Assign(table, "short_ids", &row.short_ids);
  Assign(table, "attempts_max", 1, 8, &row.attempts_max);
  Assign(table, "enabled", &row.enabled);
  table.Finish();
  return entry;
}

store::SupplierEntry ReadSupplier(TomlReader& table, Unique* names) {
  store::SupplierEntry entry;
  entry.place = table.place_text();
  store::SupplierRow& row = entry.supplier;
  row.name = RequiredText(table, "name", 1, kNameOctetsMax);
  CheckName(table, row.name);
  if (!row.name.empty()) names->Check(table, "name", row.name);
  static constexpr std::string_view kTypes[] = {"direct", "wholesale", "hq", "sim", "ss7", "test"};
  row.type = "wholesale";
  if (const auto type = OneOf(table, "type", {std::begin(kTypes), std::end(kTypes)})) {
    row.type = kTypes[*type];
  }
  row.currency = RequiredLetters(table, "currency", 3);
  entry.deck = RequiredText(table, "deck", 1, kNameOctetsMax);
  Assign(table, "enabled", &row.enabled);
  Assign(table, "priority", -1'000'000, 1'000'000, &row.priority);
  row.tags = Tags(table);
  Assign(table, "id_form", store::kIdForms, &row.id_form);
  Assign(table, "response_timeout_ms", 100, 600'000, &row.response_timeout_ms);
  Assign(table, "rate_per_second", 0, kRateMax, &row.rate_per_second);
  Assign(table, "on_unknown", store::kOnUnknowns, &row.on_unknown);
  Assign(table, "on_link_lost", store::kOnLinkLosts, &row.on_link_lost);
  Assign(table, "relays_query", &row.relays_query);
  ReadRetries(table, &row.retry_after_s);
  ReadStatuses(table, &row.statuses);
  row.broadcast_cost = Rate(table, "broadcast_cost");
  ReadProfile(table, &row.profile);
  for (TomlReader& bind : table.Tables("bind")) entry.binds.push_back(ReadBind(bind));
  table.Finish();
  return entry;
}

}  // namespace hub::admin
