// Credit comes from PostgreSQL in blocks (leases); loops spend them without asking anybody.
// The protocol: account row locked, granted = min(wanted, half of what is available, but never less
// than the waiting message needs), `leased` raised; money returns only by settlement or by closing
// the lease, never by a clock.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include "server/base/error.h"
#include "server/base/money.h"

namespace hub::store {

enum class GrantState : std::uint8_t {
  kGranted,     // `granted` > 0 was added to this node's lease on the account
  kNoCredit,    // PostgreSQL answered: nothing is available
  kSuspended,   // the account is not active
  kUnreachable  // PostgreSQL did not answer: nobody knows; the caller throttles and asks again later
};

struct Grant {
  std::int64_t account_id = 0;
  GrantState state = GrantState::kUnreachable;
  Nano granted;
};

/// Asks for credit on a connection and thread of its own. A lost answer loses no money: the same
/// question is asked again.
class LeaseDesk {
 public:
  virtual ~LeaseDesk() = default;
  /// Asks for `want` > 0. `need` is what the waiting message lacks (0 when none waits): near the
  /// limit grants shrink to half of what is available, but never below `need`; less than `need` is
  /// refused. One request an account at a time. Any thread. `done` is called on the desk's thread
  /// exactly once. At most leases_waiting_max requests wait: beyond, `done` gets kUnreachable at
  /// once, on the caller's thread.
  virtual void Request(std::int64_t account_id, Nano want, Nano need,
                       std::function<void(const Grant&)> done) = 0;
  /// Closes this epoch's leases, after everything spent was settled; the remainder is the accounts'
  /// again. Blocks, at most `millis`. Used at drain: nothing can be granted nor settled afterwards.
  virtual Outcome<Done> CloseAll(std::int64_t millis) = 0;
};

}  // namespace hub::store
