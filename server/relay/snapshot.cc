#include "server/relay/snapshot.h"

#include <algorithm>

#include "server/relay/supplier/fitness.h"
#include "server/telemetry/log.h"

namespace hub::relay {
namespace {

bool SameLink(const LinkState& link, const store::SupplierBindRow& row,
              const store::SupplierRow& supplier) {
  const store::SupplierBindRow& old = link.row;
  return old.host == row.host && old.port == row.port && old.system_id == row.system_id &&
         old.password == row.password && old.system_type == row.system_type &&
         old.mode == row.mode && old.interface_version == row.interface_version &&
         old.window_requests_max == row.window_requests_max && old.tls == row.tls &&
         old.tls_server_name == row.tls_server_name && old.tls_ca == row.tls_ca &&
         old.tls_certificate == row.tls_certificate && old.tls_key == row.tls_key &&
         old.rate_per_second == row.rate_per_second && old.other_hosts == row.other_hosts &&
         link.response_timeout_ms == supplier.response_timeout_ms &&
         link.id_form == supplier.id_form;
}

void AddDoor(const store::ClientRow& row, Snapshot& snapshot) {
  const access::AddressList& list = snapshot.allow_from.emplace_back(row.allow_from);
  // Nobody comes in by a list that we cannot read: to leave an entry out could open what it closed.
  if (!list.bad().empty()) {
    Log(Event::allow_from_bad, {{"system_id", row.system_id}, {"why", list.bad()}});
  }
  snapshot.named.AddNames(list);
  // By PostgreSQL's clock when the catalog was read, less an hour for ours.
  if (row.previous_until_us > snapshot.catalog->rates_since_us) snapshot.hashes_max = 2;
}

store::ChargeBasis BasisOf(const store::Catalog& catalog, std::int64_t deck_id) {
  for (const store::DeckRow& deck : catalog.decks) {
    if (deck.deck_id == deck_id) return deck.charge_basis;
  }
  return store::ChargeBasis::kSubmit;  // a client without its deck has no price either
}

}  // namespace

std::string LinkName(const store::SupplierRow& supplier, const store::SupplierBindRow& bind,
                     int number) {
  return "s-" + supplier.name + "-" + std::to_string(bind.bind_id) + "." + std::to_string(number);
}

const store::ClientRow* Snapshot::ClientOf(const ClientState& state) const {
  const auto found = client_by_id.find(state.client_id);
  return found == client_by_id.end() ? nullptr : &catalog->clients[found->second];
}

Outcome<SnapshotPtr> SnapshotBuilder::Build(store::CatalogPtr catalog,
                                            std::shared_ptr<const routing::Script> script) {
  auto snapshot = std::make_shared<Snapshot>();
  snapshot->credit = &credit_;
  snapshot->catalog = catalog;
  snapshot->script = std::move(script);
  auto tables = routing::BuildTables(std::move(catalog));
  if (!tables) return Err{tables.error()};
  snapshot->tables = std::move(tables).value();
  if (auto added = AddClients(*snapshot); !added) return Err{added.error()};
  AddSuppliers(*snapshot);
  return SnapshotPtr(std::move(snapshot));
}

Outcome<Done> SnapshotBuilder::AddClients(Snapshot& snapshot) {
  const auto& rows = snapshot.catalog->clients;
  for (std::uint32_t i = 0; i < rows.size(); ++i) {
    const store::ClientRow& row = rows[i];
    std::shared_ptr<ClientState>& state = clients_[row.client_id];
    if (state == nullptr) {
      state = std::make_shared<ClientState>(loops_);
      state->client_id = row.client_id;
      state->system_id = row.system_id;
      state->credit = credit_.Of(row.account_id);
      state->no_credit_rows.Set(kNoCreditRowsPerSecond, kNoCreditRowsPerSecond);
    }
    snapshot.clients.push_back(state);
    snapshot.client_basis.push_back(BasisOf(*snapshot.catalog, row.deck_id));
    snapshot.client_by_system_id.emplace(row.system_id, i);
    AddDoor(row, snapshot);
    snapshot.client_by_id.emplace(row.client_id, i);
  }
  for (const store::MoRouteRow& route : snapshot.catalog->mo_routes) {
    if (snapshot.client_by_id.contains(route.client_id)) continue;
    return Err{Error{.doing = "build the MO table",
                     .why = "client " + std::to_string(route.client_id) + " does not exist",
                     .place = "route.mo_route " + route.number + route.prefix + route.range_from,
                     .system_errno = 0,
                     .sqlstate = {},
                     .advice = {}}};
  }
  snapshot.mo = routing::MoRoutes(snapshot.catalog->mo_routes, snapshot.client_by_id);
  // Last, for it acts at once: nothing can be refused any more.
  for (std::size_t i = 0; i < rows.size(); ++i) {
    snapshot.clients[i]->rate.Set(rows[i].rate_per_second, rows[i].rate_burst);
  }
  return Done{};
}

void SnapshotBuilder::AddSuppliers(Snapshot& snapshot) {
  SupplierTlsFiles::Reading tls(tls_files_);
  for (const store::SupplierRow& row : snapshot.catalog->suppliers) {
    std::shared_ptr<SupplierState>& state = suppliers_[row.supplier_id];
    if (state == nullptr) {
      state = std::make_shared<SupplierState>();
      state->supplier_id = row.supplier_id;
      state->home = next_home_++ % loops_;
    }
    if (state->rate.exchange(row.rate_per_second) != row.rate_per_second)
      state->pace.Set(row.rate_per_second, rate_margin_);
    snapshot.supplier_by_id.emplace(row.supplier_id,
                                    static_cast<std::uint32_t>(snapshot.suppliers.size()));
    SupplierEntry entry;
    entry.state = state;
    if (row.profile != store::SupplierProfile{})
      entry.profile = {snapshot.catalog, &row.profile};  // which keeps the catalog
    for (const store::SupplierBindRow& bind : snapshot.catalog->supplier_binds) {
      if (bind.supplier_id != row.supplier_id) continue;
      const bool is_on = bind.enabled && row.enabled;
      entry.is_drained |= !is_on;
      if (!is_on) continue;
      const net::TlsContextPtr context = tls.Of(row, bind);
      for (int n = 0; n < bind.sessions; ++n) {
        entry.links.push_back(LinkOf(row, bind, n));
        entry.tls.push_back(context);
      }
    }
    entry.is_drained &= entry.links.empty();
    entry.is_picky = IsPicky(entry);
    snapshot.some_are_picky |= entry.is_picky;
    snapshot.suppliers.push_back(std::move(entry));
  }
}

std::shared_ptr<LinkState> SnapshotBuilder::LinkOf(const store::SupplierRow& supplier,
                                                   const store::SupplierBindRow& row, int number) {
  const std::string key = std::to_string(row.bind_id) + "." + std::to_string(number);
  std::shared_ptr<LinkState>& link = links_[key];
  if (link != nullptr && SameLink(*link, row, supplier)) return link;
  const unsigned loop = link != nullptr ? link->loop : next_loop_++ % loops_;
  link = std::make_shared<LinkState>();
  link->row = row;
  link->response_timeout_ms = supplier.response_timeout_ms;
  link->id_form = supplier.id_form;
  link->number = number;
  link->loop = loop;
  link->rate.store(row.rate_per_second, std::memory_order_relaxed);
  link->name = LinkName(supplier, row, number);
  return link;
}

}  // namespace hub::relay
