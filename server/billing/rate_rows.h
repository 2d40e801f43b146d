// The rows of all decks by what they are for, as the path of a message needs them. Immutable, any thread.
//
//   RateKey{deck, number prefix, network, class} ──► RowSpan ──► Rate Rate ...   of one key: in order of time
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "server/base/clock.h"
#include "server/base/money.h"
#include "server/billing/frozen_map.h"
#include "server/store/catalog.h"

namespace hub::billing {

inline constexpr std::size_t kPrefixDigitsMax = 15;  // E.164
inline constexpr std::uint8_t kAnyClass = 0;
inline constexpr std::uint8_t kNoClass = 255;  // a class that no row names

/// Digits as one number with a leading 1, so that "044" and "44" differ. No digits: 1.
std::uint64_t PrefixCode(std::string_view digits);

/// A network as two numbers: itself, and any network of its country. 0: none.
struct NetworkCodes {
  std::uint32_t exact = 0, country = 0;
  bool empty() const { return exact == 0; }
};
/// The mnc keeps its length, for 234-10 and 234-010 are two networks.
std::uint32_t NetworkCode(std::string_view mcc, std::string_view mnc);

/// One row.
struct Rate {
  std::int64_t from_us = 0, until_us = 0;  // [from, until)
  std::int64_t rate_id = 0;
  Nano price;
  bool blocked = false;

  bool HoldsAt(std::int64_t at_us) const { return from_us <= at_us && at_us < until_us; }
};

/// What a row says it is for, whatever its deck. No defaults: walks have room for many, and write what they use.
struct Scope {
  std::uint64_t prefix;  // PrefixCode
  std::uint32_t network;
  std::uint8_t message_class;
  bool operator==(const Scope&) const = default;
};

struct RateKey {
  std::int64_t deck_id;
  Scope scope;
  bool operator==(const RateKey&) const = default;
};
struct RateKeyHash {
  std::size_t operator()(const RateKey& key) const;
};

/// Elements that stand side by side.
struct RowSpan {
  std::uint32_t first = 0, count = 0;
  bool empty() const { return count == 0; }
};

/// What a message asks a deck for.
struct Wanted {
  NetworkCodes network;
  std::string_view e164;  // digits
  std::uint8_t message_class = kNoClass;
  std::int64_t at_us = 0;
};

/// Calls visit(Scope) for each scope that covers `wanted`, the most specific one first, until it returns true:
///   longest number prefix  >  (mcc, mnc)  >  (mcc, "")      within each: the class named  >  "any"
/// prefix_lengths  bit n: rows with a prefix of n digits may be there
template <class Visit>
bool VisitScopes(const Wanted& wanted, std::uint16_t prefix_lengths, Visit visit) {
  const bool named = wanted.message_class != kNoClass && wanted.message_class != kAnyClass;
  const auto within = [&](std::uint64_t prefix, std::uint32_t network) {
    return (named && visit(Scope{prefix, network, wanted.message_class})) ||
           visit(Scope{prefix, network, kAnyClass});
  };
  const auto with = [&](std::uint64_t prefix) {
    const auto [exact, country] = wanted.network;
    return within(prefix, exact) || (country != exact && within(prefix, country));
  };
  for (std::size_t n = kPrefixDigitsMax; prefix_lengths != 0 && n > 0; --n) {
    if ((prefix_lengths >> n & 1) == 0 || wanted.e164.size() < n) continue;
    if (with(PrefixCode(wanted.e164.substr(0, n)))) return true;
  }
  return with(PrefixCode({}));
}

class RateRows {
 public:
  explicit RateRows(const store::Catalog& catalog);

  /// Codes of a network of the catalog, or none.
  NetworkCodes NetworkOf(std::int64_t network_id) const;
  std::uint8_t ClassOf(std::string_view name) const;  // kNoClass: no row names it
  /// The scope that a row of the catalog has; false for one that no message can be meant by.
  bool ScopeOf(const store::RateRow& row, Scope* scope) const;

  /// The row of this deck and scope that holds then, or nullptr.
  const Rate* At(const RateKey& key, std::int64_t at_us) const;

 private:
  struct NetworkHash {
    std::size_t operator()(std::int64_t id) const {
      return static_cast<std::size_t>(static_cast<std::uint64_t>(id) * 0x9E3779B97F4A7C15u >> 32);
    }
  };

  void NameClass(const std::string& name);

  std::vector<std::string> classes_{"any"};  // a handful: found by looking at each
  FrozenMap<std::int64_t, NetworkCodes, NetworkHash> networks_;
  std::vector<Rate> rates_;
  FrozenMap<RateKey, RowSpan, RateKeyHash> spans_;  // of rates_
};

}  // namespace hub::billing
