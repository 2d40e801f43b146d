// Who has how much of the places at one supplier, while more messages come than it takes.
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdint>

#include "server/base/clock.h"

namespace hub::relay {

/// Places that are given to whoever comes first go to whoever comes most often. So while the queues of a supplier are short (QueueRoom) each
/// client that wants places has the same share of them: who has less than it under way waits in any of them, who has it leaves half of the
/// queue to those who have not. A client that wants less than its share finds a place, what it leaves others have, and nothing stays empty.
///
/// Counts only what is sent while queues are short, and is not touched otherwise. Any thread, no lock: on all loops a client has one share.
/// Clients whose ids are kSlots apart have one together. 4 KiB.
class PlaceShares {
 public:
  static constexpr std::size_t kSlots = 512;
  static constexpr Duration kPeriod = std::chrono::milliseconds(500);

  /// The client wants a place now. How many did in this period or in the last one; an estimate while one begins.
  std::int32_t Ask(TimePoint now, std::int64_t client_id) {
    const std::uint32_t period =
        Begin(static_cast<std::uint32_t>(now.time_since_epoch() / kPeriod));
    std::atomic<std::uint32_t>& asked = Of(client_id).asked;
    if (asked.load(std::memory_order_relaxed) != period &&
        asked.exchange(period, std::memory_order_relaxed) != period)
      clients_.fetch_add(1, std::memory_order_relaxed);
    return std::max({clients_.load(std::memory_order_relaxed),
                     clients_before_.load(std::memory_order_relaxed), 1});
  }
  /// Its messages under way: on their way to a link, in its queue, in its window.
  std::int32_t under_way(std::int64_t client_id) {
    return Of(client_id).under_way.load(std::memory_order_relaxed);
  }
  void Enter(std::int64_t client_id) {
    Of(client_id).under_way.fetch_add(1, std::memory_order_relaxed);
  }
  void Leave(std::int64_t client_id) {
    Of(client_id).under_way.fetch_sub(1, std::memory_order_relaxed);
  }

 private:
  struct Slot {
    std::atomic<std::int32_t> under_way{0};
    std::atomic<std::uint32_t> asked{0};  // the last period in which it did
  };

  Slot& Of(std::int64_t client_id) { return slots_[static_cast<std::size_t>(client_id) % kSlots]; }
  // The one under way: a loop whose turn is long asks in an earlier one yet, which must not begin again.
  std::uint32_t Begin(std::uint32_t period) {
    std::uint32_t last = period_.load(std::memory_order_relaxed);
    if (static_cast<std::int32_t>(period - last) <= 0) return last;
    if (!period_.compare_exchange_strong(last, period, std::memory_order_relaxed)) return last;
    const std::int32_t clients = clients_.exchange(0, std::memory_order_relaxed);
    clients_before_.store(last + 1 == period ? clients : 0, std::memory_order_relaxed);
    return period;
  }

  std::atomic<std::uint32_t> period_{0};
  std::atomic<std::int32_t> clients_{0}, clients_before_{0};
  std::array<Slot, kSlots> slots_;
};

}  // namespace hub::relay
