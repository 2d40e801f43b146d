// Where in a vector the entry of an id stands. For batches: filled, asked and emptied thousands of times a second.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace hub::store {

/// Open addressing; the slots stay when it is cleared. One thread's. Ids are not 0.
class IdIndex {
 public:
  static constexpr std::uint32_t kNone = UINT32_MAX;

  /// The place of `id`, or kNone.
  std::uint32_t Find(std::uint64_t id) const {
    for (std::size_t at = Slot(id); !slots_.empty(); at = (at + 1) & mask()) {
      const Entry& entry = slots_[at];
      if (entry.round != round_) return kNone;
      if (entry.id == id) return entry.place;
    }
    return kNone;
  }

  /// `id` is not in it yet.
  void Add(std::uint64_t id, std::uint32_t place) {
    if (used_ * 2 >= slots_.size()) Grow();
    Put({id, place, round_});
    ++used_;
  }

  void Clear() {
    used_ = 0;
    ++round_;  // all entries are of an earlier round: free
  }

 private:
  struct Entry {
    std::uint64_t id = 0;
    std::uint32_t place = 0;
    std::uint32_t round = 0;
  };

  std::size_t mask() const { return slots_.size() - 1; }
  // Ids count upwards in their low bits and by time above: multiplied, every bit moves the upper ones.
  std::size_t Slot(std::uint64_t id) const {
    return slots_.empty() ? 0 : (id * 0x9e37'79b9'7f4a'7c15u >> 32) & mask();
  }
  void Put(Entry entry) {
    std::size_t at = Slot(entry.id);
    while (slots_[at].round == round_) at = (at + 1) & mask();
    slots_[at] = entry;
  }
  void Grow() {
    const std::vector<Entry> old = std::move(slots_);
    slots_.assign(old.empty() ? 64 : old.size() * 2, {});
    for (const Entry& entry : old) {
      if (entry.round == round_) Put(entry);
    }
  }

  std::vector<Entry> slots_;
  std::size_t used_ = 0;
  std::uint32_t round_ = 1;
};

}  // namespace hub::store
