// Messages that a start of the node gave up as unknown (on_unknown = fail): recorded already, their clients are told here.
#pragma once

#include <vector>

#include "server/relay/client/front.h"
#include "server/relay/context.h"
#include "server/relay/kept/keeper.h"

namespace hub::relay {

/// Of the whole node; one loop has it.
class Untold final {
 public:
  Untold(Context& context, Front& front, KeeperRoutes& routes)
      : context_(context),
        front_(front),
        routes_(routes),
        ask_(context.network.timers(), [this] { Ask(); }) {}

  /// Before the loop runs. Asked for until PostgreSQL answers; killed before it did, the next start names them again.
  void Tell(std::vector<MessageId> ids);

 private:
  void Ask();
  void OnPage(const store::OverduePage& page);

  Context& context_;
  Front& front_;
  KeeperRoutes& routes_;
  std::vector<MessageId> ids_;
  Timer ask_;
};

}  // namespace hub::relay
