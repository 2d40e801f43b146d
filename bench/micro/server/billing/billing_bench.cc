// What a message pays for its price and its credit: Find and TryReserve.
#include <benchmark/benchmark.h>

#include <string>
#include <vector>

#include "server/billing/credit.h"
#include "server/billing/price_book.h"

namespace hub::billing {
namespace {

// 200 countries of 10 networks each, priced per network; one in a hundred with a number range of
// its own.
store::Catalog BigCatalog() {
  store::Catalog catalog;
  catalog.decks = {{1, "retail", "EUR", store::DeckUnit::kSegment}};
  for (int mcc = 200; mcc < 400; ++mcc) {
    for (int mnc = 10; mnc < 20; ++mnc) {
      const auto id = static_cast<std::int64_t>(catalog.networks.size()) + 1;
      catalog.networks.push_back({id, std::to_string(mcc), std::to_string(mnc), "GB", "n"});
      store::RateRow rate;
      rate.rate_id = id;
      rate.deck_id = 1;
      rate.mcc = std::to_string(mcc);
      rate.mnc = std::to_string(mnc);
      rate.price = {id};
      catalog.rates.push_back(rate);
    }
  }
  return catalog;
}

void FindPrice(benchmark::State& state) {
  const PriceBook book(BigCatalog());
  std::int64_t network = 0;
  for (auto _ : state) {
    network = network % 2'000 + 1;
    benchmark::DoNotOptimize(book.Find(1, network, "447700900123", "otp", FromMicros(0)));
  }
}
BENCHMARK(FindPrice);

void FindPriceAmongPrefixes(benchmark::State& state) {
  store::Catalog catalog = BigCatalog();
  for (std::size_t i = 0; i < 2'000; i += 100) {
    catalog.rates.push_back(catalog.rates[i]);
    catalog.rates.back().prefix = "447700";
  }
  const PriceBook book(catalog);
  std::int64_t network = 0;
  for (auto _ : state) {
    network = network % 2'000 + 1;
    benchmark::DoNotOptimize(book.Find(1, network, "447700900123", "otp", FromMicros(0)));
  }
}
BENCHMARK(FindPriceAmongPrefixes);

// Grants all that is wanted, at once.
class GenerousDesk final : public store::LeaseDesk {
 public:
  void Request(std::int64_t account, Nano want, Nano,
               std::function<void(const store::Grant&)> done) override {
    done({account, store::GrantState::kGranted, want});
  }
  Outcome<Done> CloseAll(std::int64_t) override { return Done{}; }
};

void ReserveCredit(benchmark::State& state) {
  static GenerousDesk desk;
  static const SystemClock clock;
  static AccountCredit credit(1, desk, clock, [] {});
  for (auto _ : state) benchmark::DoNotOptimize(credit.TryReserve({20'000'000}));
}
BENCHMARK(ReserveCredit)->Threads(1)->Threads(2);

}  // namespace
}  // namespace hub::billing
