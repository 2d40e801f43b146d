// First in, first out, in one piece of memory that is used again: a std::deque allocates for every few that pass through it.
#pragma once

#include <cstddef>
#include <utility>
#include <vector>

namespace hub {

/// Holds nothing before the first one comes, then doubles. T is default constructible and movable; what is popped is left empty,
/// so that nothing outlives its turn. Not bounded: who pushes is. One thread.
template <class T>
class Ring {
 public:
  bool empty() const { return size_ == 0; }
  std::size_t size() const { return size_; }
  T& front() { return cells_[head_]; }
  const T& front() const { return cells_[head_]; }
  /// The n-th behind the front; only one that is there.
  const T& operator[](std::size_t n) const { return cells_[(head_ + n) & (cells_.size() - 1)]; }

  void push_back(T value) {
    if (size_ == cells_.size()) Grow();
    cells_[(head_ + size_++) & (cells_.size() - 1)] = std::move(value);
  }
  /// Takes the first one out. Only when there is one.
  T Pop() {
    T value = std::exchange(cells_[head_], T{});
    head_ = (head_ + 1) & (cells_.size() - 1);
    --size_;
    return value;
  }
  void pop_front() { Pop(); }

  /// Gives the memory back if nothing is in it. For an idle moment: the next one allocates again.
  void Rest() {
    if (empty()) std::vector<T>().swap(cells_);
  }
  /// Octets that the cells take now.
  std::size_t memory_octets() const { return cells_.capacity() * sizeof(T); }

 private:
  static constexpr std::size_t kFirst = 8;

  void Grow() {
    std::vector<T> larger(cells_.empty() ? kFirst : 2 * cells_.size());
    for (std::size_t i = 0; i < size_; ++i)
      larger[i] = std::move(cells_[(head_ + i) & (cells_.size() - 1)]);
    cells_.swap(larger);
    head_ = 0;
  }

  std::vector<T> cells_;  // a power of two, or none
  std::size_t head_ = 0, size_ = 0;
};

}  // namespace hub
