#include "server/admin/description_accounts.h"

#include <algorithm>

#include "protocol/wire/status.h"
#include "server/base/password.h"

namespace hub::admin {
namespace {

constexpr std::int64_t kRateMax = 1'000'000;  // messages a second

// ESME_RSUBMITFAIL, "0x45" or 69.
void ReadStatus(TomlReader& table, std::string_view key, std::uint32_t* status) {
  const TomlMember* member = table.Any(key);
  if (member == nullptr) return;
  if (member->value.kind == TomlKind::kInteger) return Assign(table, key, 1, UINT32_MAX, status);
  const auto text = table.Text(key, 1, kNameOctetsMax);
  smpp::Status parsed{};
  if (text && smpp::ParseStatus(*text, &parsed) && parsed != smpp::Status::ESME_ROK) {
    *status = static_cast<std::uint32_t>(parsed);
  } else if (text) {
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
  *modes = static_cast<std::uint8_t>(bits);
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

// What money may do for this client.
void ReadTerms(TomlReader& table, store::ClientEntry* entry) {
  store::ClientRow& row = entry->client;
  if (const auto limit = Money(table, "credit_limit")) {
    entry->credit_limit = *limit;
    if (limit->units < 0) table.Refuse("credit_limit", "is less than 0");
  }
  ReadStatus(table, "out_of_credit_status", &row.out_of_credit_status);
  if (const auto mode = OneOf(table, "guard", {"block", "warn", "off"})) {
    row.guard_mode = static_cast<store::GuardMode>(*mode);
  }
  if (const auto margin = Money(table, "margin_min")) row.margin_min_abs = *margin;
  Assign(table, "margin_min_bp", -1'000'000, 10'000, &row.margin_min_bp);
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
      table.Text("password", 0, 64).value_or("");  // §5.2.2 says 8; some suppliers take more
  row.system_type = table.Text("system_type", 0, 12).value_or("");  // §5.2.3
  Assign(table, "interface_version", 0x33, 0x50, &row.interface_version);
  constexpr std::string_view kModes[] = {"tx", "rx", "trx"};
  if (const auto mode = OneOf(table, "mode", {"tx", "rx", "trx"})) row.mode = kModes[*mode];
  Assign(table, "sessions", 1, 1'000, &row.sessions);
  Assign(table, "window_requests_max", 1, 10'000, &row.window_requests_max);
  Assign(table, "enabled", &row.enabled);
  table.Finish();
  return entry;
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
  entry.topups = ReadTopups(table, topup_refs);
  row.tags = Tags(table);
  row.message_class = table.Text("class", 1, kNameOctetsMax).value_or(row.message_class);
  ReadBindModes(table, &row.bind_modes);
  Assign(table, "binds_max", 1, 1'000, &row.binds_max);
  Assign(table, "window_requests_max", 1, 10'000, &row.window_requests_max);
  Assign(table, "rate_per_second", 0, kRateMax, &row.rate_per_second);
  // A burst that nobody chose lets a tenth of a second through at once.
  row.rate_burst = std::max<std::int64_t>(row.rate_per_second / 10, 1);
  Assign(table, "rate_burst", 1, kRateMax, &row.rate_burst);
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
  if (const auto form = OneOf(table, "id_form", {"same", "hex_to_dec", "dec_to_hex", "auto"})) {
    row.id_form = static_cast<store::IdForm>(*form);
  }
  Assign(table, "response_timeout_ms", 100, 600'000, &row.response_timeout_ms);
  for (TomlReader& bind : table.Tables("bind")) entry.binds.push_back(ReadBind(bind));
  table.Finish();
  return entry;
}

}  // namespace hub::admin
