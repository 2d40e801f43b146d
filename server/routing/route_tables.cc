#include "server/routing/route_tables.h"

#include <algorithm>
#include <numeric>
#include <tuple>
#include <unordered_map>
#include <unordered_set>

#include "server/base/check.h"
#include "server/routing/number.h"
#include "server/routing/router.h"

namespace hub::routing {
namespace {

using std::to_string;
using Networks = std::unordered_map<std::int64_t, std::uint32_t>;  // network_id -> index
using Decks = std::unordered_map<std::int64_t, const store::DeckRow*>;

Networks IndexOf(const std::vector<store::NetworkRow>& rows) {
  Networks index;
  for (std::uint32_t i = 0; i < rows.size(); ++i) index.emplace(rows[i].network_id, i);
  return index;
}

PrefixTrie TrieOf(const store::Catalog& catalog) {
  const Networks networks = IndexOf(catalog.networks);
  std::vector<PrefixTrie::Entry> entries;
  entries.reserve(catalog.prefixes.size());
  for (const store::PrefixRow& row : catalog.prefixes) {
    const auto network = networks.find(row.network_id);
    HUB_CHECK_SAY(network != networks.end(), row.prefix);  // CheckCatalog looked
    entries.emplace_back(row.prefix, network->second);
  }
  return PrefixTrie(std::move(entries));
}

// Of equal costs the lower priority goes first, then the lower id: two nodes always agree.
std::vector<std::uint32_t> RanksOf(const std::vector<store::SupplierRow>& suppliers) {
  std::vector<std::uint32_t> ranks(suppliers.size());
  std::iota(ranks.begin(), ranks.end(), 0u);
  std::sort(ranks.begin(), ranks.end(), [&](std::uint32_t a, std::uint32_t b) {
    return std::tie(suppliers[a].priority, suppliers[a].supplier_id) <
           std::tie(suppliers[b].priority, suppliers[b].supplier_id);
  });
  return ranks;
}

std::unordered_map<std::string_view, std::uint32_t> NamesOf(
    const std::vector<store::SupplierRow>& suppliers) {
  std::unordered_map<std::string_view, std::uint32_t> names;
  for (std::uint32_t i = 0; i < suppliers.size(); ++i) names.emplace(suppliers[i].name, i);
  return names;
}

std::vector<billing::Bidder> BiddersOf(const std::vector<store::SupplierRow>& suppliers,
                                       const std::vector<std::uint32_t>& ranks) {
  std::vector<billing::Bidder> bidders;
  for (const std::uint32_t supplier : ranks) bidders.push_back({suppliers[supplier].deck_id});
  return bidders;
}

Err<Error> Bad(std::string row, std::string why) {
  return Err{Error{.doing = "build the routing tables",
                   .why = std::move(why),
                   .place = std::move(row),
                   .system_errno = 0,
                   .sqlstate = {},
                   .advice = {}}};
}

bool IsPrefix(std::string_view text) {
  const bool digits =
      std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
  return digits && !text.empty() && text.size() <= kNumberDigitsMax;
}

Outcome<Done> CheckPrefixes(const store::Catalog& catalog) {
  const Networks networks = IndexOf(catalog.networks);
  std::unordered_set<std::string_view> seen;
  for (const store::PrefixRow& row : catalog.prefixes) {
    const std::string place = "ref.number_prefix " + row.prefix;
    if (!IsPrefix(row.prefix)) return Bad(place, "a prefix has 1 to 15 digits and nothing else");
    if (!networks.contains(row.network_id)) {
      return Bad(place, "network " + to_string(row.network_id) + " does not exist");
    }
    if (!seen.insert(row.prefix).second) return Bad(place, "stands there twice");
  }
  return Done{};
}

Outcome<Done> CheckDeck(const Decks& decks, const std::string& place, std::int64_t deck_id,
                        const std::string& currency) {
  const auto deck = decks.find(deck_id);
  if (deck == decks.end()) return Bad(place, "deck " + to_string(deck_id) + " does not exist");
  if (deck->second->currency != currency) {
    return Bad(place, "is in " + currency + ", its deck " + deck->second->name + " in " +
                          deck->second->currency);
  }
  return Done{};
}

Outcome<Done> CheckParties(const store::Catalog& catalog, const Decks& decks) {
  for (const store::ClientRow& row : catalog.clients) {
    auto checked = CheckDeck(decks, "client " + row.system_id, row.deck_id, row.currency);
    if (!checked) return checked;
  }
  std::unordered_set<std::string_view> names;
  for (const store::SupplierRow& row : catalog.suppliers) {
    const std::string place = "supplier " + row.name;
    auto checked = CheckDeck(decks, place, row.deck_id, row.currency);
    if (!checked) return checked;
    if (!names.insert(row.name).second) return Bad(place, "the name stands there twice");
  }
  return Done{};
}

}  // namespace

Outcome<Done> CheckCatalog(const store::Catalog& catalog) {
  Decks decks;
  for (const store::DeckRow& row : catalog.decks) decks.emplace(row.deck_id, &row);
  for (const store::RateRow& row : catalog.rates) {
    if (decks.contains(row.deck_id)) continue;
    return Bad("rate " + to_string(row.rate_id),
               "deck " + to_string(row.deck_id) + " does not exist");
  }
  auto checked = CheckPrefixes(catalog);
  return checked ? CheckParties(catalog, decks) : checked;
}

RouteTables::RouteTables(store::CatalogPtr catalog)
    : catalog_(std::move(catalog)),
      networks_by_prefix_(TrieOf(*catalog_)),
      by_rank_(RanksOf(catalog_->suppliers)),
      by_name_(NamesOf(catalog_->suppliers)),
      prices_(*catalog_),
      offers_(*catalog_, prices_, BiddersOf(catalog_->suppliers, by_rank_)) {}

std::optional<std::uint32_t> RouteTables::SupplierNamed(std::string_view name) const {
  const auto found = by_name_.find(name);
  return found == by_name_.end() ? std::nullopt : std::optional(found->second);
}

const store::DeckRow* RouteTables::DeckOf(std::int64_t deck_id) const {
  for (const store::DeckRow& row : catalog_->decks) {
    if (row.deck_id == deck_id) return &row;
  }
  return nullptr;
}

Outcome<std::shared_ptr<const RouteTables>> BuildTables(store::CatalogPtr catalog) {
  const auto checked = CheckCatalog(*catalog);
  if (!checked) return Err{checked.error()};
  return std::shared_ptr<const RouteTables>(std::make_shared<RouteTables>(std::move(catalog)));
}

const store::Catalog& CatalogOf(const RouteTables& tables) { return tables.catalog(); }

}  // namespace hub::routing
