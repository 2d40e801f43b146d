// What a decision costs: the trie, least cost without a rule, and rules with four candidates.
#include <benchmark/benchmark.h>

#include <memory>
#include <random>
#include <string>

#include "server/routing/prefix_trie.h"
#include "server/routing/router.h"

namespace hub::routing {
namespace {

void FindsOneOf100kPrefixes(benchmark::State& state) {
  std::mt19937 random(1);
  std::vector<std::string> prefixes, numbers;
  for (int i = 0; i < 100'000; ++i) prefixes.push_back(std::to_string(1'000'000 + i * 89));
  std::vector<PrefixTrie::Entry> entries;
  for (std::size_t i = 0; i < prefixes.size(); ++i)
    entries.emplace_back(prefixes[i], static_cast<std::uint32_t>(i));
  const PrefixTrie trie(entries);
  for (int i = 0; i < 4'096; ++i) numbers.push_back(prefixes[random() % prefixes.size()] + "12345");
  std::size_t i = 0;
  for (auto _ : state) benchmark::DoNotOptimize(trie.Find(numbers[i++ & 4'095]));
  state.counters["octets"] = static_cast<double>(trie.octets());
}
BENCHMARK(FindsOneOf100kPrefixes);

struct AllUp final : Availability {
  bool IsUp(std::uint32_t) const override { return true; }
};

store::CatalogPtr FourSuppliers() {
  auto catalog = std::make_shared<store::Catalog>();
  catalog->networks.push_back({1, "234", "10", "GB", "O2"});
  catalog->prefixes.push_back({"44", 1});
  store::ClientRow client;
  client.system_id = "acme";
  client.currency = "EUR";
  client.deck_id = 1;
  catalog->clients.push_back(client);
  for (std::int64_t deck = 1; deck <= 5; ++deck) {
    catalog->decks.push_back({deck, "deck", "EUR", store::DeckUnit::kSegment});
    store::RateRow rate;
    rate.rate_id = rate.deck_id = deck;
    rate.mcc = "234";
    rate.price = {deck == 1 ? 50'000'000 : 10'000'000 * deck - 9'000'000};
    catalog->rates.push_back(rate);
    if (deck == 1) continue;
    store::SupplierRow supplier;
    supplier.supplier_id = supplier.deck_id = deck;
    supplier.name = "supplier" + std::to_string(deck);
    supplier.type = deck == 2 ? "sim" : "direct";
    supplier.currency = "EUR";
    catalog->suppliers.push_back(supplier);
  }
  return catalog;
}

void Decide(benchmark::State& state, const char* rule) {
  Router router;
  auto tables = BuildTables(FourSuppliers());
  auto script = std::make_shared<Script>();
  script->path = "bench.lua";
  script->source = rule;
  if (!tables || !router.Use(*tables, script)) return state.SkipWithError("the rule does not load");
  Query query;
  query.client = &CatalogOf(**tables).clients[0];
  query.source_addr = "INFO";
  query.destination_addr = "447712345678";
  query.at = WallTime(std::chrono::seconds(1'795'000'000));
  const AllUp up;
  Decision decision;
  for (auto _ : state) {
    ++query.message_id;
    router.Decide(query, up, &decision);
    benchmark::DoNotOptimize(decision.plan_count);
  }
  if (router.script_counts().calls != 0 && decision.script_failed)
    state.SkipWithError("the rule failed");
}

BENCHMARK_CAPTURE(Decide, NoRule, "");
BENCHMARK_CAPTURE(Decide, EmptyRule, "function on_route(m, c) end");
BENCHMARK_CAPTURE(
    Decide, ReadsSixFields,
    "function on_route(m, c)\n"
    "  if m.class == 'otp' or m.dst.country == 'AF' or m.net.mcc == '262' or m.segments > 3 or\n"
    "     m.src.kind == 'none' or m.client.code == 'x' then return c:take(1) end\n"
    "  return c\nend");
BENCHMARK_CAPTURE(Decide, WithoutSim,
                  "function on_route(m, c) return c:without{ type = 'sim' }:take(3) end");
BENCHMARK_CAPTURE(Decide, WalksCandidates,
                  "function on_route(m, c)\n"
                  "  local n = 0\n"
                  "  for r in c:each() do if r.margin_bp >= 300 then n = n + 1 end end\n"
                  "  return c:take(n)\nend");
BENCHMARK_CAPTURE(Decide, Split,
                  "function on_route(m, c)\n"
                  "  return c:split{ supplier3 = 70, supplier4 = 30, salt = 'x' }\nend");

}  // namespace
}  // namespace hub::routing
