#include "server/base/check.h"
#include "tests/support/postgres_rig.h"

namespace hub::test {
namespace {

using namespace hub::store;

Nano Money(const char* text) {
  const auto amount = ParseNano(text);
  HUB_CHECK(amount.has_value());
  return *amount;
}

RateEntry Rate(const char* place, const char* mcc, const char* mnc, const char* price) {
  RateEntry entry;
  entry.place = place;
  entry.rate.mcc = mcc;
  entry.rate.mnc = mnc;
  entry.rate.price = Money(price);
  return entry;
}

DeckEntry Deck(const char* place, const char* name, std::vector<RateEntry> rates) {
  DeckEntry entry;
  entry.place = place;
  entry.deck.name = name;
  entry.deck.currency = "EUR";
  entry.rates = std::move(rates);
  return entry;
}

// A hash that stands for a password and costs nothing to make.
constexpr char kHash[] =
    "$y$j9T$aaaaaaaaaaaaaaaaaaaaaa$ooooooooooooooooooooooooooooooooooooooooooo";

ClientEntry Client(const char* place, const char* system_id) {
  ClientEntry entry;
  entry.place = place;
  entry.client.system_id = system_id;
  entry.client.password_hash = kHash;
  entry.client.currency = "EUR";
  entry.deck = "retail";
  return entry;
}

SupplierEntry Supplier(const char* place, const char* name, const char* deck, std::uint16_t port) {
  SupplierEntry entry;
  entry.place = place;
  entry.supplier.name = name;
  entry.supplier.type = "direct";
  entry.supplier.currency = "EUR";
  entry.deck = deck;
  SupplierBindEntry bind;
  bind.place = std::string(place) + ".bind";
  bind.bind.host = "127.0.0.1";
  bind.bind.port = port;
  bind.bind.system_id = "hub";
  bind.bind.password = "supplier-secret";
  entry.binds.push_back(bind);
  return entry;
}

}  // namespace

Description SmallWorld() {
  Description world;
  NetworkEntry ten;
  ten.place = "world:1";
  ten.network = {0, "234", "10", "GB", "Ten"};
  NetworkEntry country;
  country.place = "world:2";
  country.network = {0, "234", "", "GB", "United Kingdom"};
  world.networks = {ten, country};
  world.prefixes = {{"world:3", "44", "234", ""}, {"world:4", "447700", "234", "10"}};
  world.decks = {Deck("world:5", "retail",
                      {Rate("world:6", "234", "10", "0.02"), Rate("world:7", "234", "", "0.03")}),
                 Deck("world:8", "alpha-cost", {Rate("world:9", "234", "", "0.012")}),
                 Deck("world:10", "beta-cost", {Rate("world:11", "234", "10", "0.015")})};
  ClientEntry acme = Client("world:12", "acme");
  acme.client.tags = {"vip"};
  acme.topups = {{"world:13", "opening-acme", Money("10"), "opening balance"}};
  ClientEntry limited = Client("world:14", "limited");
  limited.credit_limit = Money("1");
  world.clients = {acme, limited};
  world.suppliers = {Supplier("world:15", "alpha", "alpha-cost", 12775),
                     Supplier("world:16", "beta", "beta-cost", 12776)};
  MoRouteEntry mo;
  mo.place = "world:17";
  mo.route.prefix = "4477";
  mo.client = "acme";
  world.mo_routes = {mo};
  return world;
}

}  // namespace hub::test
