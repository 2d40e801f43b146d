// Who sells a number on a network, cheapest first: rows of many decks in one order, so that a message looks at the first
// few only. Immutable, any thread.
//
//   (currency, number prefix, network, class) ──► offers a segment: price, bidder, price, bidder ...   blocked ones last
//                                             └─► offers a message: the same
//
// A walk merges the lists of all scopes that cover a message. Of a bidder only its most specific row counts, so an offer
// is passed over when a more specific list of the walk has one of that bidder: a look at PriceBook's rows tells.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "server/billing/price_book.h"

namespace hub::billing {

/// Who sells by a deck. Bidders are numbered in the order in which equal costs stand.
struct Bidder {
  std::int64_t deck_id = 0;
};

/// What a bidder asks for a message.
struct Offer {
  std::uint32_t bidder = 0;
  Price price;           // kPriced or kBlocked
  bool has_cost = true;  // false: blocked, or it does not fit
  Nano cost;             // of all segments
};

class OfferWalk;

class OfferBook {
 public:
  /// `prices` is of the same catalog and outlives the book. Memory: 40 octets for each bidder and row of its deck, twice as many more while it
  /// is made, and some 60 for each scope.
  OfferBook(const store::Catalog& catalog, const PriceBook& prices, std::vector<Bidder> bidders);

 private:
  friend class OfferWalk;

  struct Entry {
    std::int64_t from_us, until_us;
    std::int64_t rate_id;
    Nano price;
    std::uint32_t bidder;
    bool blocked;
  };
  struct Key {
    std::size_t currency;  // of currencies_
    Scope scope;
    bool operator==(const Key&) const = default;
  };
  struct KeyHash {
    std::size_t operator()(const Key& key) const {
      return RateKeyHash()({static_cast<std::int64_t>(key.currency), key.scope});
    }
  };
  struct Lists {  // of entries_
    RowSpan by_segment, by_message;
    bool empty() const { return by_segment.empty() && by_message.empty(); }
  };
  struct Sorted;  // an entry on its way into the book

  std::size_t CurrencyOf(std::string_view name) const;  // currencies_.size(): nobody sells for it
  std::size_t NameCurrency(const std::string& name);
  std::vector<Sorted> SortedOf(const store::Catalog& catalog);

  const PriceBook& prices_;
  std::vector<Bidder> bidders_;
  std::vector<std::string> currencies_;        // a handful: found by looking at each
  std::vector<std::uint16_t> prefix_lengths_;  // of each currency; bit n: prefixes of n digits
  std::vector<Entry> entries_;
  FrozenMap<Key, Lists, KeyHash> lists_;
};

/// One message's way along the book, by cost and then bidder; those without a cost come last. Borrows all it is made of.
/// No allocation.
class OfferWalk {
 public:
  OfferWalk(const OfferBook& book, std::string_view currency, std::int64_t network_id,
            std::string_view e164, std::string_view message_class, std::int32_t segments,
            WallTime at);

  /// false: there are no more.
  bool Next(Offer* offer);

 private:
  static constexpr std::size_t kScopesMax =
      (kPrefixDigitsMax + 1) * 4;  // VisitScopes gives no more
  struct List {
    const OfferBook::Entry* at;  // the next one that holds; a more specific row may supersede it
    const OfferBook::Entry* end;
    std::size_t scope;  // of scopes_
    store::DeckUnit unit;
    bool has_cost;
    std::int64_t cost_nano;  // of `at`
  };

  void Add(RowSpan span, store::DeckUnit unit);
  void Settle(List* list) const;
  List* First();
  bool HasMoreSpecific(const OfferBook::Entry& entry, std::size_t scope) const;
  static Price PriceOf(const List& list);

  const OfferBook& book_;
  const std::int64_t at_us_;
  const std::int32_t segments_;
  std::size_t scope_count_ = 0, list_count_ = 0;
  std::array<Scope, kScopesMax> scopes_;  // that have a list, the most specific one first
  std::array<List, kScopesMax * 2> lists_;
};

}  // namespace hub::billing
