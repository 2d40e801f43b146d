// What a message pays for its price and its credit: Find and TryReserve.
#include <benchmark/benchmark.h>

#include <string>
#include <vector>

#include "server/billing/credit.h"
#include "server/billing/offer_book.h"

namespace hub::billing {
namespace {

constexpr int kNetworksOfACountry = 10;

// Countries of ten networks each, priced per network.
store::Catalog CatalogOf(std::int64_t rows) {
  store::Catalog catalog;
  catalog.decks = {{1, "retail", "EUR", store::DeckUnit::kSegment}};
  for (std::int64_t id = 1; id <= rows; ++id) {
    const std::string mcc = std::to_string(200 + (id - 1) / kNetworksOfACountry);
    const std::string mnc = std::to_string(10 + (id - 1) % kNetworksOfACountry);
    catalog.networks.push_back({id, mcc, mnc, "GB", "n"});
    store::RateRow rate;
    rate.rate_id = id;
    rate.deck_id = 1;
    rate.mcc = mcc;
    rate.mnc = mnc;
    rate.price = {id};
    catalog.rates.push_back(rate);
  }
  return catalog;
}

void FindPrice(benchmark::State& state) {
  const PriceBook book(CatalogOf(state.range(0)));
  std::int64_t network = 0;
  for (auto _ : state) {
    network = network % state.range(0) + 1;
    benchmark::DoNotOptimize(book.Find(1, network, "447700900123", "otp", FromMicros(0)));
  }
}
BENCHMARK(FindPrice)->Arg(10)->Arg(1'000)->Arg(5'000);

// One row in a hundred has a number range of its own.
void FindPriceAmongPrefixes(benchmark::State& state) {
  store::Catalog catalog = CatalogOf(2'000);
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

// The first ten of those who sell a network, of as many decks as given.
void WalksOffers(benchmark::State& state) {
  store::Catalog catalog;
  catalog.networks.push_back({1, "262", "01", "DE", "n"});
  std::vector<Bidder> bidders;
  for (std::int64_t deck = 1; deck <= state.range(0); ++deck) {
    catalog.decks.push_back({deck, "cost", "EUR", store::DeckUnit::kSegment});
    store::RateRow rate;
    rate.rate_id = rate.deck_id = deck;
    rate.mcc = "262";
    rate.price = {deck * 7'919 % 1'000};
    catalog.rates.push_back(rate);
    bidders.push_back({deck});
  }
  const PriceBook prices(catalog);
  const OfferBook book(catalog, prices, bidders);
  for (auto _ : state) {
    OfferWalk walk(book, "EUR", 1, "491511234567", "otp", 1, FromMicros(0));
    Offer offer;
    for (int i = 0; i < 10 && walk.Next(&offer); ++i) benchmark::DoNotOptimize(offer.cost);
  }
}
BENCHMARK(WalksOffers)->Arg(1)->Arg(10)->Arg(100)->Arg(1'000);

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
