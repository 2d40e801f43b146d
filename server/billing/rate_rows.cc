#include "server/billing/rate_rows.h"

#include <algorithm>
#include <tuple>

namespace hub::billing {
namespace {

struct KeyedRate {
  RateKey key;
  Rate rate;
};

bool Before(const KeyedRate& a, const KeyedRate& b) {
  const auto order = [](const KeyedRate& one) {
    const auto& [deck_id, scope] = one.key;
    return std::tie(deck_id, scope.network, scope.prefix, scope.message_class, one.rate.from_us);
  };
  return order(a) < order(b);
}

}  // namespace

std::uint32_t NetworkCode(std::string_view mcc, std::string_view mnc) {
  std::uint32_t code = 0;
  for (const char c : mcc) code = code * 10 + static_cast<std::uint32_t>(c - '0');
  code = code * 4 + static_cast<std::uint32_t>(mnc.size());
  std::uint32_t digits = 0;
  for (const char c : mnc) digits = digits * 10 + static_cast<std::uint32_t>(c - '0');
  return code * 1'000 + digits;
}

std::uint64_t PrefixCode(std::string_view digits) {
  std::uint64_t code = 1;
  for (const char c : digits) code = code * 10 + static_cast<std::uint64_t>(c - '0');
  return code;
}

std::size_t RateKeyHash::operator()(const RateKey& key) const {
  const auto& [deck_id, scope] = key;
  std::uint64_t h = static_cast<std::uint64_t>(deck_id) * 0x9E3779B97F4A7C15u;
  h = (h ^ scope.prefix ^ (h >> 29)) * 0xBF58476D1CE4E5B9u;
  h = (h ^ scope.network ^ (std::uint64_t{scope.message_class} << 40) ^ (h >> 32)) *
      0x94D049BB133111EBu;
  return h ^ (h >> 31);
}

RateRows::RateRows(const store::Catalog& catalog) : networks_(catalog.networks.size()) {
  for (const store::NetworkRow& row : catalog.networks) {
    networks_.Put(row.network_id, {NetworkCode(row.mcc, row.mnc), NetworkCode(row.mcc, {})});
  }
  std::vector<KeyedRate> keyed;
  keyed.reserve(catalog.rates.size());
  for (const store::RateRow& row : catalog.rates) {
    NameClass(row.message_class);
    KeyedRate one{{row.deck_id, {}},
                  {row.valid.from_us, row.valid.until_us, row.rate_id, row.price, row.blocked}};
    if (ScopeOf(row, &one.key.scope)) keyed.push_back(one);
  }
  std::sort(keyed.begin(), keyed.end(), Before);
  rates_.reserve(keyed.size());
  spans_ = FrozenMap<RateKey, RowSpan, RateKeyHash>(RunsOf(keyed));
  for (std::size_t first = 0, next = 0; first < keyed.size(); first = next) {
    for (; next < keyed.size() && keyed[next].key == keyed[first].key; ++next)
      rates_.push_back(keyed[next].rate);
    spans_.Put(keyed[first].key,
               {static_cast<std::uint32_t>(first), static_cast<std::uint32_t>(next - first)});
  }
}

NetworkCodes RateRows::NetworkOf(std::int64_t network_id) const {
  const NetworkCodes* found = networks_.Find(network_id);
  return found == nullptr ? NetworkCodes{} : *found;
}

std::uint8_t RateRows::ClassOf(std::string_view name) const {
  for (std::size_t i = 0; i < classes_.size(); ++i) {
    if (classes_[i] == name) return static_cast<std::uint8_t>(i);
  }
  return kNoClass;
}

void RateRows::NameClass(const std::string& name) {
  if (ClassOf(name) == kNoClass && classes_.size() < kNoClass) classes_.push_back(name);
}

bool RateRows::ScopeOf(const store::RateRow& row, Scope* scope) const {
  if (row.prefix.size() > kPrefixDigitsMax) return false;  // the schema has none
  *scope = {PrefixCode(row.prefix), NetworkCode(row.mcc, row.mnc), ClassOf(row.message_class)};
  return true;
}

// Rows of one key never overlap: the last one that begins before is the only one that can hold.
const Rate* RateRows::At(const RateKey& key, std::int64_t at_us) const {
  const RowSpan* span = spans_.Find(key);
  if (span == nullptr) return nullptr;
  const Rate* const begin = rates_.data() + span->first;
  const Rate* after = begin + span->count;
  while (after != begin && at_us < (after - 1)->from_us) --after;
  return after != begin && (after - 1)->HoldsAt(at_us) ? after - 1 : nullptr;
}

}  // namespace hub::billing
