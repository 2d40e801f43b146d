#include "server/store/apply_parties.h"

#include <map>
#include <string_view>
#include <utility>

#include "server/store/enum_names.h"

namespace hub::store {
namespace {

Param Text(const std::string& text) { return text; }
Param Bool(bool value) { return std::string(value ? "t" : "f"); }

std::vector<std::string> BindModes(std::uint8_t bits) {
  std::vector<std::string> names;
  for (const auto& mode : kBindModes) {
    if ((bits & mode.value) != 0) names.emplace_back(mode.name);
  }
  return names;
}

// The deck's id; refused when there is none, or when it is in another currency.
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

// What is stored of a client; ids are "" for a new one.
struct StoredClient {
  std::string account_id;
  std::string currency;
  std::string password_hash;
};

Outcome<StoredClient> FindClient(Pg& pg, const ClientEntry& entry, const std::string& label) {
  auto found =
      pg.Run("look up a client",
             "SELECT account_id, currency, password_hash FROM crm.client WHERE system_id = $1",
             {entry.client.system_id});
  if (!found) return Err{Placed(found.error(), entry.place, label)};
  if (found->rows() == 0) return StoredClient{};
  return StoredClient{found->String(0, 0), found->String(0, 1), found->String(0, 2)};
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
  ApplyReport own;
  auto applied = ApplyRow(pg, {"money.account", "account_id", label, entry.place},
                          {{"account_id", "bigint", account_id}},
                          {{"credit_limit", "numeric", FormatNano(entry.credit_limit)}}, &own);
  if (!applied) return Err{applied.error()};
  report->changed.insert(report->changed.end(), own.changed.begin(), own.changed.end());
  return Done{};
}

std::vector<Column> ClientColumns(const ClientEntry& entry, const std::string& account_id,
                                  const std::string& deck_id, const std::string& hash) {
  const ClientRow& c = entry.client;
  return {{"password_hash", "text", hash, true},
          {"account_id", "bigint", account_id},
          {"deck_id", "bigint", deck_id},
          {"currency", "char(3)", c.currency},
          {"enabled", "boolean", Bool(c.enabled)},
          {"may_bind", "text[]", ToArray(BindModes(c.bind_modes))},
          {"binds_max", "integer", ToParam(c.binds_max)},
          {"window_requests_max", "integer", ToParam(c.window_requests_max)},
          {"rate_per_second", "bigint", ToParam(c.rate_per_second)},
          {"rate_burst", "bigint", ToParam(c.rate_burst)},
          {"message_class", "text", c.message_class},
          {"tags", "text[]", ToArray(c.tags)},
          {"out_of_credit_status", "bigint", ToParam(c.out_of_credit_status)},
          {"guard_mode", "text", NameOf(c.guard_mode, kGuardModes)},
          {"margin_min_abs", "numeric", FormatNano(c.margin_min_abs)},
          {"margin_min_bp", "integer", ToParam(c.margin_min_bp)},
          {"attempts_max", "integer", ToParam(c.attempts_max)}};
}

std::vector<Column> BindColumns(const SupplierBindRow& b) {
  return {{"password", "text", b.password, true},
          {"system_type", "text", b.system_type},
          {"interface_version", "smallint", ToParam(b.interface_version)},
          {"mode", "text", b.mode},
          {"sessions", "integer", ToParam(b.sessions)},
          {"window_requests_max", "integer", ToParam(b.window_requests_max)},
          {"enabled", "boolean", Bool(b.enabled)}};
}

Outcome<Done> RemoveOtherBinds(Pg& pg, const SupplierEntry& entry, const std::string& supplier_id,
                               const std::vector<std::string>& keep, ApplyReport* report) {
  const std::string label = "supplier " + entry.supplier.name;
  auto others =
      pg.Run("look for other binds",
             "SELECT bind_id, host || ':' || port || ' ' || system_id FROM crm.supplier_bind"
             " WHERE supplier_id = $1 AND bind_id <> ALL ($2::bigint[]) ORDER BY bind_id",
             {supplier_id, ToArray(keep)});
  if (!others) return Err{Placed(others.error(), entry.place, label)};
  for (int i = 0; i < others->rows(); ++i) {
    auto removed = pg.Run("remove a bind", "DELETE FROM crm.supplier_bind WHERE bind_id = $1",
                          {others->String(i, 0)});
    if (!removed) return Err{Placed(removed.error(), entry.place, label)};
    report->removed.push_back(label + ": bind " + others->String(i, 1));
  }
  return Done{};
}

Outcome<Done> ApplyClient(Pg& pg, const ClientEntry& entry, const PasswordHash& password,
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
  Outcome<std::string> hash = password.hash;
  if (stored->password_hash != password.stored) {  // somebody changed it since we looked
    hash = HashOf(entry, stored->password_hash);
  }
  if (!hash) return Err{hash.error()};
  Outcome<std::string> account_id = stored->account_id;
  if (account_id->empty()) account_id = MakeAccount(pg, entry, label);
  if (!account_id) return Err{account_id.error()};

  auto applied = ApplyRow(pg, {"crm.client", "client_id", label, entry.place},
                          {{"system_id", "text", Text(entry.client.system_id)}},
                          ClientColumns(entry, *account_id, *deck_id, *hash), report);
  if (!applied) return Err{applied.error()};
  return Done{};
}

}  // namespace

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

Outcome<Done> ApplySupplier(Pg& pg, const SupplierEntry& entry, ApplyReport* report) {
  const SupplierRow& s = entry.supplier;
  const std::string label = "supplier " + s.name;
  auto deck_id = DeckOf(pg, entry.place, label, entry.deck, s.currency);
  if (!deck_id) return Err{deck_id.error()};
  auto supplier_id = ApplyRow(pg, {"crm.supplier", "supplier_id", label, entry.place},
                              {{"name", "text", Text(s.name)}},
                              {{"type", "text", Text(s.type)},
                               {"currency", "char(3)", Text(s.currency)},
                               {"deck_id", "bigint", *deck_id},
                               {"enabled", "boolean", Bool(s.enabled)},
                               {"priority", "integer", ToParam(s.priority)},
                               {"tags", "text[]", ToArray(s.tags)},
                               {"id_form", "text", NameOf(s.id_form, kIdForms)},
                               {"response_timeout_ms", "integer", ToParam(s.response_timeout_ms)}},
                              report);
  if (!supplier_id) return Err{supplier_id.error()};
  std::vector<std::string> keep;
  for (const SupplierBindEntry& one : entry.binds) {
    const SupplierBindRow& b = one.bind;
    const std::string bind_label =
        label + ": bind " + b.host + ":" + std::to_string(b.port) + " " + b.system_id;
    auto bind_id = ApplyRow(pg, {"crm.supplier_bind", "bind_id", bind_label, one.place},
                            {{"supplier_id", "bigint", *supplier_id},
                             {"host", "text", Text(b.host)},
                             {"port", "integer", ToParam(b.port)},
                             {"system_id", "text", Text(b.system_id)}},
                            BindColumns(b), report);
    if (!bind_id) return Err{bind_id.error()};
    keep.push_back(*bind_id);
  }
  return RemoveOtherBinds(pg, entry, *supplier_id, keep, report);
}

}  // namespace hub::store
