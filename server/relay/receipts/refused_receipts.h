// Receipts that their client does not take now, and until when each is left in peace: a pass through PostgreSQL meets them
// first, for they are the oldest.
#pragma once

#include <tsl/robin_map.h>

#include <cstddef>
#include <cstdint>
#include <deque>

#include "server/base/clock.h"
#include "server/base/message_id.h"

namespace hub::relay {

/// Of one loop. The newest kIdsMax at most: what was forgotten is offered by the next pass, be it early.
class RefusedReceipts {
 public:
  static constexpr std::size_t kIdsMax = 100'000;  // about 6 MB

  void Note(std::uint64_t receipt_id, TimePoint until, TimePoint now);
  bool Waits(std::uint64_t receipt_id, TimePoint now) const;
  std::size_t size() const { return until_.size(); }

 private:
  struct Noted {
    std::uint64_t receipt_id;
    TimePoint until;
  };
  void Forget(TimePoint now);

  tsl::robin_map<std::uint64_t, TimePoint, IdHash> until_;
  std::deque<Noted>
      noted_;  // as they came: one behind a longer pause stays for as long as that one
};

}  // namespace hub::relay
