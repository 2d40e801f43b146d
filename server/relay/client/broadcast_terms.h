// Who may broadcast, where to, and for how much.                            SMPP v5.0 §4.4
//
// A broadcast_sm has no destination, so no deck prices it and no number leads to a supplier: both are flat, and the client's own.
#pragma once

#include <cstdint>
#include <optional>

#include "server/relay/snapshot.h"
#include "server/routing/router.h"

namespace hub::relay {

struct BroadcastTerms {
  std::uint32_t supplier = 0;  // index in the snapshot
  Nano price, cost;            // of one broadcast_sm, in one currency
};

/// Nothing: the client may not, by its row; or its supplier is gone, carries none, or has another currency. `row` is one of the
/// snapshot's.
std::optional<BroadcastTerms> BroadcastTermsOf(const Snapshot& snapshot,
                                               const store::ClientRow& row);

/// Whether one could go now: margin_guard (mode block), draining, link_down (no bind of v5.0 may send now), or kNone.
routing::Drop JudgeBroadcast(const Snapshot& snapshot, const store::ClientRow& row,
                             const BroadcastTerms& terms);

}  // namespace hub::relay
