// What a decision costs: the trie and least cost, over tables of the sizes given. Rules: rule_bench.cc.
#include <benchmark/benchmark.h>

#include <memory>
#include <random>
#include <string>

#include "server/routing/prefix_trie.h"
#include "server/routing/router.h"

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

struct AllUp final : Availability {
  bool IsUp(std::uint32_t) const override { return true; }
};

struct Size {
  std::int64_t suppliers = 4, pricing = 4;  // of these, for the networks that messages go to
  std::int64_t networks = 1;                // each with a row in each of their decks
};

store::RateRow RateOf(store::Catalog* catalog, std::int64_t deck, std::string mcc, std::string mnc,
                      Nano price) {
  store::RateRow rate;
  rate.rate_id = static_cast<std::int64_t>(catalog->rates.size()) + 1;
  rate.deck_id = deck;
  rate.mcc = std::move(mcc);
  rate.mnc = std::move(mnc);
  rate.price = price;
  return rate;
}

// Deck 1 is the client's; another network is what suppliers price that do not price the others.
store::CatalogPtr CatalogOf(const Size& size) {
  auto catalog = std::make_shared<store::Catalog>();
  const std::vector<std::string> prefixes = PrefixesOf(size.networks);
  const auto mnc = [](std::int64_t i) { return std::to_string(1'000 + i).substr(1); };
  for (std::int64_t i = 0; i < size.networks; ++i) {
    catalog->networks.push_back({i + 1, "262", mnc(i), "DE", "net"});
    catalog->prefixes.push_back({prefixes[static_cast<std::size_t>(i)], i + 1});
  }
  catalog->networks.push_back({size.networks + 1, "234", "10", "GB", "O2"});
  catalog->prefixes.push_back({"44", size.networks + 1});
  store::ClientRow client;
  client.system_id = "acme";
  client.currency = "EUR";
  client.deck_id = 1;
  catalog->clients.push_back(client);
  for (std::int64_t deck = 1; deck <= size.suppliers + 1; ++deck) {
    catalog->decks.push_back({deck, "deck", "EUR", store::DeckUnit::kSegment});
    const Nano price{deck == 1 ? 50'000'000 : 10'000'000 + deck * 10'000};
    if (deck <= size.pricing + 1) {
      for (std::int64_t i = 0; i < size.networks; ++i)
        catalog->rates.push_back(RateOf(catalog.get(), deck, "262", mnc(i), price));
    } else {
      catalog->rates.push_back(RateOf(catalog.get(), deck, "234", "10", price));
    }
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

void Decide(benchmark::State& state, const Size& size, const char* rule, bool told) {
  Router router;
  const store::CatalogPtr catalog = CatalogOf(size);
  auto tables = BuildTables(catalog);
  auto script = std::make_shared<Script>();
  script->path = "bench.lua";
  script->source = rule;
  if (!tables || !router.Use(*tables, script)) return state.SkipWithError("the rule does not load");
  std::vector<std::string> prefixes;
  for (const store::PrefixRow& row : catalog->prefixes) prefixes.push_back(row.prefix);
  prefixes.pop_back();
  const std::vector<std::string> numbers = NumbersBelow(prefixes);
  Query query;
  query.client = &catalog->clients[0];
  query.source_addr = "INFO";
  query.at = WallTime(std::chrono::seconds(1'795'000'000));
  const AllUp up;
  Decision decision;
  SummaryBuffer line;
  for (auto _ : state) {
    query.destination_addr = numbers[++query.message_id % kNumbers];
    router.Decide(query, up, &decision);
    if (told) benchmark::DoNotOptimize(Summary(decision, **tables, &line).size());
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
