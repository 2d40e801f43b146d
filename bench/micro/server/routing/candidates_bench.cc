// Candidates as a rule wants them, 64 that stand: most specific prices, guards, places by cost, and the plan made of them.
#include <benchmark/benchmark.h>

#include "bench/micro/server/routing/bench_world.h"
#include "server/routing/candidates.h"

namespace hub::routing {
namespace {

// Each supplier has a deck with a row for the country and one for the network; in no order of cost.
store::CatalogPtr Suppliers(std::int64_t count) {
  World world;
  world.Network("234", "10", "GB", "44");
  world.Rate(World::kRetailDeck, "234", "", {50'000'000});
  for (std::int64_t i = 0; i < count; ++i) {
    const std::int64_t deck = world.Supplier();
    world.Rate(deck, "234", "", {40'000'000});
    world.Rate(deck, "234", "10", {10'000'000 + deck * 7'919 % 1'000});
  }
  return world.catalog();
}

// range(0) suppliers.
void PricesCandidates(benchmark::State& state) {
  const store::CatalogPtr catalog = Suppliers(state.range(0));
  Router router;
  const TablesPtr tables = Load(catalog, "", &router, &state);
  if (tables == nullptr) return;
  const Query query = QueryOf(*catalog);
  const AllUp up;
  Decision decision;
  router.Decide(query, up, &decision);  // number, network and sell price
  for (auto _ : state) {
    decision.candidate_count = decision.plan_count = 0;
    FindCandidates(query, *tables, up, kCandidatesMax, &decision);
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
