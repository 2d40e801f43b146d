// A small catalog, and a Router over it: what the routing tests share.
//
//   client acme  EUR  deck 1: 234 0.03, 235 blocked
//   alpha direct, beta wholesale, gamma sim, each with its own deck 10, 20, 30
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdio>
#include <set>
#include <string>
#include <vector>

#include "server/routing/router.h"

namespace hub::routing {

inline WallTime At(std::int64_t seconds = 1'795'000'000) {  // 2026-11-18, a Wednesday, 11:06:40 UTC
  return WallTime(std::chrono::seconds(seconds));
}

inline Nano Money(const char* text) { return ParseNano(text).value(); }

struct Up final : Availability {
  std::set<std::uint32_t> down;
  bool IsUp(std::uint32_t i) const override { return !down.contains(i); }
};

struct World {
  store::Catalog catalog;
  Up up;
  std::int64_t next_rate = 501;

  World() {
    catalog.clients.emplace_back();
    store::ClientRow& client = catalog.clients[0];
    client.client_id = 1;
    client.system_id = "acme";
    client.currency = "EUR";
    client.deck_id = 1;
    client.tags = {"gold", "trusted"};
    Deck(1, "sell");
    Network(1, "234", "", "GB", "United Kingdom");
    Network(2, "234", "10", "GB", "O2");
    Network(3, "235", "", "GG", "Guernsey");
    Network(4, "412", "01", "AF", "AWCC");
    catalog.prefixes = {{"44", 1}, {"4477", 2}, {"4415", 3}, {"93", 4}};
    Rate(1, "234", "", "0.03");
    Rate(1, "412", "", "0.2");
  }

  void Deck(std::int64_t id, const char* name, const char* currency = "EUR") {
    catalog.decks.push_back({id, name, currency, store::DeckUnit::kSegment});
  }
  void Network(std::int64_t id, const char* mcc, const char* mnc, const char* country,
               const char* name) {
    catalog.networks.push_back({id, mcc, mnc, country, name});
  }
  store::RateRow& Rate(std::int64_t deck, const char* mcc, const char* mnc, const char* price) {
    store::RateRow row;
    row.rate_id = next_rate++;
    row.deck_id = deck;
    row.mcc = mcc;
    row.mnc = mnc;
    row.price = Money(price);
    catalog.rates.push_back(row);
    return catalog.rates.back();
  }
  /// A supplier with one price for the country 234; "" for none.
  store::SupplierRow& Supplier(const char* name, const char* type, const char* price) {
    store::SupplierRow row;
    row.supplier_id = static_cast<std::int64_t>(catalog.suppliers.size()) + 1;
    row.name = name;
    row.type = type;
    row.currency = "EUR";
    row.deck_id = row.supplier_id * 10;
    Deck(row.deck_id, name);
    if (*price != '\0') Rate(row.deck_id, "234", "", price);
    catalog.suppliers.push_back(row);
    return catalog.suppliers.back();
  }
  void ThreeSuppliers() {
    Supplier("alpha", "direct", "0.021").tags = {"gold"};
    Supplier("beta", "wholesale", "0.019").tags = {"bulk"};
    Supplier("gamma", "sim", "0.012");
  }

  store::ClientRow& client() { return catalog.clients[0]; }

  std::shared_ptr<const RouteTables> Tables() const {
    auto tables = BuildTables(std::make_shared<store::Catalog>(catalog));
    EXPECT_TRUE(tables) << tables.error().Text();
    return *tables;
  }
};

/// A world made ready, one decision at a time.
struct Rig {
  std::shared_ptr<const RouteTables> tables;
  Router router;
  Up up;
  Query query;
  Decision decision;

  explicit Rig(const World& world) : tables(world.Tables()), up(world.up) {
    EXPECT_TRUE(router.Use(tables, nullptr));
    query.message_id = 1;
    query.client = &CatalogOf(*tables).clients[0];
    query.source_addr = "INFO";
    query.source_ton = 5;
    query.destination_addr = "447712345678";
    query.at = At();
  }

  /// A script straight into the VM, unchecked: what LoadScript would refuse is tried here too.
  Outcome<Done> Load(std::string source, ScriptOptions options = {}) {
    auto script = std::make_shared<Script>();
    script->version = 7;
    script->path = "rules/rule.lua";
    script->source = std::move(source);
    script->options = std::move(options);
    return router.Use(nullptr, script);
  }
  const Decision& Decide() {
    router.Decide(query, up, &decision);
    return decision;
  }
  std::vector<std::string> Plan() {
    Decide();
    std::vector<std::string> names;
    for (std::size_t i = 0; i < decision.plan_count; ++i) names.push_back(NameOf(decision.plan[i]));
    return names;
  }
  /// What the database keeps of it.
  std::string Line() const {
    SummaryBuffer buffer;
    return std::string(Summary(decision, *tables, &buffer));
  }
  std::string NameOf(std::size_t candidate) const {
    return CatalogOf(*tables).suppliers[decision.candidates[candidate].supplier].name;
  }
  /// Why a supplier is not in the plan.
  std::string DropOf(const std::string& name) const {
    for (std::size_t i = 0; i < decision.candidate_count; ++i) {
      if (NameOf(i) == name) return std::string(Name(decision.candidates[i].drop));
    }
    return "not there";
  }
};

/// The text in a file that is gone at the end.
struct TempFile {
  std::string path;
  explicit TempFile(const std::string& text, const char* name = "rule.lua") {
    path = testing::TempDir() + name;
    std::FILE* file = std::fopen(path.c_str(), "wb");
    std::fwrite(text.data(), 1, text.size(), file);
    std::fclose(file);
  }
  ~TempFile() { std::remove(path.c_str()); }
};

}  // namespace hub::routing
