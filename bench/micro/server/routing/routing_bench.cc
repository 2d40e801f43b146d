// What a decision costs: the trie and least cost, over tables of the sizes given. Rules: rule_bench.cc.
#include <benchmark/benchmark.h>

#include <random>
#include <string>
#include <vector>

#include "bench/micro/server/routing/bench_world.h"
#include "server/routing/prefix_trie.h"

namespace hub::routing {
namespace {

constexpr std::size_t kNumbers =
    4'096;  // that follow each other: more than caches of a core hold the way to

// Numbers of 12 digits, each below one of the prefixes.
std::vector<std::string> NumbersBelow(const std::vector<std::string>& prefixes) {
  std::mt19937 random(1);
  std::vector<std::string> numbers;
  for (std::size_t i = 0; i < kNumbers; ++i) {
    std::string number = prefixes[random() % prefixes.size()];
    while (number.size() < 12) number += static_cast<char>('0' + random() % 10);
    numbers.push_back(std::move(number));
  }
  return numbers;
}

// As many prefixes of one country, all of one length and as dense as they can be.
std::vector<std::string> PrefixesOf(std::int64_t count) {
  const std::size_t digits = std::to_string(count - 1).size();
  std::vector<std::string> prefixes;
  for (std::int64_t i = 0; i < count; ++i) {
    std::string number = std::to_string(i);
    prefixes.push_back("49" + std::string(digits - number.size(), '0') + number);
  }
  return prefixes;
}

void FindsPrefix(benchmark::State& state) {
  const std::vector<std::string> prefixes = PrefixesOf(state.range(0));
  std::vector<PrefixTrie::Entry> entries;
  for (std::size_t i = 0; i < prefixes.size(); ++i)
    entries.emplace_back(prefixes[i], static_cast<std::uint32_t>(i));
  const PrefixTrie trie(entries);
  const std::vector<std::string> numbers = NumbersBelow(prefixes);
  std::size_t i = 0;
  for (auto _ : state) benchmark::DoNotOptimize(trie.Find(numbers[i++ % kNumbers]));
  state.counters["octets"] = static_cast<double>(trie.octets());
}
BENCHMARK(FindsPrefix)->RangeMultiplier(10)->Range(10, 1'000'000);

struct Size {
  std::int64_t suppliers = 4, pricing = 4;  // of these, for the networks that messages go to
  std::int64_t networks = 1;                // each with a row in each of their decks
};

// Another network is what suppliers price that do not price the others.
store::CatalogPtr CatalogOf(const Size& size) {
  World world;
  const std::vector<std::string> prefixes = PrefixesOf(size.networks);
  const auto mnc = [](std::int64_t i) { return std::to_string(1'000 + i).substr(1); };
  for (std::int64_t i = 0; i < size.networks; ++i)
    world.Network("262", mnc(i), "DE", prefixes[static_cast<std::size_t>(i)]);
  world.Network("234", "10", "GB", "44");
  const auto price = [&](std::int64_t deck, Nano of_each) {
    for (std::int64_t i = 0; i < size.networks; ++i) world.Rate(deck, "262", mnc(i), of_each);
  };
  price(World::kRetailDeck, {50'000'000});
  for (std::int64_t i = 0; i < size.suppliers; ++i) {
    const std::int64_t deck = world.Supplier();
    const Nano of_each{10'000'000 + deck * 10'000};
    if (i < size.pricing)
      price(deck, of_each);
    else
      world.Rate(deck, "234", "10", of_each);
  }
  return world.catalog();
}

void Decide(benchmark::State& state, const Size& size, const char* rule, bool told) {
  Router router;
  const store::CatalogPtr catalog = CatalogOf(size);
  const TablesPtr tables = Load(catalog, rule, &router, &state);
  if (tables == nullptr) return;
  std::vector<std::string> prefixes;
  for (const store::PrefixRow& row : catalog->prefixes) prefixes.push_back(row.prefix);
  prefixes.pop_back();
  const std::vector<std::string> numbers = NumbersBelow(prefixes);
  Query query = QueryOf(*catalog);
  const AllUp up;
  Decision decision;
  SummaryBuffer line;
  for (auto _ : state) {
    query.destination_addr = numbers[++query.message_id % kNumbers];
    router.Decide(query, up, &decision);
    if (told) benchmark::DoNotOptimize(Summary(decision, *tables, &line).size());
    benchmark::DoNotOptimize(decision.plan_count);
  }
  if (decision.plan_count == 0) state.SkipWithError("nothing was routed");
  if (router.script_counts().calls != 0 && decision.script_failed)
    state.SkipWithError("the rule failed");
}

// What a message of the hub pays without a rule: the decision, and its line.
void OfSuppliersThatAllPrice(benchmark::State& state) {
  Decide(state, {.suppliers = state.range(0), .pricing = state.range(0)}, "", true);
}
BENCHMARK(OfSuppliersThatAllPrice)->Arg(1)->Arg(10)->Arg(100)->Arg(1'000);

void OfSuppliersOfWhomTenPrice(benchmark::State& state) {
  Decide(state, {.suppliers = state.range(0), .pricing = 10}, "", true);
}
BENCHMARK(OfSuppliersOfWhomTenPrice)->Arg(10)->Arg(100)->Arg(1'000);

void OfDeckRows(benchmark::State& state) { Decide(state, {.networks = state.range(0)}, "", true); }
BENCHMARK(OfDeckRows)->Arg(10)->Arg(100)->Arg(1'000);

void PinAmongSuppliersThatAllPrice(benchmark::State& state) {
  Decide(state, {.suppliers = state.range(0), .pricing = state.range(0)},
         "function on_route(m, c) return c:pin('supplier3') end", true);
}
BENCHMARK(PinAmongSuppliersThatAllPrice)->Arg(10)->Arg(100)->Arg(1'000);

}  // namespace
}  // namespace hub::routing
