// A bounded queue of log lines: many threads write, one reads, nobody waits (after D. Vyukov's bounded MPMC queue).
#pragma once

#include <array>
#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

#include "server/base/check.h"
#include "server/telemetry/log.h"

namespace hub {

/// `lines` cells (rounded up to a power of two) of kLogLineOctetsMax octets each.
class LogRing {
 public:
  explicit LogRing(std::size_t lines)
      : mask_(std::bit_ceil(lines) - 1), cells_(std::make_unique<Cell[]>(mask_ + 1)) {
    HUB_CHECK(lines > 0);
    for (std::size_t i = 0; i <= mask_; ++i) cells_[i].turn.store(i, std::memory_order_relaxed);
  }

  /// Any thread. `fill(span<char>)` writes the line in place and returns its length. False when full: not called.
  template <class Fill>
  bool TryPush(Fill&& fill) {
    std::size_t at = tail_.load(std::memory_order_relaxed);
    while (true) {
      Cell& cell = cells_[at & mask_];
      const std::size_t turn = cell.turn.load(std::memory_order_acquire);
      const auto ahead = static_cast<std::ptrdiff_t>(turn - at);
      if (ahead < 0) return false;  // the reader has not freed this cell yet
      if (ahead == 0 && tail_.compare_exchange_weak(at, at + 1, std::memory_order_relaxed)) {
        cell.length = fill(std::span<char>(cell.text));
        cell.turn.store(at + 1, std::memory_order_release);
        return true;
      }
      if (ahead > 0) at = tail_.load(std::memory_order_relaxed);
    }
  }

  /// The reader only. The line stays good until Pop; nullopt-like empty view with data() == nullptr when there is none.
  std::string_view Front() const {
    const Cell& cell = cells_[head_ & mask_];
    if (cell.turn.load(std::memory_order_acquire) != head_ + 1) return {};
    return {cell.text.data(), cell.length};
  }
  void Pop() {
    cells_[head_ & mask_].turn.store(head_ + mask_ + 1, std::memory_order_release);
    ++head_;
  }

 private:
  struct Cell {
    std::atomic<std::size_t> turn{0};  // position: may be written; position + 1: may be read
    std::size_t length = 0;
    std::array<char, kLogLineOctetsMax> text;
  };

  const std::size_t mask_;
  std::unique_ptr<Cell[]> cells_;
  alignas(64) std::atomic<std::size_t> tail_{0};
  alignas(64) std::size_t head_ = 0;  // the reader's
};

}  // namespace hub
