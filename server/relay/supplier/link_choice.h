// Which link of a supplier takes the next message, and whether one does: window, rates, and what throttling leaves.
#pragma once

#include <memory>

#include "server/relay/limits.h"
#include "server/relay/snapshot.h"
#include "server/relay/supplier/queue_room.h"

namespace hub::relay {

/// Where a message waits that cannot go at once: one of ours in a lane, where an OTP passes a campaign; one whose client
/// waits for its answer in the queue of a link. Beside that queue what is no message (cancel_sm, replace_sm, query_sm): QueueRoom is not for these.
enum class WaitsIn : std::uint8_t { kLane, kQueue, kAside };

/// Those of ours that may stand in the queue of a link for its rate's sake: what goes in so long. More than a disk takes to
/// write them down, or the rate is not reached; less than an OTP may be held up by a campaign.
inline constexpr Duration kLaneAhead = std::chrono::milliseconds(200);

/// Some link is up, and not throttled for so long that another supplier should be asked.
bool IsOpen(const SupplierEntry& supplier);
/// Some link is up and not throttled at all, or waits for one message to ask whether it still is.
bool IsFlowing(const SupplierEntry& supplier);
/// Some link is up, and not throttled for so long that nobody waits for it any more, not even the parts of a message.
bool IsWorthWaiting(const SupplierEntry& supplier);
/// One of ours could go now.
bool HasRoom(const SupplierEntry& supplier);
/// More messages came than it takes, or did a moment ago: few may wait for it (QueueRoom).
inline bool IsShort(const LinkState& link) {
  return link.places.load(std::memory_order_relaxed) != QueueRoom::kAll;
}
/// A message of the client may take a place of `link`, which is short, though others want it too: see PlaceShares. It counts among those who want
/// one either way. Not: the links hear that one more found no room.
bool HasShare(const SupplierEntry& supplier, const LinkState& link, std::int64_t client_id,
              TimePoint now);
/// No link took one of the client's: if some are short, it is one of those who want places there.
void NoteWant(const SupplierEntry& supplier, std::int64_t client_id, TimePoint now);
/// The best link: not throttled, with room in its window, least loaded; but one on `loop`, which costs no letter, while it has at most
/// twice as much to do as that and a few more (kNearMore). While it has only these few, the loads of the others, which their
/// loops write with each message, are not even looked at. Null: none takes it. In a queue no more
/// may wait than the rates let go within the supplier's response timeout: who comes later had better ask another supplier. While some are turned
/// away, fewer (QueueRoom).
/// `version_min`: interface_version of its bind, at least.
std::shared_ptr<LinkState> ChooseLink(const SupplierEntry& supplier, WaitsIn waits_in,
                                      unsigned loop, const Limits& limits,
                                      std::uint8_t version_min = 0);

/// The same for a part of a message whose part before it went over `link` (only compared; null: nobody knows): that one, as long as
/// it is worth waiting for. There it waits in the queue, for a free link would overtake who may still wait there.
/// again  the supplier throttled it: it has a place there, whatever the queue
/// null   it waits in its lane (one of ours), or that queue is full: then nobody takes it (one whose client waits)
std::shared_ptr<LinkState> FollowLink(const SupplierEntry& supplier, WaitsIn waits_in,
                                      unsigned loop, const Limits& limits, const void* link,
                                      bool again);

}  // namespace hub::relay
