#include "bench/micro/server/routing/bench_world.h"

namespace hub::routing {

World::World() {
  store::ClientRow client;
  client.system_id = "acme";
  client.currency = "EUR";
  client.deck_id = kRetailDeck;
  catalog_->clients.push_back(client);
  Deck();
}

void World::Deck() {
  const auto deck = static_cast<std::int64_t>(catalog_->decks.size()) + 1;
  catalog_->decks.push_back({deck, "deck", "EUR", store::DeckUnit::kSegment});
}

void World::Network(std::string mcc, std::string mnc, std::string country, std::string prefix) {
  const auto id = static_cast<std::int64_t>(catalog_->networks.size()) + 1;
  catalog_->networks.push_back({id, std::move(mcc), std::move(mnc), std::move(country), "net"});
  catalog_->prefixes.push_back({std::move(prefix), id});
}

void World::Rate(std::int64_t deck, std::string mcc, std::string mnc, Nano price) {
  store::RateRow rate;
  rate.rate_id = static_cast<std::int64_t>(catalog_->rates.size()) + 1;
  rate.deck_id = deck;
  rate.mcc = std::move(mcc);
  rate.mnc = std::move(mnc);
  rate.price = price;
  catalog_->rates.push_back(std::move(rate));
}

std::int64_t World::Supplier() {
  Deck();
  const auto deck = static_cast<std::int64_t>(catalog_->decks.size());
  store::SupplierRow supplier;
  supplier.supplier_id = supplier.deck_id = deck;
  supplier.name = "supplier" + std::to_string(deck);
  supplier.type = catalog_->suppliers.empty() ? "sim" : "direct";
  supplier.currency = "EUR";
  catalog_->suppliers.push_back(std::move(supplier));
  return deck;
}

Query QueryOf(const store::Catalog& catalog) {
  Query query;
  query.client = &catalog.clients[0];
  query.source_addr = "INFO";
  query.destination_addr = "447712345678";
  query.at = WallTime(std::chrono::seconds(1'795'000'000));
  return query;
}

TablesPtr Load(const store::CatalogPtr& catalog, const std::string& rule, Router* router,
               benchmark::State* state) {
  const auto tables = BuildTables(catalog);
  auto script = std::make_shared<Script>();
  script->path = "bench.lua";
  script->source = rule;
  if (tables && router->Use(*tables, script)) return *tables;
  state->SkipWithError("catalog and rule are not accepted");
  return nullptr;
}

}  // namespace hub::routing
