// Messages whose final receipt did not come in time: their client is told a final state all the same, and what is held of
// its money goes by its contract. A receipt that comes later is recorded as late.
#pragma once

#include <optional>
#include <unordered_map>

#include "server/relay/client/front.h"
#include "server/relay/context.h"
#include "server/relay/kept/keeper.h"
#include "server/relay/kept/recent_ends.h"
#include "server/relay/records.h"

namespace hub::relay {

/// Of the whole node; one loop has it running.
///
///   Look ─ fence in the journal ─ a moment ─► Ask ─ all before it is settled ─► a page ─► End each ─ more? ─► Ask
///
/// A message has one author of its final state: until its time is over the receipt desks, from then on this. So it is right
/// when no desk that went by a clock before that time can be unknown to PostgreSQL when it names the message (and that may
/// take hours, when PostgreSQL was away, or the disk was slow). It is by construction:
///   1. a desk writes a final state only in a turn whose clock says that the time is not over;
///   2. its records reach the journal at the end of that turn, at most kTurnMax later;
///   3. a message is ended here only if its time was over kTurnMax before the look: what the desks wrote lies before the
///      fence, for the journal keeps the order in which loops hand over;
///   4. PostgreSQL is asked when it has settled everything before the fence.
/// What a client's time is may change, and desks hear of it at other moments than we: the longer of what it was at the
/// last look and at the one before counts.
class Overdue final {
 public:
  Overdue(Context& context, Front& front, Records& records, KeeperRoutes& routes);

  void Start() { look_.Start(Duration{0}); }
  /// Once a turn, before Records::EndTurn.
  void EndTurn() {
    if (!below_) below_ = records_.Beyond(fence_);
    // The page under way may have been made before what would be dropped now was settled.
    if (!asking_) recent_.EndTurn(records_, context_.settler.settled());
  }

 private:
  void Look();
  void LookAtClock();
  void Ask();
  void OnPage(const store::OverduePage& page);
  bool IsOver(const store::OverdueMessage& message, const store::ClientRow& row) const;
  void End(const store::OverdueMessage& message, const std::shared_ptr<ClientState>& client,
           const store::ClientRow& row);

  using Timeouts = std::unordered_map<std::int64_t, std::int32_t>;  // dlr_timeout_s by client_id

  Context& context_;
  Front& front_;
  Records& records_;
  KeeperRoutes& routes_;
  RecentEnds recent_;  // PostgreSQL names them until it has settled their end
  bool asking_ = false;
  journal::Ticket fence_ = 0;               // of the last look
  std::optional<journal::Position> below_;  // what it covers; known when that is on disk
  WallTime looked_at_{};
  Timeouts timeouts_, timeouts_before_;
  Timer look_, ask_;
};

}  // namespace hub::relay
