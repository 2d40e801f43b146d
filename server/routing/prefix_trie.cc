#include "server/routing/prefix_trie.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>

namespace hub::routing {

PrefixTrie::PrefixTrie(std::vector<Entry> entries) {
  struct Range {  // the sorted entries that share the first `depth` digits belong to one node
    std::size_t begin, end, depth;
  };
  std::sort(entries.begin(), entries.end());
  nodes_.emplace_back();
  std::vector<Range> ranges{{0, entries.size(), 0}};
  for (std::size_t at = 0; at < ranges.size(); ++at) {  // ranges[i] belongs to nodes_[i]
    auto [begin, end, depth] = ranges[at];
    if (begin < end && entries[begin].first.size() == depth)
      nodes_[at].value = entries[begin++].second;
    nodes_[at].first_child = static_cast<std::uint32_t>(nodes_.size());
    while (begin < end) {
      const char digit = entries[begin].first[depth];
      std::size_t next = begin;
      while (next < end && entries[next].first[depth] == digit) ++next;
      nodes_[at].digits = static_cast<std::uint16_t>(nodes_[at].digits | 1u << (digit - '0'));
      nodes_.emplace_back();
      ranges.push_back({begin, next, depth + 1});
      begin = next;
    }
  }
}

// std::popcount is a call where the compiler may not count on an instruction for it.
constexpr std::array<std::uint8_t, 1 << 10> kOnesOf = [] {
  std::array<std::uint8_t, 1 << 10> ones{};
  for (unsigned digits = 0; digits < ones.size(); ++digits)
    ones[digits] = static_cast<std::uint8_t>(std::popcount(digits));
  return ones;
}();

PrefixTrie::Value PrefixTrie::Find(std::string_view digits) const {
  const Node* node = &nodes_[0];
  Value best = node->value;
  for (const char c : digits) {
    const unsigned digit = static_cast<unsigned char>(c) - unsigned{'0'};
    if (digit > 9 || (node->digits >> digit & 1u) == 0) break;
    const unsigned below = node->digits & ((1u << digit) - 1u);
    node = &nodes_[node->first_child + kOnesOf[below]];
    if (node->value != kNone) best = node->value;
  }
  return best;
}

}  // namespace hub::routing
