// What a rule costs: decisions between four candidates, without one, with small ones and with those that stand in files.
#include <benchmark/benchmark.h>

#include <fstream>
#include <iterator>
#include <string>

#include "bench/micro/server/routing/bench_world.h"

namespace hub::routing {
namespace {

store::CatalogPtr FourSuppliers() {
  World world;
  world.Network("234", "10", "GB", "44");
  world.Network("208", "01", "FR", "33");
  const auto price = [&world](std::int64_t deck, Nano of_each) {
    for (const char* mcc : {"234", "208"}) world.Rate(deck, mcc, "", of_each);
  };
  price(World::kRetailDeck, {50'000'000});
  for (int i = 0; i < 4; ++i) {
    const std::int64_t deck = world.Supplier();
    price(deck, {10'000'000 * deck - 9'000'000});
  }
  return world.catalog();
}

// One message after the other to `second`, or each other one: what is kept of a network must not flatter.
void Decide(benchmark::State& state, const std::string& rule, const char* second = "447712345678") {
  const store::CatalogPtr catalog = FourSuppliers();
  Router router;
  if (Load(catalog, rule, &router, &state) == nullptr) return;
  Query query = QueryOf(*catalog);
  const AllUp up;
  Decision decision;
  for (auto _ : state) {
    ++query.message_id;
    query.destination_addr = (query.message_id & 1) != 0 ? second : "447712345678";
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

BENCHMARK_CAPTURE(
    Decide, ReadsTheNumber,
    "function on_route(m, c) if starts(m.dst.e164, '4477') then return c:take(1) end end");

// Rules as they stand in files: the one of bench/compare, and those that we ship.
std::string Read(const char* file) {
  std::ifstream rule(std::string(HUB_SOURCE_DIR "/") + file);
  return {std::istreambuf_iterator<char>(rule), {}};
}
void DecideByFile(benchmark::State& state, const char* file, const char* second = "447712345678") {
  const std::string rule = Read(file);
  if (rule.empty()) return state.SkipWithError("the rule is not there");
  Decide(state, rule, second);
}
void DecideByFileTwoNetworks(benchmark::State& state, const char* file) {
  DecideByFile(state, file, "337712345678");
}
BENCHMARK_CAPTURE(DecideByFile, Comparison, "bench/comparison/rule.lua");
BENCHMARK_CAPTURE(DecideByFileTwoNetworks, Comparison, "bench/comparison/rule.lua");
BENCHMARK_CAPTURE(DecideByFile, CountryBlock, "routing-scripts/country_block.lua");
BENCHMARK_CAPTURE(DecideByFile, OtpQuality, "routing-scripts/otp_quality.lua");
BENCHMARK_CAPTURE(DecideByFile, PinClient, "routing-scripts/pin_client.lua");
BENCHMARK_CAPTURE(DecideByFile, QuietHours, "routing-scripts/quiet_hours.lua");
BENCHMARK_CAPTURE(DecideByFile, Split, "routing-scripts/split.lua");

}  // namespace
}  // namespace hub::routing
