// Where things stand, by a hash of their key: the keys themselves are with the things.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace hub::relay {

/// Open addressing without a gap, eight octets a cell: a look touches one cache line, and a cell that is to be looked at soon
/// can be fetched before. One thread's. Its memory is that of the most slots it ever had, at most half full.
class SlotIndex {
 public:
  using Slot = std::uint32_t;
  static constexpr Slot kNone = UINT32_MAX;

  std::size_t size() const { return size_; }
  std::size_t memory_octets() const { return cells_.capacity() * sizeof(Cell); }

  /// The first slot of this hash of which `is(slot)` says that it is the one; kNone when there is none.
  template <class Is>
  Slot Find(std::uint32_t hash, Is&& is) const {
    if (size_ == 0) return kNone;
    for (std::size_t i = Home(hash); cells_[i].slot != kNone; i = Next(i)) {
      if (cells_[i].hash == hash && is(cells_[i].slot)) return cells_[i].slot;
    }
    return kNone;
  }

  /// The slot is not in it yet.
  void Add(std::uint32_t hash, Slot slot) {
    if ((size_ + 1) * 2 > cells_.size()) Grow();
    Put({hash, slot});
    ++size_;
  }

  /// The slot is in it, by this hash.
  void Remove(std::uint32_t hash, Slot slot) {
    std::size_t gap = Home(hash);
    while (cells_[gap].slot != slot) gap = Next(gap);
    // What stands behind the gap moves into it, unless it would then stand before its home.
    const std::size_t mask = cells_.size() - 1;
    for (std::size_t i = Next(gap); cells_[i].slot != kNone; i = Next(i)) {
      const std::size_t from_home = (i - Home(cells_[i].hash)) & mask;
      if (from_home < ((i - gap) & mask)) continue;
      cells_[gap] = cells_[i];
      gap = i;
    }
    cells_[gap] = {};
    --size_;
  }

  /// A Find or Remove of this hash comes soon.
  void Prefetch(std::uint32_t hash) const {
    if (!cells_.empty()) __builtin_prefetch(&cells_[Home(hash)]);
  }

 private:
  struct Cell {
    std::uint32_t hash = 0;
    Slot slot = kNone;  // free
  };

  std::size_t Home(std::uint32_t hash) const { return hash & (cells_.size() - 1); }
  std::size_t Next(std::size_t i) const { return (i + 1) & (cells_.size() - 1); }
  void Put(Cell cell) {
    std::size_t i = Home(cell.hash);
    while (cells_[i].slot != kNone) i = Next(i);
    cells_[i] = cell;
  }
  void Grow() {
    std::vector<Cell> old(cells_.empty() ? 64 : cells_.size() * 2);
    old.swap(cells_);
    for (const Cell& cell : old) {
      if (cell.slot != kNone) Put(cell);
    }
  }

  std::vector<Cell> cells_;  // a power of two of them
  std::size_t size_ = 0;
};

}  // namespace hub::relay
