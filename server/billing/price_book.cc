#include "server/billing/price_book.h"

#include <unordered_map>

namespace hub::billing {

PriceBook::PriceBook(const store::Catalog& catalog) : rows_(catalog), decks_(catalog.decks.size()) {
  std::unordered_map<std::int64_t, std::uint16_t> lengths;
  for (const store::RateRow& row : catalog.rates) {
    if (row.prefix.empty() || row.prefix.size() > kPrefixDigitsMax) continue;
    lengths[row.deck_id] |= static_cast<std::uint16_t>(1u << row.prefix.size());
  }
  for (const store::DeckRow& deck : catalog.decks) {
    decks_.Put(deck.deck_id, {true, deck.unit, lengths[deck.deck_id]});
  }
}

Price PriceBook::Find(std::int64_t deck_id, std::int64_t network_id, std::string_view e164,
                      std::string_view message_class, WallTime at) const {
  const Deck* deck = decks_.Find(deck_id);
  const Wanted wanted{rows_.NetworkOf(network_id), e164, rows_.ClassOf(message_class),
                      ToMicros(at)};
  if (deck == nullptr || wanted.network.empty()) return {};
  const Rate* rate = nullptr;
  VisitScopes(wanted, deck->prefix_lengths, [&](const Scope& scope) {
    return (rate = rows_.At({deck_id, scope}, wanted.at_us)) != nullptr;
  });
  if (rate == nullptr) return {};
  const PriceState state = rate->blocked ? PriceState::kBlocked : PriceState::kPriced;
  return {state, rate->rate_id, rate->price, deck->unit};
}

bool AmountOf(const Price& price, std::int32_t segments, Nano* amount) {
  if (price.state != PriceState::kPriced || segments < 1) return false;
  const std::int32_t units = price.unit == store::DeckUnit::kMessage ? 1 : segments;
  const auto product = CheckedMul(price.rate, units);
  if (!product) return false;
  *amount = *product;
  return true;
}

}  // namespace hub::billing
