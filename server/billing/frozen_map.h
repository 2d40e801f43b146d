// A hash map that is built once and then only read: keys and values side by side in one array, so that a look costs one
// cache line where std::unordered_map takes three (bucket, node, vector).
#pragma once

#include <bit>
#include <cstddef>
#include <vector>

namespace hub::billing {

/// How many keys there are in a list where equal ones stand side by side: the room of a FrozenMap of them.
template <class Keyed>
std::size_t RunsOf(const std::vector<Keyed>& sorted) {
  std::size_t runs = 0;
  for (std::size_t i = 0; i < sorted.size(); ++i)
    runs += i == 0 || !(sorted[i].key == sorted[i - 1].key) ? 1 : 0;
  return runs;
}

/// Value{}.empty() says that a place is free; what is put in is not empty.
template <class Key, class Value, class Hash>
class FrozenMap {
 public:
  /// Room for `count` keys, no more.
  explicit FrozenMap(std::size_t count = 0) : slots_(std::bit_ceil(count + count / 2 + 1)) {}

  /// nullptr: not there. No allocation.
  const Value* Find(const Key& key) const {
    const Slot& slot = slots_[PlaceOf(key)];
    return slot.value.empty() ? nullptr : &slot.value;
  }

  /// Of a key that is there already: its value gives way.
  void Put(const Key& key, const Value& value) { slots_[PlaceOf(key)] = {key, value}; }

 private:
  struct Slot {
    Key key{};
    Value value{};
  };

  // Where it stands, or would: a third of the places is free.
  std::size_t PlaceOf(const Key& key) const {
    const std::size_t mask = slots_.size() - 1;
    std::size_t at = Hash()(key) & mask;
    while (!slots_[at].value.empty() && !(slots_[at].key == key)) at = (at + 1) & mask;
    return at;
  }

  std::vector<Slot> slots_;
};

}  // namespace hub::billing
