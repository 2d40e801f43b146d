// Decks as a table in memory: which price holds for a number on a network, now. Immutable, any
// thread.
#pragma once

#include <cstdint>
#include <string_view>

#include "server/billing/rate_rows.h"

namespace hub::billing {

enum class PriceState : std::uint8_t {
  kPriced,
  kNone,     // no row covers it: never price 0, but "closed"
  kBlocked,  // the most specific row says blocked: a stopper
};

struct Price {
  PriceState state = PriceState::kNone;
  std::int64_t rate_id = 0;  // of the row, also when blocked
  Nano rate;                 // per unit of the deck
  store::DeckUnit unit = store::DeckUnit::kSegment;
};

/// Amount for a message of `segments` parts; false when it does not fit an int64 (the caller
/// rejects with rate_error).
bool AmountOf(const Price& price, std::int32_t segments, Nano* amount);

/// Most specific row of one deck, valid at `at`:
///   longest matching number prefix  >  (mcc, mnc)  >  (mcc, "")      within each: the class named
///   >  "any"
class PriceBook {
 public:
  explicit PriceBook(const store::Catalog& catalog);
  PriceBook(const PriceBook&) = delete;
  PriceBook& operator=(const PriceBook&) = delete;

  /// network_id from the catalog; e164: digits. No allocation.
  Price Find(std::int64_t deck_id, std::int64_t network_id, std::string_view e164,
             std::string_view message_class, WallTime at) const;

  const RateRows& rows() const { return rows_; }

 private:
  struct Deck {
    bool is_there = false;
    store::DeckUnit unit = store::DeckUnit::kSegment;
    std::uint16_t prefix_lengths = 0;  // bit n: some row has a prefix of n digits
    bool empty() const { return !is_there; }
  };
  struct DeckHash {
    std::size_t operator()(std::int64_t id) const {
      return static_cast<std::size_t>(static_cast<std::uint64_t>(id) * 0x9E3779B97F4A7C15u >> 32);
    }
  };

  RateRows rows_;
  FrozenMap<std::int64_t, Deck, DeckHash> decks_;
};

}  // namespace hub::billing
