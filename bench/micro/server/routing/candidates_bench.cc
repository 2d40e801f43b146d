// Candidates as a rule wants them, 64 that stand: most specific prices, guards, places by cost, and the plan made of them.
#include <benchmark/benchmark.h>

#include <memory>
#include <string>

#include "server/routing/candidates.h"

namespace hub::routing {
namespace {

struct AllUp final : Availability {
  bool IsUp(std::uint32_t) const override { return true; }
};

store::RateRow Rate(std::int64_t deck, std::string mnc, std::int64_t price) {
  store::RateRow rate;
  rate.rate_id = deck * 2 + (mnc.empty() ? 0 : 1);
  rate.deck_id = deck;
  rate.mcc = "234";
  rate.mnc = std::move(mnc);
  rate.price = {price};
  return rate;
}

// Each supplier has a deck with a row for the country and one for the network; in no order of cost.
store::CatalogPtr Suppliers(std::int64_t count) {
  auto catalog = std::make_shared<store::Catalog>();
  catalog->networks.push_back({1, "234", "10", "GB", "O2"});
  catalog->prefixes.push_back({"44", 1});
  store::ClientRow client;
  client.system_id = "acme";
  client.currency = "EUR";
  client.deck_id = 1;
  catalog->clients.push_back(client);
  catalog->decks.push_back({1, "retail", "EUR", store::DeckUnit::kSegment});
  catalog->rates.push_back(Rate(1, "", 50'000'000));
  for (std::int64_t deck = 2; deck < count + 2; ++deck) {
    catalog->decks.push_back({deck, "deck", "EUR", store::DeckUnit::kSegment});
    catalog->rates.push_back(Rate(deck, "", 40'000'000));
    catalog->rates.push_back(Rate(deck, "10", 10'000'000 + deck * 7'919 % 1'000));
    store::SupplierRow supplier;
    supplier.supplier_id = supplier.deck_id = deck;
    supplier.name = "supplier" + std::to_string(deck);
    supplier.type = "direct";
    supplier.currency = "EUR";
    catalog->suppliers.push_back(supplier);
  }
  return catalog;
}

// range(0) suppliers.
void PricesCandidates(benchmark::State& state) {
  const auto tables = BuildTables(Suppliers(state.range(0)));
  if (!tables) return state.SkipWithError("the catalog is not accepted");
  Query query;
  query.client = &CatalogOf(**tables).clients[0];
  query.source_addr = "INFO";
  query.destination_addr = "447712345678";
  query.at = WallTime(std::chrono::seconds(1'795'000'000));
  Router router;
  if (!router.Use(*tables, nullptr)) return state.SkipWithError("the tables are not accepted");
  const AllUp up;
  Decision decision;
  router.Decide(query, up, &decision);  // number, network and sell price
  for (auto _ : state) {
    decision.candidate_count = decision.plan_count = 0;
    FindCandidates(query, **tables, up, kCandidatesMax, &decision);
    PlanByCost(query, &decision);
    benchmark::DoNotOptimize(decision.plan_count);
  }
  if (decision.plan_count == 0) state.SkipWithError("nobody stands");
}
BENCHMARK(PricesCandidates)
    ->ArgName("suppliers")
    ->Arg(1)
    ->Arg(4)
    ->Arg(16)
    ->Arg(64)
    ->Arg(256)
    ->Arg(1'000);

}  // namespace
}  // namespace hub::routing
