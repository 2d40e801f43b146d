// Messages whose final receipt did not come in time: their client is told a final state all the same, and what is held of
// its money goes by its contract. A receipt that comes later is recorded as late.
#pragma once

#include "server/relay/context.h"
#include "server/relay/front.h"
#include "server/relay/keeper.h"
#include "server/relay/recent_ends.h"
#include "server/relay/records.h"

namespace hub::relay {

/// Of the whole node; one loop has it running.
///
///   Look ─ notes how far the journal is ─ a moment ─► Ask ─ all of that is settled ─► a page ─► End each ─ more? ─► Ask
///
/// A receipt that came in time must not be followed by a state of ours, though its own outcome is not settled yet (for
/// hours, when PostgreSQL was away). So PostgreSQL is asked when it has all that was on disk at the note, and of what it
/// names only those are ended whose time was over at the note already.
class Overdue final {
 public:
  Overdue(Context& context, Front& front, Records& records, KeeperRoutes& routes);

  void Start() { look_.Start(context_.limits.overdue_every); }
  /// Once a turn, before Records::EndTurn.
  void EndTurn() {
    // The page under way may have been made before what would be dropped now was settled.
    if (!asking_) recent_.EndTurn(records_, context_.settler.settled());
  }

 private:
  void Look();
  void Ask();
  void OnPage(const store::OverduePage& page);
  void End(const store::OverdueMessage& message, const std::shared_ptr<ClientState>& client,
           const store::ClientRow& row);

  Context& context_;
  Front& front_;
  Records& records_;
  KeeperRoutes& routes_;
  RecentEnds recent_;  // PostgreSQL names them until it has settled their end
  bool asking_ = false;
  journal::Position noted_ = 0;  // how far the journal was
  WallTime noted_at_{};
  Timer look_, ask_;
};

}  // namespace hub::relay
