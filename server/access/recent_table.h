// A table of things seen lately: bounded, the one longest untouched gives way.
#pragma once

#include <cstdint>
#include <list>
#include <unordered_map>
#include <utility>

#include "server/access/process_key.h"

namespace hub::access {

/// One thread. References stay good until their entry gives way, is erased or the table dies.
template <class Value>
class RecentTable {
 public:
  explicit RecentTable(std::size_t entries_max) : entries_max_(entries_max) {}

  /// Null when it is not there; touches nothing.
  Value* Find(const Digest& key) {
    const auto found = places_.find(key);
    return found == places_.end() ? nullptr : &found->second->second;
  }
  /// Its entry, made with `Value()` when it was not there; it is the newest now.
  Value& Touch(const Digest& key) {
    const auto found = places_.find(key);
    if (found != places_.end()) {
      entries_.splice(entries_.begin(), entries_, found->second);
      return found->second->second;
    }
    if (entries_.size() >= entries_max_ && !entries_.empty()) {
      places_.erase(entries_.back().first);
      entries_.pop_back();
      ++forgotten_;
    }
    entries_.emplace_front(std::piecewise_construct, std::forward_as_tuple(key),
                           std::forward_as_tuple());
    places_.emplace(key, entries_.begin());
    return entries_.front().second;
  }
  void Erase(const Digest& key) {
    const auto found = places_.find(key);
    if (found == places_.end()) return;
    entries_.erase(found->second);
    places_.erase(found);
  }
  std::size_t size() const { return entries_.size(); }
  std::uint64_t forgotten() const { return forgotten_; }  // gave way

 private:
  using Entries = std::list<std::pair<const Digest, Value>>;

  const std::size_t entries_max_;
  Entries entries_;  // newest first
  std::unordered_map<Digest, typename Entries::iterator, DigestHash> places_;
  std::uint64_t forgotten_ = 0;
};

}  // namespace hub::access
