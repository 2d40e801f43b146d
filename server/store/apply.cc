#include "server/store/apply.h"

#include <map>

#include "server/store/apply_broadcasts.h"
#include "server/store/apply_mo_routes.h"
#include "server/store/apply_notes.h"
#include "server/store/apply_parties.h"
#include "server/store/apply_prefixes.h"
#include "server/store/apply_rates.h"
#include "server/store/apply_row.h"
#include "server/store/apply_suppliers.h"
#include "server/store/enum_names.h"
#include "server/store/migrate.h"

namespace hub::store {
namespace {

constexpr std::int64_t kStatementTimeoutMs = 60'000;  // a deck of 100,000 rows goes in at once

// Finds what stands twice; the error names the second place and the first.
class Names {
 public:
  void Add(const Place& place, const std::string& label) {
    const auto [first, fresh] = seen_.emplace(label, place);
    if (!fresh && !error_)
      error_ = Refusal(place, label, "it is described twice, first at " + first->second);
  }
  const std::optional<Error>& error() const { return error_; }

 private:
  std::map<std::string, Place> seen_;
  std::optional<Error> error_;
};

Outcome<Done> RefuseTwice(const Description& d) {
  Names names;
  for (const auto& e : d.networks) names.Add(e.place, NetworkName(e.network.mcc, e.network.mnc));
  for (const auto& e : d.prefixes) names.Add(e.place, "prefix " + e.prefix);
  for (const auto& e : d.decks) names.Add(e.place, "deck " + e.deck.name);
  for (const auto& e : d.clients) {
    names.Add(e.place, "client " + e.client.system_id);
    for (const auto& topup : e.topups) names.Add(topup.place, "top-up " + topup.external_ref);
  }
  for (const auto& e : d.suppliers) {
    names.Add(e.place, "supplier " + e.supplier.name);
    for (const auto& b : e.binds) {
      names.Add(b.place, "supplier " + e.supplier.name + ": bind " + b.bind.host + ":" +
                             std::to_string(b.bind.port) + " " + b.bind.system_id);
    }
  }
  for (const auto& e : d.mo_routes) {
    MoRouteEntry key = e;
    key.route.range_to.clear();  // a range is known by where it begins
    names.Add(e.place, MoRouteName(key));
  }
  if (names.error()) return Err{*names.error()};
  return Done{};
}

Outcome<Done> ApplyNetwork(Pg& pg, const NetworkEntry& entry, ApplyReport* report) {
  const NetworkRow& n = entry.network;
  const Param mnc = n.mnc.empty() ? Param{} : Param{n.mnc};
  const Param country = n.country.empty() ? Param{} : Param{n.country};
  auto applied = ApplyRow(pg, {"ref.network", "network_id", NetworkName(n.mcc, n.mnc), entry.place},
                          {{"mcc", "char(3)", n.mcc}, {"mnc", "text", mnc}},
                          {{"iso2", "text", country}, {"name", "text", n.name}}, report);
  if (!applied) return Err{applied.error()};
  return Done{};
}

Outcome<Done> ApplyDeck(Pg& pg, const DeckEntry& entry, ApplyReport* report) {
  const std::string label = "deck " + entry.deck.name;
  const std::string unit = NameOf(entry.deck.unit, kDeckUnits);
  auto found = pg.Run("look up a deck", "SELECT currency, unit FROM rate.deck WHERE name = $1",
                      {entry.deck.name});
  if (!found) return Err{Placed(found.error(), entry.place, label)};
  if (found->rows() == 1 &&
      (found->Text(0, 0) != entry.deck.currency || found->Text(0, 1) != unit)) {
    return Err{Refusal(entry.place, label,
                       "it is in " + found->String(0, 0) + " per " + found->String(0, 1) +
                           ", and that never changes",
                       "make a deck with another name")};
  }
  auto deck_id = ApplyRow(pg, {"rate.deck", "deck_id", label, entry.place},
                          {{"name", "text", entry.deck.name}},
                          {{"currency", "text", entry.deck.currency},
                           {"unit", "text", unit},
                           {"charge_basis", "text", NameOf(entry.deck.charge_basis, kChargeBases)}},
                          report);
  if (!deck_id) return Err{deck_id.error()};
  return ApplyRates(pg, entry, *deck_id, report);
}

template <class Entry>
Outcome<Done> ApplyAll(Pg& pg, const std::vector<Entry>& entries,
                       Outcome<Done> (*apply)(Pg&, const Entry&, ApplyReport*),
                       ApplyReport* report) {
  for (const Entry& entry : entries) {
    auto applied = apply(pg, entry, report);
    if (!applied) return applied;
  }
  return Done{};
}

}  // namespace

Outcome<ApplyReport> Apply(const std::string& conninfo, const Description& description,
                           bool dry_run) {
  auto unique = RefuseTwice(description);
  if (!unique) return Err{unique.error()};
  auto pg = Pg::Connect({conninfo, "smpphub apply", kStatementTimeoutMs});
  if (!pg) return Err{pg.error()};
  auto schema = CheckSchema(*pg);
  if (!schema) return Err{schema.error()};
  auto passwords = HashPasswords(*pg, description.clients);
  if (!passwords) return Err{passwords.error()};
  auto transaction = Transaction::Begin(*pg);
  if (!transaction) return Err{transaction.error()};
  // One Apply at a time: two of them would each find the other's rows missing.
  auto alone = pg->Run("wait for another apply to end",
                       "SELECT pg_advisory_xact_lock(hashtext('smpphub apply'))");
  if (!alone) return Err{alone.error()};

  ApplyReport report;
  auto applied = ApplyAll(*pg, description.networks, &ApplyNetwork, &report);
  if (applied) applied = ApplyPrefixes(*pg, description.prefixes, &report);
  if (applied) applied = ApplyAll(*pg, description.decks, &ApplyDeck, &report);
  if (applied) applied = ApplyClients(*pg, description.clients, *passwords, &report);
  if (applied) applied = ApplyAll(*pg, description.suppliers, &ApplySupplier, &report);
  if (applied) applied = ApplyAll(*pg, description.clients, &ApplyBroadcasts, &report);
  if (applied) applied = ApplyAll(*pg, description.mo_routes, &ApplyMoRoute, &report);
  if (applied) applied = ApplyMoney(*pg, description.clients, &report);
  if (applied) applied = NoteUndescribed(*pg, description, &report);
  if (!applied) return Err{applied.error()};
  if (dry_run) return report;  // the transaction rolls back
  auto committed = transaction->Commit();
  if (!committed) return Err{committed.error()};
  return report;
}

}  // namespace hub::store
