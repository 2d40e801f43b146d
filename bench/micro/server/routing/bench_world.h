// What the benchmarks of routing decide in: networks, a client, and suppliers with a deck each, all of them up.
#pragma once

#include <benchmark/benchmark.h>

#include <memory>
#include <string>

#include "server/routing/router.h"

namespace hub::routing {

using TablesPtr = std::shared_ptr<const RouteTables>;

struct AllUp final : Availability {
  bool IsUp(std::uint32_t) const override { return true; }
};

/// A catalog that grows. Decks are numbered from 1 on, the client's.
class World {
 public:
  static constexpr std::int64_t kRetailDeck = 1;

  World();
  void Network(std::string mcc, std::string mnc, std::string country, std::string prefix);
  void Rate(std::int64_t deck, std::string mcc, std::string mnc, Nano price);
  /// Another one. Returns its deck, which is its id too; the first one's type is "sim".
  std::int64_t Supplier();

  store::CatalogPtr catalog() const { return catalog_; }

 private:
  void Deck();

  std::shared_ptr<store::Catalog> catalog_ = std::make_shared<store::Catalog>();
};

/// Of a catalog's only client, to a number of O2's in Great Britain. Borrows the catalog.
Query QueryOf(const store::Catalog& catalog);

/// A router that goes by the catalog and the rule (none: ""). The tables; null, and the benchmark has said why, when they are not accepted.
TablesPtr Load(const store::CatalogPtr& catalog, const std::string& rule, Router* router,
               benchmark::State* state);

}  // namespace hub::routing
