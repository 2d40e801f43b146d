// A catalog made ready for decisions: trie of prefixes, decks as a price book, rows checked against each other.
#pragma once

#include <memory>
#include <string_view>

#include "server/base/error.h"
#include "server/billing/price_book.h"
#include "server/routing/prefix_trie.h"
#include "server/store/catalog.h"

namespace hub::routing {

/// Immutable; shared by all loops. Pointers it gives live as long as it does.
class RouteTables {
 public:
  explicit RouteTables(store::CatalogPtr catalog);  // of rows that CheckCatalog found good

  const store::Catalog& catalog() const { return *catalog_; }
  const billing::PriceBook& prices() const { return prices_; }

  /// Network of the longest prefix; nullptr when none covers the number.
  const store::NetworkRow* NetworkOf(std::string_view e164) const {
    const PrefixTrie::Value at = networks_by_prefix_.Find(e164);
    return at == PrefixTrie::kNone ? nullptr : &catalog_->networks[at];
  }

  /// Scan, for explain and scripts; nullptr when there is none.
  const store::RateRow* RateOf(std::int64_t rate_id) const;
  const store::DeckRow* DeckOf(std::int64_t deck_id) const;
  bool HasSupplier(std::string_view name) const;

 private:
  store::CatalogPtr catalog_;
  PrefixTrie networks_by_prefix_;  // -> index into Catalog::networks
  billing::PriceBook prices_;
};

/// The first row that names another row which does not exist, or contradicts it.
Outcome<Done> CheckCatalog(const store::Catalog& catalog);

}  // namespace hub::routing
