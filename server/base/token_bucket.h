// A rate with a burst, shared by all binds of a client, on whatever loop they live.
#pragma once

#include <atomic>
#include <cstdint>

#include "server/base/clock.h"

namespace hub {

/// GCRA: one atomic "theoretical arrival time". Any thread, no lock. Rate 0 means no limit.
class TokenBucket {
 public:
  TokenBucket() = default;

  /// per_second  0: unlimited;   burst  how many may come at once, at least 1
  /// In force at once: what was taken under other terms counts as one burst of these at most. The same terms again change nothing.
  void Set(std::int64_t per_second, std::int64_t burst) {
    const std::int64_t gap = per_second == 0 ? 0 : 1'000'000'000 / per_second;
    const std::int64_t depth = gap * (burst < 1 ? 1 : burst);
    if (gap_ns_.load(std::memory_order_relaxed) == gap &&
        depth_ns_.load(std::memory_order_relaxed) == depth) {
      return;
    }
    gap_ns_.store(gap, std::memory_order_relaxed);
    depth_ns_.store(depth, std::memory_order_relaxed);
    is_changed_.store(true, std::memory_order_release);  // who sees it sees the new terms
  }

  /// True takes one token; false takes none.
  bool TryTake(TimePoint now) {
    const std::int64_t t = now.time_since_epoch().count();
    if (is_changed_.load(std::memory_order_acquire)) Forgive(t);
    const std::int64_t gap = gap_ns_.load(std::memory_order_relaxed);
    if (gap == 0) return true;
    const std::int64_t depth = depth_ns_.load(std::memory_order_relaxed);
    std::int64_t arrival = arrival_ns_.load(std::memory_order_relaxed);
    while (true) {
      const std::int64_t next = (arrival > t ? arrival : t) + gap;
      if (next - t > depth) return false;
      if (arrival_ns_.compare_exchange_weak(arrival, next, std::memory_order_relaxed)) return true;
    }
  }

  /// What Reserve took, to be given back as it was, whatever the terms are by then.
  struct Turns {
    Duration wait{0};            // until the last of them; 0: they may be used now
    std::int64_t taken_ns = 0;   // of the time that is promised
    std::uint64_t forgiven = 0;  // times that it was taken back from all when these were taken
  };

  /// Takes the next `tokens` whose turns nobody has. Who asks waits: turns are given in the order in which they were asked for.
  Turns Reserve(TimePoint now, std::int64_t tokens = 1) {
    const std::int64_t t = now.time_since_epoch().count();
    if (is_changed_.load(std::memory_order_acquire)) Forgive(t);
    const std::int64_t gap = gap_ns_.load(std::memory_order_relaxed);
    if (gap == 0) return {};
    Turns turns{Duration{0}, gap * tokens, 0};
    std::int64_t arrival = arrival_ns_.load(std::memory_order_acquire), next;
    do {
      turns.forgiven = forgiven_.load(std::memory_order_relaxed);
      next = (arrival > t ? arrival : t) + turns.taken_ns;
    } while (!arrival_ns_.compare_exchange_weak(arrival, next, std::memory_order_acquire));
    const std::int64_t wait = next - depth_ns_.load(std::memory_order_relaxed) - t;
    if (wait > 0) turns.wait = Duration{wait};
    return turns;
  }

  /// Turns that will not be used: who waits behind them comes earlier by the next turn. Nothing is left to give back of what new
  /// terms took back already.
  void GiveBack(const Turns& turns) {
    if (turns.taken_ns == 0) return;
    std::int64_t arrival = arrival_ns_.load(std::memory_order_acquire);
    while (forgiven_.load(std::memory_order_relaxed) == turns.forgiven &&
           !arrival_ns_.compare_exchange_weak(arrival, arrival - turns.taken_ns,
                                              std::memory_order_acquire)) {
    }
  }

 private:
  // Set has no clock: the first one that asks under new terms takes back what the old ones held beyond a burst. The turns that
  // were given before stay with whom they were given to.
  void Forgive(std::int64_t t) {
    if (!is_changed_.exchange(false, std::memory_order_acquire)) return;
    const std::int64_t latest = t + depth_ns_.load(std::memory_order_relaxed);
    std::int64_t arrival = arrival_ns_.load(std::memory_order_relaxed);
    // Told first: who sees the new time knows that it was taken back.
    if (arrival > latest) forgiven_.fetch_add(1, std::memory_order_relaxed);
    while (arrival > latest) {
      if (arrival_ns_.compare_exchange_weak(arrival, latest, std::memory_order_release)) return;
    }
  }

  std::atomic<std::int64_t> gap_ns_{0};
  std::atomic<std::int64_t> depth_ns_{0};
  std::atomic<std::int64_t> arrival_ns_{0};
  std::atomic<std::uint64_t> forgiven_{0};
  std::atomic<bool> is_changed_{false};
};

}  // namespace hub
