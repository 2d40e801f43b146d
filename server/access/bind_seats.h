// How many binds a client has, over all loops, and whether one more may be.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>

namespace hub::access {

enum class BindMode : std::uint8_t { kTx, kRx, kTrx };

/// Any thread, no lock.
class BindSeats {
 public:
  /// total_max  of all modes;   mode_max  of this one, 0: only the total counts
  bool Take(BindMode mode, std::int32_t total_max, std::int32_t mode_max) {
    std::atomic<std::int32_t>& own = by_mode_[static_cast<std::size_t>(mode)];
    if (total_.fetch_add(1) < total_max) {
      if (own.fetch_add(1) < mode_max || mode_max == 0) return true;
      own.fetch_sub(1);
    }
    total_.fetch_sub(1);
    return false;
  }
  /// Gives back what Take gave, once.
  void Leave(BindMode mode) {
    by_mode_[static_cast<std::size_t>(mode)].fetch_sub(1);
    total_.fetch_sub(1);
  }
  std::int32_t taken() const { return total_.load(); }

 private:
  std::atomic<std::int32_t> total_{0};
  std::array<std::atomic<std::int32_t>, 3> by_mode_{};
};

}  // namespace hub::access
