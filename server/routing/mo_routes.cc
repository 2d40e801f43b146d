#include "server/routing/mo_routes.h"

#include <algorithm>
#include <map>

#include "protocol/text/first_word.h"

namespace hub::routing {
namespace {

constexpr std::size_t kDigitsMax = 15;  // E.164

}  // namespace

// The digits behind a 1: "007" and "07" are two numbers, and those of one length stand side by side, in their order.
// 0 for what is no number of 1 to 15 digits.
std::uint64_t MoRoutes::Key(std::string_view digits) {
  if (digits.empty() || digits.size() > kDigitsMax) return 0;
  std::uint64_t key = 1;
  for (const char c : digits) {
    if (c < '0' || c > '9') return 0;
    key = key * 10 + static_cast<std::uint64_t>(c - '0');
  }
  return key;
}

const MoRoutes::Range* MoRoutes::Group::RangeOf(std::uint64_t key) const {
  const auto above =
      std::upper_bound(ranges.begin(), ranges.end(), key,
                       [](std::uint64_t k, const Range& range) { return k < range.first; });
  if (above == ranges.begin()) return nullptr;
  const Range& range = *std::prev(above);
  return key <= range.last ? &range : nullptr;
}

MoRoutes::Prefix MoRoutes::Group::PrefixOf(std::string_view digits) const {
  const PrefixTrie::Value found = prefixes.Find(digits);
  return found == PrefixTrie::kNone ? Prefix{} : of_prefix[found];
}

MoRoutes::MoRoutes(const std::vector<store::MoRouteRow>& rows,
                   const std::unordered_map<std::int64_t, Client>& client_of) {
  // The trie is built of all prefixes of a group at once; each once, whatever somebody wrote with psql.
  std::map<Group*, std::map<std::string_view, Client>> prefixes;
  const auto add = [&](Groups& groups, const store::MoRouteRow& row) {
    Group& group = groups[row.supplier_id];
    const Client client = client_of.find(row.client_id)->second;
    if (!row.number.empty()) {
      group.numbers.emplace(Key(row.number), client);
    } else if (!row.range_from.empty()) {
      group.ranges.push_back({Key(row.range_from), Key(row.range_to), client});
    } else {
      prefixes[&group].emplace(row.prefix, client);
    }
  };
  for (const store::MoRouteRow& row : rows) {
    if (row.keyword.empty()) {
      add(plain_, row);
    } else {
      add(by_keyword_[std::string(smpp::KeywordOf(row.keyword).view())], row);
      add(any_keyword_, row);
    }
  }
  for (const auto& [group, clients] : prefixes) {
    std::vector<PrefixTrie::Entry> entries;
    for (const auto& [prefix, client] : clients) {
      entries.emplace_back(prefix, static_cast<PrefixTrie::Value>(group->of_prefix.size()));
      group->of_prefix.push_back({client, prefix.size()});
    }
    group->prefixes = PrefixTrie(std::move(entries));
  }
  for (auto& [supplier_id, group] : plain_) group.SortRanges();
  for (auto& [keyword, groups] : by_keyword_) {
    for (auto& [supplier_id, group] : groups) group.SortRanges();
  }
  for (auto& [supplier_id, group] : any_keyword_) {
    group.SortRanges();
    group.MergeRanges();
  }
}

void MoRoutes::Group::SortRanges() {
  std::sort(ranges.begin(), ranges.end(),
            [](const Range& a, const Range& b) { return a.first < b.first; });
}

// Ranges of different keywords may overlap.
void MoRoutes::Group::MergeRanges() {
  std::vector<Range> merged;
  for (const Range& range : ranges) {
    if (!merged.empty() && range.first <= merged.back().last) {
      merged.back().last = std::max(merged.back().last, range.last);
    } else {
      merged.push_back(range);
    }
  }
  ranges = std::move(merged);
}

MoRoutes::Client MoRoutes::FindAmong(const Groups& groups, const Asked& asked) {
  const Group* found[2] = {};  // the supplier's own, and any
  std::size_t count = 0;
  for (const std::int64_t supplier_id : {asked.supplier_id, std::int64_t{0}}) {
    const auto group = groups.find(supplier_id);
    if (group != groups.end()) found[count++] = &group->second;
  }
  const std::uint64_t key = Key(asked.destination);
  for (std::size_t i = 0; i < count && key != 0; ++i) {
    const auto number = found[i]->numbers.find(key);
    if (number != found[i]->numbers.end()) return number->second;
  }
  const Range* range = nullptr;
  Prefix prefix;
  for (std::size_t i = 0; i < count; ++i) {
    const Range* other = found[i]->RangeOf(key);
    if (other != nullptr &&
        (range == nullptr || other->last - other->first < range->last - range->first))
      range = other;
    const Prefix longer = found[i]->PrefixOf(asked.destination);
    if (longer.digits > prefix.digits) prefix = longer;
  }
  return range != nullptr ? range->client : prefix.client;
}

MoRoutes::Client MoRoutes::Find(const Asked& asked) const {
  if (!asked.keyword.empty()) {
    const auto groups = by_keyword_.find(asked.keyword);
    if (groups != by_keyword_.end()) {
      const Client client = FindAmong(groups->second, asked);
      if (client != kNone) return client;
    }
  }
  return FindAmong(plain_, asked);
}

bool MoRoutes::HasKeywordsFor(std::int64_t supplier_id, std::string_view destination) const {
  return !any_keyword_.empty() && FindAmong(any_keyword_, {supplier_id, destination, {}}) != kNone;
}

}  // namespace hub::routing
