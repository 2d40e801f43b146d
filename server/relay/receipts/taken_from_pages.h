// Receipts that PostgreSQL showed before their desk's letter came.
#pragma once

#include <tsl/robin_set.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>

#include "server/base/clock.h"
#include "server/base/message_id.h"

namespace hub::relay {

/// Receipts that came in a page of PostgreSQL, for which the letter of the desk that wrote them may be still to come: a busy
/// loop may be slower than settlement. Kept for longer than any turn lasts, and the newest kIdsMax at most.
class TakenFromPages {
 public:
  static constexpr Duration kKept = std::chrono::seconds(60);
  static constexpr std::size_t kIdsMax = 200'000;  // of one loop: about 5 MB

  void Note(std::uint64_t receipt_id, TimePoint now);
  /// Whether the letter is about one of them; there is one letter a receipt.
  bool Take(std::uint64_t receipt_id, TimePoint now);
  std::size_t size() const { return ids_.size(); }
  std::size_t places() const { return ids_.bucket_count(); }

 private:
  struct Noted {
    std::uint64_t receipt_id;
    TimePoint until;
  };
  void Forget(TimePoint now);

  tsl::robin_set<std::uint64_t, IdHash> ids_;
  std::deque<Noted> noted_;  // oldest first
};

}  // namespace hub::relay
