// A rate with a burst, shared by all binds of a client, on whatever loop they live.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>

#include "server/base/clock.h"

namespace hub {

/// GCRA: one atomic word, the "theoretical arrival time" and the number of the terms under which it was written. Any thread, no lock.
/// Rate 0 means no limit.
///
///   taken_   nanoseconds since the clock's beginning (60 bits: 36 years) | mark of the terms (4 bits); 0: terms that are over
///   terms_   the terms in force and those before, in turns: who reads them looks again whether they are in force still
///
/// Who takes replaces the word that it looked at, or looks again. So new terms come into force between two takes: what a late one
/// takes under the old ones stands in the word before the first one under the new, or is not taken.
///
/// There are 15 marks, which come again. So new terms take away that of the word: however many come while nobody takes, its debt is
/// known for one of old terms. What is left is a thread that stands still between its look and its take while 15 reloads pass and
/// nobody takes: what it takes counts as of the terms in force, and is no more than a burst of its own and one turn.
class TokenBucket {
 public:
  TokenBucket() = default;

  /// per_second  0: unlimited;   burst  how many may come at once, at least 1
  /// In force at once: what was taken under other terms counts as one burst of these at most. The same terms again change nothing.
  /// One thread at a time.
  void Set(std::int64_t per_second, std::int64_t burst) {
    const std::int64_t gap = per_second == 0 ? 0 : 1'000'000'000 / per_second;
    const std::int64_t depth = gap * (burst < 1 ? 1 : burst);
    const Terms now = InForce();
    if (now.gap == gap && now.depth == depth) return;
    Slot& next = terms_[(now.number + 1) % 2];
    next.gap.store(gap, std::memory_order_release);
    next.depth.store(depth, std::memory_order_release);
    taken_.fetch_and(~kMarkMask, std::memory_order_acq_rel);
    number_.store(now.number + 1, std::memory_order_release);  // who sees it sees the new terms
  }

  /// kNone: as many at once as come in a tenth of a second, for a turn of a loop may last as long; one at least. What came in a burst before is paid for first.
  enum class Burst : std::uint8_t { kAgreed, kNone };

  /// True takes one token; false takes none.
  bool TryTake(TimePoint now, Burst burst = Burst::kAgreed) {
    Look look = LookAt(now);
    while (!look.is_free()) {
      const bool has_room = look.terms.gap <= look.room(burst);
      if (!has_room && !look.is_first) return false;
      if (Take(&look, has_room ? look.terms.gap : 0)) return has_room;
    }
    return true;
  }

  /// What Reserve took, to be given back.
  struct Turns {
    Duration wait{0};          // until the last of them; 0: they may be used now
    std::int64_t nanos = 0;    // of the time that is promised
    std::uint32_t number = 0;  // of the terms under which they were taken
  };

  /// Takes the next `tokens` whose turns nobody has. Who asks waits: turns are given in the order in which they were asked for.
  Turns Reserve(TimePoint now, std::int64_t tokens = 1, Burst burst = Burst::kAgreed) {
    Look look = LookAt(now);
    while (!look.is_free()) {
      const Turns turns{Wait(look, tokens, burst), look.terms.gap * tokens, look.terms.number};
      if (Take(&look, turns.nanos)) return turns;
    }
    return {};
  }

  /// Turns that will not be used: who waits behind them comes earlier by the next turn. Those of other terms count as part of a
  /// burst already, and are not given back.
  void GiveBack(const Turns& turns) {
    std::uint64_t word = taken_.load(std::memory_order_acquire);
    if (turns.number != number_.load(std::memory_order_acquire))
      return;  // the same mark may be another's
    while (turns.nanos != 0 && IsOf(word, turns.number) &&
           !taken_.compare_exchange_weak(word, WordOf(ArrivalOf(word) - turns.nanos, turns.number),
                                         std::memory_order_acq_rel, std::memory_order_acquire)) {
    }
  }

 protected:
  static constexpr std::int64_t kTurnNanos = 100'000'000;

  // For a test, which is two threads in one: what one does between its look and its take, another may do everything in.
  struct Terms {
    std::uint32_t number = 0;
    std::int64_t gap = 0, depth = 0;  // nanoseconds
  };
  struct Look {
    std::int64_t now = 0, begin = 0;  // nanoseconds; what is taken next begins there
    std::uint64_t word = 0;
    Terms terms;
    bool is_first = false;  // under these terms
    bool is_free() const { return terms.gap == 0; }
    std::int64_t room(Burst burst) const {
      const std::int64_t depth = burst == Burst::kNone
                                     ? std::min(terms.depth, std::max(terms.gap, kTurnNanos))
                                     : terms.depth;
      return now + depth - begin;
    }
  };

  // The word first: the terms that are read behind it are those under which it was written, or newer ones.
  Look LookAt(TimePoint now) const {
    return LookFrom(now.time_since_epoch().count(), taken_.load(std::memory_order_acquire));
  }

  // False: somebody was faster, and *look is a new one.
  bool Take(Look* look, std::int64_t nanos) {
    const std::uint64_t taken = WordOf(look->begin + nanos, look->terms.number);
    if (taken_.compare_exchange_strong(look->word, taken, std::memory_order_acq_rel,
                                       std::memory_order_acquire))
      return true;
    *look = LookFrom(look->now, look->word);
    return false;
  }

 private:
  struct Slot {
    std::atomic<std::int64_t> gap{0}, depth{0};
  };
  static constexpr unsigned kMarkBits = 4;
  static constexpr std::uint64_t kMarkMask = (1u << kMarkBits) - 1;

  static constexpr std::uint64_t MarkOf(std::uint32_t number) { return 1 + number % kMarkMask; }
  static std::int64_t ArrivalOf(std::uint64_t word) {
    return static_cast<std::int64_t>(word >> kMarkBits);
  }
  static bool IsOf(std::uint64_t word, std::uint32_t number) {
    return (word & kMarkMask) == MarkOf(number);
  }
  static std::uint64_t WordOf(std::int64_t arrival, std::uint32_t number) {
    return static_cast<std::uint64_t>(arrival) << kMarkBits | MarkOf(number);
  }

  // What the old terms hold beyond a burst of the new ones is forgiven, for Set has no clock, by the first that asks under these: it
  // writes the word, also when it gets nothing.
  Look LookFrom(std::int64_t now, std::uint64_t word) const {
    Look look{now, ArrivalOf(word), word, InForce()};
    look.is_first = !IsOf(word, look.terms.number);
    if (look.is_first) look.begin = std::min(look.begin, now + look.terms.depth);
    look.begin = std::max(look.begin, now);
    return look;
  }

  static Duration Wait(const Look& look, std::int64_t tokens, Burst burst) {
    return Duration{std::max<std::int64_t>(look.terms.gap * tokens - look.room(burst), 0)};
  }

  Terms InForce() const {
    while (true) {
      Terms terms;
      terms.number = number_.load(std::memory_order_acquire);
      terms.gap = terms_[terms.number % 2].gap.load(std::memory_order_acquire);
      terms.depth = terms_[terms.number % 2].depth.load(std::memory_order_acquire);
      if (number_.load(std::memory_order_relaxed) == terms.number) return terms;
    }
  }

  std::atomic<std::uint64_t> taken_{0};
  std::atomic<std::uint32_t> number_{0};
  Slot terms_[2];
};

}  // namespace hub
