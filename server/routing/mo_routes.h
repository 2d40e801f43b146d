// Whose a mobile originated message is, by where it goes and how it begins.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "server/routing/prefix_trie.h"
#include "server/store/catalog.h"

namespace hub::routing {

/// As routes name it: without +.
inline std::string_view MoDigits(std::string_view destination) {
  if (destination.starts_with('+')) destination.remove_prefix(1);
  return destination;
}

/// Immutable once built; any thread. Of all routes that fit a message the most specific one has it, in this order:
///
///   1. one with the message's keyword      before   one without
///   2. a number        before   a range    before   a prefix
///   3. the narrower range, the longer prefix
///   4. one for the supplier                before   one for any
///
/// So who writes a keyword for a prefix gets it on all numbers of the prefix. Two routes that are equal in all of these are
/// refused by PostgreSQL, ranges of one supplier and keyword that overlap too.
class MoRoutes {
 public:
  using Client = std::uint32_t;
  static constexpr Client kNone = UINT32_MAX;

  struct Asked {
    std::int64_t supplier_id = 0;
    std::string_view destination;  // E.164 digits or a short code, without +
    std::string_view keyword;      // smpp::FirstWord; "": none
  };

  MoRoutes() = default;
  /// client_of  index of each client of `rows` by its id
  MoRoutes(const std::vector<store::MoRouteRow>& rows,
           const std::unordered_map<std::int64_t, Client>& client_of);

  /// Index of the client, or kNone. At most two keywords x two suppliers x (a hash, a binary search, a walk of 15 digits); no
  /// allocation.
  Client Find(const Asked& asked) const;

  /// Whether the first word can make a difference for this destination.
  bool HasKeywordsFor(std::int64_t supplier_id, std::string_view destination) const;

 private:
  struct Range {
    std::uint64_t first = 0, last = 0;  // as Key() makes them
    Client client = kNone;
  };
  struct Prefix {
    Client client = kNone;
    std::size_t digits = 0;
  };
  // Routes of one keyword and one supplier, or of any.
  struct Group {
    std::unordered_map<std::uint64_t, Client> numbers;  // by Key()
    std::vector<Range> ranges;                          // ascending; none overlaps another
    PrefixTrie prefixes;                                // -> index into `of_prefix`
    std::vector<Prefix> of_prefix;

    void SortRanges();
    void MergeRanges();
    const Range* RangeOf(std::uint64_t key) const;
    Prefix PrefixOf(std::string_view digits) const;
  };
  struct WordHash {
    using is_transparent = void;
    std::size_t operator()(std::string_view word) const {
      return std::hash<std::string_view>()(word);
    }
  };
  using Groups = std::unordered_map<std::int64_t, Group>;  // by supplier_id; 0: any

  static std::uint64_t Key(std::string_view digits);
  static Client FindAmong(const Groups& groups, const Asked& asked);

  Groups plain_;        // without a keyword
  Groups any_keyword_;  // destinations of all keywords: HasKeywordsFor
  std::unordered_map<std::string, Groups, WordHash, std::equal_to<>> by_keyword_;
};

}  // namespace hub::routing
