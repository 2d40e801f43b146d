// Longest prefix of a number, in a handful of cache lines: a digit trie in one array, children side by side.
//
//   "44" -> 7, "4477" -> 9      node: which digits follow (10 bits), where the first child stands, the value
//
//   [0: {4} ->1] [1: {4} ->2] [2: {7} ->3  value 7] [3: {7} ->4] [4: {} value 9]
//
// The child for digit d of a node is first_child + popcount(digits below d): twelve octets a node, no pointers.
#pragma once

#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

namespace hub::routing {

/// Immutable once built; any thread.
class PrefixTrie {
 public:
  using Value = std::uint32_t;
  static constexpr Value kNone = UINT32_MAX;
  using Entry = std::pair<std::string_view, Value>;

  /// entries  digits only (the caller checked), each prefix once; borrowed for the call
  PrefixTrie() : PrefixTrie(std::vector<Entry>{}) {}
  explicit PrefixTrie(std::vector<Entry> entries);

  /// Value of the longest prefix of `digits`, or kNone. No allocation; stops at an octet that is no digit.
  Value Find(std::string_view digits) const;

  std::size_t octets() const { return nodes_.size() * sizeof(Node); }

 private:
  struct Node {
    std::uint32_t first_child = 0;
    std::uint16_t digits = 0;  // bit d: a child for digit d
    Value value = kNone;
  };

  std::vector<Node> nodes_;  // breadth first; nodes_[0] is the root
};

}  // namespace hub::routing
