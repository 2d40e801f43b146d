#include "server/store/apply_parties.h"

#include <map>
#include <string_view>
#include <utility>

#include "server/store/enum_names.h"
#include "server/store/row_reader.h"

namespace hub::store {
namespace {

Param Text(const std::string& text) { return text; }
Param Until(std::int64_t us) {  // NULL: for ever
  return us == INT64_MAX ? Param{} : Param{TimeText(us)};
}
Param Bool(bool value) { return std::string(value ? "t" : "f"); }

std::vector<std::string> BindModes(std::uint8_t bits) {
  std::vector<std::string> names;
  for (const auto& mode : kBindModes) {
    if ((bits & mode.value) != 0) names.emplace_back(mode.name);
  }
  return names;
}

// What is stored of a client; ids are "" for a new one.
struct StoredClient {
  std::string account_id;
  std::string currency;
  StoredPassword password;
};

Outcome<StoredClient> FindClient(Pg& pg, const ClientEntry& entry, const std::string& label) {
  auto found =
      pg.Run("look up a client",
             "SELECT account_id, currency, password_hash, replaced_password_hashes FROM crm.client"
             " WHERE system_id = $1",
             {entry.client.system_id});
  if (!found) return Err{Placed(found.error(), entry.place, label)};
  if (found->rows() == 0) return StoredClient{};
  return StoredClient{found->String(0, 0),
                      found->String(0, 1),
                      {found->String(0, 2), ParseTextArray(found->Text(0, 3))}};
}

Outcome<std::string> MakeAccount(Pg& pg, const ClientEntry& entry, const std::string& label) {
  auto made = pg.Run(
      "open an account",
      "INSERT INTO money.account (currency, credit_limit) VALUES ($1, $2) RETURNING account_id",
      {entry.client.currency, FormatNano(entry.credit_limit)});
  if (!made) return Err{Placed(made.error(), entry.place, label)};
  return made->String(0, 0);
}

Outcome<Done> ApplyTopups(Pg& pg, const ClientEntry& entry, const std::string& account_id,
                          ApplyReport* report) {
  for (const TopupEntry& topup : entry.topups) {
    const std::string label = "client " + entry.client.system_id + ": top-up " + topup.external_ref;
    auto booked = pg.Run("book a top-up", "SELECT money.topup($1, $2, $3, $4)",
                         {account_id, FormatNano(topup.amount), topup.reason, topup.external_ref});
    if (!booked) return Err{Placed(booked.error(), topup.place, label)};
    if (booked->Bool(0, 0)) {
      report->added.push_back(label + " of " + FormatNano(topup.amount) + " " +
                              entry.client.currency);
    } else {
      ++report->same;
    }
  }
  return Done{};
}

// After the top-ups: they may pay for a lower limit.
Outcome<Done> ApplyLimit(Pg& pg, const ClientEntry& entry, const std::string& account_id,
                         ApplyReport* report) {
  const std::string label = "client " + entry.client.system_id;
  const std::string limit = FormatNano(entry.credit_limit);
  auto stored = pg.Run("read a credit limit",
                       "SELECT trim_scale(limit_base), limit_base = $2::numeric FROM money.account"
                       " WHERE account_id = $1",
                       {account_id, limit});
  if (!stored) return Err{Placed(stored.error(), entry.place, label)};
  if (stored->Bool(0, 1)) return Done{};
  auto effective = pg.Run("set a credit limit",
                          "SELECT trim_scale(money.set_credit_limit($1, $2, 'hubctl apply'))",
                          {account_id, limit});
  if (!effective) return Err{Placed(effective.error(), entry.place, label)};
  std::string change = label + ": credit_limit " + stored->String(0, 0) + " -> " + limit;
  if (effective->Text(0, 0) != limit) {
    change += " (" + effective->String(0, 0) + " until what is owed and leased returns)";
  }
  report->changed.push_back(std::move(change));
  return Done{};
}

std::vector<Column> ClientColumns(const ClientEntry& entry, const std::string& account_id,
                                  const std::string& deck_id) {
  const ClientRow& c = entry.client;
  const ClientTerms& t = entry.terms;
  return {{"account_id", "bigint", account_id},
          {"deck_id", "bigint", deck_id},
          {"currency", "char(3)", c.currency},
          {"enabled", "boolean", Bool(c.enabled)},
          {"may_bind", "text[]", ToArray(BindModes(c.bind_modes))},
          {"binds_max", "integer", ToParam(c.binds_max)},
          {"binds_max_tx", "integer", ToParam(c.binds_max_tx)},
          {"binds_max_rx", "integer", ToParam(c.binds_max_rx)},
          {"binds_max_trx", "integer", ToParam(c.binds_max_trx)},
          {"allow_from", "cidr[]", ToArray(c.allow_from)},
          {"tls_required", "boolean", Bool(c.tls_required)},
          {"window_requests_max", "integer", ToParam(c.window_requests_max)},
          {"rate_per_second", "bigint", ToParam(c.rate_per_second)},
          {"rate_burst", "bigint", ToParam(c.rate_burst)},
          {"over_rate", "text", NameOf(c.over_rate, kOverRates)},
          {"short_ids", "boolean", Bool(c.short_ids)},
          {"message_class", "text", c.message_class},
          {"tags", "text[]", ToArray(c.tags)},
          {"out_of_credit_status", "bigint", ToParam(c.out_of_credit_status)},
          {"guard_mode", "text", NameOf(c.guard_mode, kGuardModes)},
          {"margin_min_abs", "numeric", FormatNano(c.margin_min_abs)},
          {"margin_min_bp", "integer", ToParam(c.margin_min_bp)},
          {"attempts_max", "integer", ToParam(c.attempts_max)},
          {"answer", "text", NameOf(c.answer, kAnswerModes)},
          {"on_link_lost", "text", NameOf(c.on_link_lost, kOnLinkLosts)},
          {"message_ttl_s", "integer", ToParam(c.message_ttl_s)},
          {"receipt_ttl_s", "integer", ToParam(c.receipt_ttl_s)},
          {"dlr_timeout_s", "integer", ToParam(c.dlr_timeout_s)},
          {"no_receipt_state", "smallint", ToParam(c.no_receipt_state)},
          {"dedupe_window_s", "integer", ToParam(c.dedupe_window_s)},
          {"dedupe_by", "text", NameOf(c.dedupe_by, kDedupeBys)},
          {"mo_offline", "text", NameOf(c.mo_offline, kMoOfflines)},
          {"mo_ttl_s", "integer", ToParam(c.mo_ttl_s)},
          {"refund_on_hub_fault", "boolean", Bool(t.refund_on_hub_fault)},
          {"refund_on_upstream_reject", "boolean", Bool(t.refund_on_upstream_reject)},
          {"refund_on_undelivered", "boolean", Bool(t.refund_on_undelivered)},
          {"ack_unknown", "text", NameOf(t.ack_unknown, kUnknownRules)},
          {"no_dlr", "text", NameOf(t.no_dlr, kUnknownRules)}};
}

// A password and its end belong together: the end that a file states is of the password that it states. When another one is in force
// (`hubctl client passwd`), or the file states none, its end stays. A new password ends the one before it and its overlap.
std::vector<Column> PasswordColumns(const ClientEntry& entry, const PasswordHash& password) {
  std::vector<Column> columns = {{"password_hash", "text", password.hash, true}};
  if (password.is_named) {
    columns.push_back(
        {"password_valid_until", "timestamptz", Until(entry.client.password_until_us)});
  }
  if (password.hash != password.stored.hash) {
    columns.push_back({"previous_password_hash", "text", Param{}, true});
    columns.push_back({"previous_password_until", "timestamptz", Param{}});
  }
  return columns;
}

void NoteReplaced(const ClientEntry& entry, const std::string& label, ApplyReport* report) {
  const bool has_end = entry.client.password_until_us != INT64_MAX;
  report->notes.push_back(label +
                          ": the password described is one that was replaced; the present one" +
                          (has_end ? ", and its end, stay" : " stays"));
}

Outcome<Done> ApplyClient(Pg& pg, const ClientEntry& entry, const PasswordHash& decided,
                          ApplyReport* report) {
  const std::string label = "client " + entry.client.system_id;
  auto deck_id = DeckOf(pg, entry.place, label, entry.deck, entry.client.currency);
  if (!deck_id) return Err{deck_id.error()};
  auto stored = FindClient(pg, entry, label);
  if (!stored) return Err{stored.error()};
  if (!stored->currency.empty() && stored->currency != entry.client.currency) {
    return Err{Refusal(entry.place, label,
                       "its account is in " + stored->currency + ", and that never changes")};
  }
  Outcome<PasswordHash> password = decided;
  if (stored->password != decided.stored) {  // somebody changed it since we looked
    password = DecidePassword(entry, stored->password);
  }
  if (!password) return Err{password.error()};
  if (password->is_replaced) NoteReplaced(entry, label, report);
  Outcome<std::string> account_id = stored->account_id;
  if (account_id->empty()) account_id = MakeAccount(pg, entry, label);
  if (!account_id) return Err{account_id.error()};

  std::vector<Column> columns = PasswordColumns(entry, *password);
  for (Column& column : ClientColumns(entry, *account_id, *deck_id)) {
    columns.push_back(std::move(column));
  }
  auto applied = ApplyRow(pg, {"crm.client", "client_id", label, entry.place},
                          {{"system_id", "text", Text(entry.client.system_id)}}, columns, report);
  if (!applied) return Err{applied.error()};
  return Done{};
}

}  // namespace

Outcome<std::string> DeckOf(Pg& pg, const Place& place, const std::string& label,
                            const std::string& deck, const std::string& currency) {
  auto found =
      pg.Run("look up a deck", "SELECT deck_id, currency FROM rate.deck WHERE name = $1", {deck});
  if (!found) return Err{Placed(found.error(), place, label)};
  if (found->rows() == 0) return Err{Refusal(place, label, "no deck is called \"" + deck + "\"")};
  if (found->Text(0, 1) != currency) {
    return Err{Refusal(
        place, label,
        "the deck \"" + deck + "\" is in " + found->String(0, 1) + ", this is in " + currency)};
  }
  return found->String(0, 0);
}

Outcome<Done> ApplyClients(Pg& pg, const std::vector<ClientEntry>& clients,
                           const PasswordHashes& passwords, ApplyReport* report) {
  for (const ClientEntry& entry : clients) {
    auto applied = ApplyClient(pg, entry, passwords.at(entry.client.system_id), report);
    if (!applied) return applied;
  }
  return Done{};
}

Outcome<Done> ApplyMoney(Pg& pg, const std::vector<ClientEntry>& clients, ApplyReport* report) {
  std::map<std::string_view, const ClientEntry*> by_name;
  std::vector<std::string> names;
  for (const ClientEntry& entry : clients) {
    by_name[entry.client.system_id] = &entry;
    names.push_back(entry.client.system_id);
  }
  auto accounts = pg.Run("look up accounts",
                         "SELECT account_id, system_id FROM crm.client"
                         " WHERE system_id = ANY ($1::text[]) ORDER BY account_id",
                         {ToArray(names)});
  if (!accounts) return Err{accounts.error()};
  for (int i = 0; i < accounts->rows(); ++i) {
    const ClientEntry& entry = *by_name.at(accounts->Text(i, 1));
    auto done = ApplyTopups(pg, entry, accounts->String(i, 0), report);
    if (done) done = ApplyLimit(pg, entry, accounts->String(i, 0), report);
    if (!done) return done;
  }
  return Done{};
}

}  // namespace hub::store
