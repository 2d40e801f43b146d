#include "server/billing/price_book.h"

#include <algorithm>
#include <array>
#include <string>
#include <unordered_map>
#include <vector>

namespace hub::billing {
namespace {

constexpr std::size_t kPrefixDigitsMax = 15;  // E.164
constexpr std::uint8_t kAnyClass = 0;
constexpr std::uint8_t kNoClass = 255;  // a class that no row names

// A network as one number: the mnc keeps its length, for 234-10 and 234-010 are two networks. 0:
// none.
std::uint32_t NetworkCode(std::string_view mcc, std::string_view mnc) {
  std::uint32_t code = 0;
  for (const char c : mcc) code = code * 10 + static_cast<std::uint32_t>(c - '0');
  code = code * 4 + static_cast<std::uint32_t>(mnc.size());
  std::uint32_t digits = 0;
  for (const char c : mnc) digits = digits * 10 + static_cast<std::uint32_t>(c - '0');
  return code * 1'000 + digits;
}

// Digits as one number with a leading 1, so that "044" and "44" differ. 0 digits: 1.
std::uint64_t PrefixCode(std::string_view digits) {
  std::uint64_t code = 1;
  for (const char c : digits) code = code * 10 + static_cast<std::uint64_t>(c - '0');
  return code;
}

struct Key {
  std::int64_t deck_id;
  std::uint64_t prefix;
  std::uint32_t network;
  std::uint8_t message_class;
  bool operator==(const Key&) const = default;
};

struct KeyHash {
  std::size_t operator()(const Key& key) const {
    std::uint64_t h = static_cast<std::uint64_t>(key.deck_id) * 0x9E3779B97F4A7C15u;
    h = (h ^ key.prefix ^ (h >> 29)) * 0xBF58476D1CE4E5B9u;
    h = (h ^ key.network ^ (std::uint64_t{key.message_class} << 40) ^ (h >> 32)) *
        0x94D049BB133111EBu;
    return h ^ (h >> 31);
  }
};

// The rows of one key, in order of time; they never overlap.
using Timeline = std::vector<const store::RateRow*>;

struct Deck {
  store::DeckUnit unit = store::DeckUnit::kSegment;
  std::uint16_t prefix_lengths = 0;  // bit n: some row has a prefix of n digits
};

struct Network {
  std::uint32_t exact = 0;
  std::uint32_t country = 0;
};

const store::RateRow* ValidAt(const Timeline& timeline, std::int64_t at_us) {
  auto after = std::upper_bound(
      timeline.begin(), timeline.end(), at_us,
      [](std::int64_t t, const store::RateRow* row) { return t < row->valid.from_us; });
  if (after == timeline.begin()) return nullptr;
  const store::RateRow* row = *--after;
  return at_us < row->valid.until_us ? row : nullptr;
}

}  // namespace

struct PriceBook::Impl {
  explicit Impl(const store::Catalog& catalog);

  std::uint8_t ClassOf(std::string_view name) const;
  std::uint8_t AddClass(const std::string& name);
  const store::RateRow* FindRow(std::int64_t deck_id, const Network& network, std::uint64_t prefix,
                                std::uint8_t message_class, std::int64_t at_us) const;
  const store::RateRow* FindByPrefix(std::int64_t deck_id, const Deck& deck, const Network& network,
                                     std::string_view e164, std::uint8_t message_class,
                                     std::int64_t at_us) const;

