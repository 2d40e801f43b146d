// What clients' cancel_sm and replace_sm do to messages that this loop keeps. The desk of the session's loop (ChangeDesk) asks.
#pragma once

#include "server/relay/client/change_desk.h"
#include "server/relay/kept/keeper.h"

namespace hub::relay {

/// One loop's. A message is either handed to a supplier or changed, never both: one thread does either.
class KeptChanges final : private Durable {
 public:
  KeptChanges(Context& context, Keeper& keeper, Records& records, ChangeRoutes& routes)
      : context_(context), keeper_(keeper), records_(records), routes_(routes) {}

  /// One ChangeReply follows: at once, or, when something was done, as soon as that is durable.
  void OnOrder(const ChangeOrder& order);

 private:
  struct Owed {
    unsigned asker = 0;
    SlotId change = 0;
  };

  void OnDurable(std::uint64_t owed) override;
  /// ESME_ROK: done, and owed as soon as it is durable. Else nothing was.
  smpp::Status Change(Message& message, const ChangeOrder& order);
  std::uint64_t Owe(const ChangeOrder& order);
  void Reply(const ChangeOrder& order, ChangeEnd end, smpp::Status status = smpp::Status::ESME_ROK);

  Context& context_;
  Keeper& keeper_;
  Records& records_;
  ChangeRoutes& routes_;
  SlotMap<std::unique_ptr<Owed>> owed_;  // done, and not on disk yet; at most the desks' changes
};

}  // namespace hub::relay
