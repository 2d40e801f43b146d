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
    // The mode's first: a place of all modes that is taken for a moment and given back would refuse another mode's bind.
    if (!TakeBelow(own, mode_max == 0 ? total_max : mode_max)) return false;
    if (TakeBelow(total_, total_max)) return true;
    own.fetch_sub(1);
    return false;
  }
  /// Gives back what Take gave, once.
  void Leave(BindMode mode) {
    by_mode_[static_cast<std::size_t>(mode)].fetch_sub(1);
    total_.fetch_sub(1);
  }
  std::int32_t taken() const { return total_.load(); }

 private:
  // Never above `max`, not for a moment: others would see a place taken that nobody has.
  static bool TakeBelow(std::atomic<std::int32_t>& taken, std::int32_t max) {
    std::int32_t now = taken.load();
    while (now < max) {
      if (taken.compare_exchange_weak(now, now + 1)) return true;
    }
    return false;
  }

  std::atomic<std::int32_t> total_{0};
  std::array<std::atomic<std::int32_t>, 3> by_mode_{};
};

}  // namespace hub::access
