// Which link of a supplier takes the next message, and whether one does: window, rates, and what throttling leaves.
#pragma once

#include <memory>

#include "server/relay/limits.h"
#include "server/relay/snapshot.h"

namespace hub::relay {

/// Where a message waits that cannot go at once: one of ours in a lane, where an OTP passes a campaign; one whose client
/// waits for its answer in the queue of a link.
enum class WaitsIn : std::uint8_t { kLane, kQueue };

/// Those of ours that may stand in the queue of a link for its rate's sake: what goes in so long. More than a disk takes to
/// write them down, or the rate is not reached; less than an OTP may be held up by a campaign.
inline constexpr Duration kLaneAhead = std::chrono::milliseconds(200);

/// Some link is up, and not throttled for so long that another supplier should be asked.
bool IsOpen(const SupplierEntry& supplier);
/// Some link is up and not throttled at all, or waits for one message to ask whether it still is.
bool IsFlowing(const SupplierEntry& supplier);
/// One of ours could go now.
bool HasRoom(const SupplierEntry& supplier);
/// The best link: not throttled, with room in its window, least loaded, on `loop`; null: none takes it. In a queue no more
/// may wait than the rates let go within the supplier's response timeout: who comes later had better ask another supplier.
/// `wanted`: taken before better ones while it is not throttled and has room in its window; only compared.
std::shared_ptr<LinkState> ChooseLink(const SupplierEntry& supplier, WaitsIn waits_in,
                                      unsigned loop, const Limits& limits, const void* wanted);

}  // namespace hub::relay
