// Credit comes from PostgreSQL in blocks (leases); loops spend them without asking anybody.
// The protocol: account row locked, granted = min(wanted, a share of what is available, but never
// less than the waiting message needs), `leased` raised; money comes back by settlement, by being
// returned, or by closing the lease, never by a clock.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include "server/base/error.h"
#include "server/base/money.h"

namespace hub::store {

enum class GrantState : std::uint8_t {
  kGranted,     // `granted` > 0 was added to this node's lease on the account
  kNoCredit,    // PostgreSQL answered: nothing is available, and no other node gave anything back
  kElsewhere,   // nothing is available, other nodes hold some; only when no message waits (need 0)
  kSuspended,   // the account is not active
  kUnreachable  // PostgreSQL did not answer: nobody knows; the caller throttles and asks again later
};

struct Grant {
  std::int64_t account_id = 0;
  GrantState state = GrantState::kUnreachable;
  Nano granted;
};

enum class ReturnState : std::uint8_t {
  kReturned,  // PostgreSQL has it
  kKept       // PostgreSQL was away and never heard of it: the caller may spend it again
};

/// Who spends what the desk was granted. Called on the desk's thread, which may call the desk.
class LeaseHolder {
 public:
  virtual ~LeaseHolder() = default;
  /// Another node needs it, or the account may not spend any more: return what is not reserved.
  virtual void OnRecall(std::int64_t account_id) = 0;
  /// PostgreSQL forgot a grant (fail-over to a standby that lagged): what is not reserved is void.
  /// Takes it away and says how much it was.
  virtual Nano Freeze(std::int64_t account_id) = 0;
  /// Every kDeskTick: time to return what nobody uses.
  virtual void OnTick() = 0;
};

/// Asks for credit on a connection and thread of its own. A lost answer loses no money: the same
/// question is asked again.
class LeaseDesk {
 public:
  virtual ~LeaseDesk() = default;
  /// Asks for `want` > 0. `need` is what the waiting message lacks (0 when none waits): near the
  /// limit grants shrink to a share of what is available, but never below `need`; less than `need`
  /// is refused, after other nodes that hold some were asked to give it back: the answer then takes
  /// up to DeskLimits::recall_round_ms. One request an account at a time. Any thread. `done` is
  /// called on the desk's thread exactly once. At most leases_waiting_max requests wait: beyond,
  /// `done` gets kUnreachable at once, on the caller's thread.
  virtual void Request(std::int64_t account_id, Nano want, Nano need,
                       std::function<void(const Grant&)> done) = 0;
  /// Gives `amount` > 0 back, which the caller does not spend meanwhile. One return an account at a
  /// time, beside a request. Any thread. `done` is called exactly once: on the desk's thread, or at
  /// once when the desk is closed. A lost answer is asked again until PostgreSQL tells; it is never
  /// counted twice.
  virtual void Return(std::int64_t account_id, Nano amount, std::function<void(ReturnState)> done) {
    static_cast<void>(account_id), static_cast<void>(amount);
    done(ReturnState::kKept);  // a desk that takes nothing back
  }
  /// Whom to tell of recalls and the time; until then nobody. `holder` outlives the desk.
  virtual void Serve(LeaseHolder* holder) { static_cast<void>(holder); }
  /// Closes this epoch's leases, after everything spent was settled; the remainder is the accounts'
  /// again. Blocks, at most `millis`. Used at drain: nothing can be granted nor settled afterwards.
  virtual Outcome<Done> CloseAll(std::int64_t millis) = 0;
};

}  // namespace hub::store
