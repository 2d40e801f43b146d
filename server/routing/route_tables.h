// A catalog made ready for decisions: trie of prefixes, decks as a price book, suppliers in order of their offers, rows checked against
// each other.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "server/base/error.h"
#include "server/billing/offer_book.h"
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
  /// What suppliers sell; its bidders are theirs, by priority and then supplier_id.
  const billing::OfferBook& offers() const { return offers_; }
  std::uint32_t SupplierOf(const billing::Offer& offer) const { return by_rank_[offer.bidder]; }

  /// Network of the longest prefix; nullptr when none covers the number.
  const store::NetworkRow* NetworkOf(std::string_view e164) const {
    const PrefixTrie::Value at = networks_by_prefix_.Find(e164);
    return at == PrefixTrie::kNone ? nullptr : &catalog_->networks[at];
  }

  /// Index into Catalog::suppliers. No allocation.
  std::optional<std::uint32_t> SupplierNamed(std::string_view name) const;

  /// Scan, for explain; nullptr when there is none.
  const store::DeckRow* DeckOf(std::int64_t deck_id) const;

 private:
  store::CatalogPtr catalog_;
  PrefixTrie networks_by_prefix_;       // -> index into Catalog::networks
  std::vector<std::uint32_t> by_rank_;  // suppliers, in the order in which equal costs stand
  std::unordered_map<std::string_view, std::uint32_t> by_name_;
  billing::PriceBook prices_;
  billing::OfferBook offers_;
};

/// The first row that names another row which does not exist, or contradicts it.
Outcome<Done> CheckCatalog(const store::Catalog& catalog);

}  // namespace hub::routing
