// Things that a loop owns, named by ids that may travel: slot + generation, never a pointer.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

namespace hub {

/// 32 bits of slot, 32 bits of generation. 0 names nothing.
using SlotId = std::uint64_t;

/// Owner of T (a movable handle such as unique_ptr). One thread. Find and Take of a stale id give an empty T.
template <class T>
class SlotMap {
 public:
  SlotId Insert(T value) {
    std::uint32_t slot;
    if (free_.empty()) {
      slot = static_cast<std::uint32_t>(cells_.size());
      cells_.emplace_back();
    } else {
      slot = free_.back();
      free_.pop_back();
    }
    Cell& cell = cells_[slot];
    cell.value = std::move(value);
    cell.live = true;
    ++size_;
    return static_cast<SlotId>(cell.generation) << 32 | slot;
  }

  /// The value, or null when the id is stale. Good until the next Insert or Take.
  T* Find(SlotId id) {
    const auto slot = static_cast<std::uint32_t>(id);
    if (slot >= cells_.size()) return nullptr;
    Cell& cell = cells_[slot];
    return cell.live && cell.generation == static_cast<std::uint32_t>(id >> 32) ? &cell.value
                                                                                : nullptr;
  }

  /// Moves the value out and retires the id; an empty T when it is stale.
  T Take(SlotId id) {
    T* found = Find(id);
    if (found == nullptr) return T{};
    T value = std::move(*found);
    Cell& cell = cells_[static_cast<std::uint32_t>(id)];
    cell.value = T{};
    cell.live = false;
    if (++cell.generation == 0)
      cell.generation = 1;  // generation 0 would make slot 0's id "nothing"
    free_.push_back(static_cast<std::uint32_t>(id));
    --size_;
    return value;
  }

  template <class F>
  void ForEach(F&& visit) {
    for (std::size_t i = 0; i < cells_.size(); ++i) {
      if (cells_[i].live) visit(cells_[i].value);
    }
  }
  std::size_t size() const { return size_; }

 private:
  struct Cell {
    T value{};
    std::uint32_t generation = 1;
    bool live = false;
  };
  std::vector<Cell> cells_;
  std::vector<std::uint32_t> free_;
  std::size_t size_ = 0;
};

}  // namespace hub