  std::vector<store::RateRow> rows;
  std::vector<std::string> classes{"any"};  // a handful: found by looking at each
  std::unordered_map<std::int64_t, Deck> decks;
  std::unordered_map<std::int64_t, Network> networks;
  std::unordered_map<Key, Timeline, KeyHash> timelines;
};

PriceBook::Impl::Impl(const store::Catalog& catalog) : rows(catalog.rates) {
  for (const store::DeckRow& deck : catalog.decks) decks[deck.deck_id].unit = deck.unit;
  for (const store::NetworkRow& row : catalog.networks) {
    networks[row.network_id] = {NetworkCode(row.mcc, row.mnc), NetworkCode(row.mcc, {})};
  }
  std::sort(rows.begin(), rows.end(), [](const store::RateRow& a, const store::RateRow& b) {
    return a.valid.from_us < b.valid.from_us;
  });
  for (const store::RateRow& row : rows) {
    if (row.prefix.size() > kPrefixDigitsMax) continue;  // the schema has none
    const Key key{row.deck_id, PrefixCode(row.prefix), NetworkCode(row.mcc, row.mnc),
                  AddClass(row.message_class)};
    timelines[key].push_back(&row);
    if (!row.prefix.empty()) {
      decks[row.deck_id].prefix_lengths |= static_cast<std::uint16_t>(1u << row.prefix.size());
    }
  }
}

std::uint8_t PriceBook::Impl::ClassOf(std::string_view name) const {
  for (std::size_t i = 0; i < classes.size(); ++i) {
    if (classes[i] == name) return static_cast<std::uint8_t>(i);
  }
  return kNoClass;
}

std::uint8_t PriceBook::Impl::AddClass(const std::string& name) {
  const std::uint8_t known = ClassOf(name);
  if (known != kNoClass || classes.size() >= kNoClass) return known;
  classes.push_back(name);
  return static_cast<std::uint8_t>(classes.size() - 1);
}

// (mcc, mnc) before (mcc, ""), and within each the class named before "any".
const store::RateRow* PriceBook::Impl::FindRow(std::int64_t deck_id, const Network& network,
                                               std::uint64_t prefix, std::uint8_t message_class,
                                               std::int64_t at_us) const {
  const std::array<Key, 4> keys{Key{deck_id, prefix, network.exact, message_class},
                                Key{deck_id, prefix, network.exact, kAnyClass},
                                Key{deck_id, prefix, network.country, message_class},
                                Key{deck_id, prefix, network.country, kAnyClass}};
  for (const Key& key : keys) {
    if (key.message_class == kNoClass) continue;
    const auto timeline = timelines.find(key);
    if (timeline == timelines.end()) continue;
    if (const store::RateRow* row = ValidAt(timeline->second, at_us)) return row;
  }
  return nullptr;
}

const store::RateRow* PriceBook::Impl::FindByPrefix(std::int64_t deck_id, const Deck& deck,
                                                    const Network& network, std::string_view e164,
                                                    std::uint8_t message_class,
                                                    std::int64_t at_us) const {
  for (std::size_t length = std::min(e164.size(), kPrefixDigitsMax); length > 0; --length) {
    if ((deck.prefix_lengths >> length & 1) == 0) continue;
    const std::uint64_t prefix = PrefixCode(e164.substr(0, length));
    if (const auto* row = FindRow(deck_id, network, prefix, message_class, at_us)) return row;
  }
  return nullptr;
}

PriceBook::PriceBook(const store::Catalog& catalog)
    : impl_(std::make_unique<const Impl>(catalog)) {}
PriceBook::~PriceBook() = default;

Price PriceBook::Find(std::int64_t deck_id, std::int64_t network_id, std::string_view e164,
                      std::string_view message_class, WallTime at) const {
  const auto deck = impl_->decks.find(deck_id);
  const auto network = impl_->networks.find(network_id);
  if (deck == impl_->decks.end() || network == impl_->networks.end()) return {};
  const std::uint8_t class_id = impl_->ClassOf(message_class);
  const std::int64_t at_us = ToMicros(at);
  const store::RateRow* row =
      impl_->FindByPrefix(deck_id, deck->second, network->second, e164, class_id, at_us);
  if (row == nullptr)
    row = impl_->FindRow(deck_id, network->second, PrefixCode({}), class_id, at_us);
  if (row == nullptr) return {};
  const PriceState state = row->blocked ? PriceState::kBlocked : PriceState::kPriced;
  return {state, row->rate_id, row->price, deck->second.unit};
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
