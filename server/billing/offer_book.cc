#include "server/billing/offer_book.h"

#include <algorithm>
#include <tuple>
#include <unordered_map>
#include <utility>

namespace hub::billing {

struct OfferBook::Sorted {
  Key key;
  store::DeckUnit unit;
  Entry entry;

  auto Order() const {
    return std::tie(key.currency, key.scope.network, key.scope.prefix, key.scope.message_class,
                    unit, entry.blocked, entry.price, entry.bidder);
  }
};

OfferBook::OfferBook(const store::Catalog& catalog, const PriceBook& prices,
                     std::vector<Bidder> bidders)
    : prices_(prices), bidders_(std::move(bidders)) {
  const std::vector<Sorted> sorted = SortedOf(catalog);
  entries_.reserve(sorted.size());
  lists_ = FrozenMap<Key, Lists, KeyHash>(RunsOf(sorted));
  for (std::size_t first = 0; first < sorted.size();) {
    const Key& key = sorted[first].key;
    Lists lists;
    for (; first < sorted.size() && sorted[first].key == key; ++first) {
      const bool by_message = sorted[first].unit == store::DeckUnit::kMessage;
      RowSpan& span = by_message ? lists.by_message : lists.by_segment;
      if (span.count++ == 0) span.first = static_cast<std::uint32_t>(entries_.size());
      entries_.push_back(sorted[first].entry);
    }
    lists_.Put(key, lists);
  }
}

std::vector<OfferBook::Sorted> OfferBook::SortedOf(const store::Catalog& catalog) {
  std::unordered_map<std::int64_t, const store::DeckRow*> decks;
  for (const store::DeckRow& deck : catalog.decks) decks.emplace(deck.deck_id, &deck);
  std::unordered_map<std::int64_t, std::vector<std::uint32_t>> of_deck;
  for (std::uint32_t i = 0; i < bidders_.size(); ++i) of_deck[bidders_[i].deck_id].push_back(i);
  std::vector<Sorted> sorted;
  for (const store::RateRow& row : catalog.rates) {
    const auto deck = decks.find(row.deck_id);
    const auto sellers = of_deck.find(row.deck_id);
    Sorted one{};
    if (deck == decks.end() || sellers == of_deck.end() ||
        !prices_.rows().ScopeOf(row, &one.key.scope))
      continue;
    one.key.currency = NameCurrency(deck->second->currency);
    if (!row.prefix.empty())
      prefix_lengths_[one.key.currency] |= static_cast<std::uint16_t>(1u << row.prefix.size());
    one.unit = deck->second->unit;
    for (const std::uint32_t bidder : sellers->second) {
      one.entry = {row.valid.from_us, row.valid.until_us, row.rate_id, row.price, bidder,
                   row.blocked};
      sorted.push_back(one);
    }
  }
  std::sort(sorted.begin(), sorted.end(),
            [](const Sorted& a, const Sorted& b) { return a.Order() < b.Order(); });
  return sorted;
}

std::size_t OfferBook::CurrencyOf(std::string_view name) const {
  const auto found = std::find(currencies_.begin(), currencies_.end(), name);
  return static_cast<std::size_t>(found - currencies_.begin());
}

std::size_t OfferBook::NameCurrency(const std::string& name) {
  const std::size_t known = CurrencyOf(name);
  if (known == currencies_.size()) {
    currencies_.push_back(name);
    prefix_lengths_.push_back(0);
  }
  return known;
}

OfferWalk::OfferWalk(const OfferBook& book, std::string_view currency, std::int64_t network_id,
                     std::string_view e164, std::string_view message_class, std::int32_t segments,
                     WallTime at)
    : book_(book), at_us_(ToMicros(at)), segments_(segments) {
  const std::size_t money = book.CurrencyOf(currency);
  const RateRows& rows = book.prices_.rows();
  const Wanted wanted{rows.NetworkOf(network_id), e164, rows.ClassOf(message_class), at_us_};
  if (money == book.currencies_.size() || wanted.network.empty()) return;
  VisitScopes(wanted, book.prefix_lengths_[money], [&](const Scope& scope) {
    const OfferBook::Lists* lists = book.lists_.Find({money, scope});
    if (lists == nullptr) return false;
    scopes_[scope_count_++] = scope;
    Add(lists->by_segment, store::DeckUnit::kSegment);
    Add(lists->by_message, store::DeckUnit::kMessage);
    return false;
  });
}

void OfferWalk::Add(RowSpan span, store::DeckUnit unit) {
  if (span.empty()) return;
  const OfferBook::Entry* const begin = book_.entries_.data() + span.first;
  List& list = lists_[list_count_++];
  list = {begin, begin + span.count, scope_count_ - 1, unit, false, 0};
  Settle(&list);
}

// Goes on to the first entry that holds, and prices it. Whether its bidder has a more specific row is asked when its turn comes: of a
// thousand rows of a country, all superseded, none may ever come first.
void OfferWalk::Settle(List* list) const {
  const auto holds = [&](const OfferBook::Entry& entry) {
    return entry.from_us <= at_us_ && at_us_ < entry.until_us;
  };
  while (list->at != list->end && !holds(*list->at)) ++list->at;
  if (list->at == list->end) return;
  Nano cost;
  list->has_cost = AmountOf(PriceOf(*list), segments_, &cost);
  list->cost_nano = cost.units;
}

bool OfferWalk::HasMoreSpecific(const OfferBook::Entry& entry, std::size_t scope) const {
  const std::int64_t deck_id = book_.bidders_[entry.bidder].deck_id;
  for (std::size_t i = 0; i < scope; ++i) {
    if (book_.prices_.rows().At({deck_id, scopes_[i]}, at_us_) != nullptr) return true;
  }
  return false;
}

Price OfferWalk::PriceOf(const List& list) {
  const PriceState state = list.at->blocked ? PriceState::kBlocked : PriceState::kPriced;
  return {state, list.at->rate_id, list.at->price, list.unit};
}

// Null: all have come to their end.
OfferWalk::List* OfferWalk::First() {
  const auto before = [](const List& a, const List& b) {
    if (a.has_cost != b.has_cost) return a.has_cost;
    if (a.has_cost && a.cost_nano != b.cost_nano) return a.cost_nano < b.cost_nano;
    return a.at->bidder < b.at->bidder;
  };
  List* first = nullptr;
  for (std::size_t i = 0; i < list_count_; ++i) {
    List& list = lists_[i];
    if (list.at != list.end && (first == nullptr || before(list, *first))) first = &list;
  }
  return first;
}

bool OfferWalk::Next(Offer* offer) {
  while (List* const first = First()) {
    const bool counts = !HasMoreSpecific(*first->at, first->scope);
    *offer = {first->at->bidder, PriceOf(*first), first->has_cost, {first->cost_nano}};
    ++first->at;
    Settle(first);
    if (counts) return true;
  }
  return false;
}

}  // namespace hub::billing
