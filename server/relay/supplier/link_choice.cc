#include "server/relay/supplier/link_choice.h"

#include <algorithm>

namespace hub::relay {
namespace {

bool IsUp(const LinkState& link) { return link.up.load(std::memory_order_relaxed); }
Throttle ThrottleOf(const LinkState& link) { return link.throttle.load(std::memory_order_relaxed); }

// Not at the supplier yet.
std::int64_t WaitingOf(const LinkState& link) {
  return link.queued.load(std::memory_order_relaxed) +
         link.promised.load(std::memory_order_relaxed);
}

std::int64_t LoadOf(const LinkState& link) {
  return link.load.load(std::memory_order_relaxed) + link.promised.load(std::memory_order_relaxed);
}

// So many may wait for a rate; each rate lets one wait.
std::int64_t MostWaiting(std::int64_t per_second, Duration wait) {
  if (per_second == 0) return INT64_MAX;
  return std::max<std::int64_t>(1, per_second * (wait / std::chrono::milliseconds(1)) / 1'000);
}

Duration WaitOf(const LinkState& link, WaitsIn waits_in) {
  return waits_in == WaitsIn::kLane ? kLaneAhead
                                    : Duration(std::chrono::milliseconds(link.response_timeout_ms));
}

bool RateTakes(const SupplierEntry& supplier, WaitsIn waits_in) {
  const std::int64_t rate = supplier.state->rate.load(std::memory_order_relaxed);
  if (rate == 0 || supplier.links.empty()) return true;
  std::int64_t waiting = 0;
  for (const auto& link : supplier.links) waiting += WaitingOf(*link);
  return waiting < MostWaiting(rate, WaitOf(*supplier.links.front(), waits_in));
}

bool ThrottleTakes(const LinkState& link, WaitsIn waits_in) {
  switch (ThrottleOf(link)) {
    case Throttle::kNone:
      return true;
    case Throttle::kPaused:
      return waits_in != WaitsIn::kLane;
    case Throttle::kProbe:
      return waits_in != WaitsIn::kLane || WaitingOf(link) == 0;
    case Throttle::kChokedProbe:
      return WaitingOf(link) == 0;
    case Throttle::kChoked:
      break;
  }
  return false;
}

bool HasRate(const SupplierEntry& supplier, const LinkState& link) {
  return supplier.state->rate.load(std::memory_order_relaxed) != 0 ||
         link.rate.load(std::memory_order_relaxed) != 0;
}

bool NeedsNoPlace(const SupplierEntry& supplier, const LinkState& link) {
  // Nothing goes there now, and nobody says anew how many may wait: its pause ends.
  if (ThrottleOf(link) != Throttle::kNone) return true;
  return LoadOf(link) < link.row.window_requests_max && !HasRate(supplier, link);
}

// Behind its window, or where it has a rate, no more wait than QueueRoom says. What goes straight into a window does not wait.
bool QueueTakes(const SupplierEntry& supplier, const LinkState& link) {
  const std::int32_t places = link.places.load(std::memory_order_relaxed);
  if (places == QueueRoom::kAll || WaitingOf(link) < places) return true;
  return NeedsNoPlace(supplier, link);
}

// Half of its queue is for those who have not their share.
bool IsHalfFree(const SupplierEntry& supplier, const LinkState& link) {
  return 2 * WaitingOf(link) < link.places.load(std::memory_order_relaxed) ||
         NeedsNoPlace(supplier, link);
}

// So many of one client may be under way to a supplier that is short. What is in windows counts with what may wait: the messages of all go
// the same way, and who has a part of it has that part of what the supplier takes.
std::int64_t ShareOf(const SupplierEntry& supplier, std::int32_t clients) {
  std::int64_t places = 0;
  for (const auto& link : supplier.links) {
    if (!IsUp(*link) || !IsShort(*link)) continue;
    places += link->load.load(std::memory_order_relaxed) -
              link->queued.load(std::memory_order_relaxed) +
              link->places.load(std::memory_order_relaxed);
  }
  return std::max<std::int64_t>(1, places / clients);
}

// The usual case, told by a look at five words: it need not wait.
bool GoesAtOnce(const SupplierEntry& supplier, const LinkState& link) {
  return IsUp(link) && ThrottleOf(link) == Throttle::kNone && !HasRate(supplier, link) &&
         LoadOf(link) < link.row.window_requests_max;
}

bool Takes(const SupplierEntry& supplier, const LinkState& link, WaitsIn waits_in,
           std::size_t queue_max) {
  if (GoesAtOnce(supplier, link)) return true;
  if (!IsUp(link) || !ThrottleTakes(link, waits_in)) return false;
  if (waits_in == WaitsIn::kQueue && !QueueTakes(supplier, link)) return false;
  if (WaitingOf(link) >=
      MostWaiting(link.rate.load(std::memory_order_relaxed), WaitOf(link, waits_in)))
    return false;
  const auto room = waits_in == WaitsIn::kLane ? 0 : static_cast<std::int64_t>(queue_max);
  return LoadOf(link) < link.row.window_requests_max + room;
}

bool IsWorthWaiting(const LinkState& link) {
  const Throttle throttle = ThrottleOf(link);
  return IsUp(link) && throttle != Throttle::kChoked && throttle != Throttle::kChokedProbe;
}

// The smaller the better: load first. Far apart, so that each outweighs all that stand behind it.
std::int64_t RankOf(const LinkState& link, unsigned loop) {
  constexpr std::int64_t kQueues = std::int64_t{1} << 40, kThrottled = kQueues * 2;
  const std::int64_t load = LoadOf(link);
  // Of those alike one of this loop, for it spares a letter.
  const std::int64_t changes = link.changes.load(std::memory_order_relaxed);
  std::int64_t rank = (load + changes) * 2 + (link.loop == loop ? 0 : 1);
  if (load >= link.row.window_requests_max) rank += kQueues;
  if (ThrottleOf(link) != Throttle::kNone) rank += kThrottled;
  return rank;
}

// So much more than the least loaded one may a link of the message's loop have to do, besides twice as much; never more than a part of
// its window.
constexpr std::int64_t kNearMore = 16, kNearMorePart = 8;

std::int64_t NearMore(const LinkState& link) {
  return std::min<std::int64_t>(kNearMore, link.row.window_requests_max / kNearMorePart);
}

// Null: `may` says no to all.
template <class May>
const std::shared_ptr<LinkState>* Best(const SupplierEntry& supplier, unsigned loop,
                                       const May& may) {
  const std::shared_ptr<LinkState>* chosen = nullptr;
  std::int64_t best = 0;
  for (const std::shared_ptr<LinkState>& each : supplier.links) {
    if (!may(*each)) continue;
    const std::int64_t rank = RankOf(*each, loop);
    if (chosen != nullptr && rank >= best) continue;
    chosen = &each;
    best = rank;
  }
  return chosen;
}

// The best one of this loop that can go at once, and its load. With each message: each word is read once.
struct Near {
  const std::shared_ptr<LinkState>* link = nullptr;
  std::int64_t load = 0, rank = 0;
};

template <class May>
Near NearestOf(const SupplierEntry& supplier, unsigned loop, const May& may) {
  Near near;
  for (const std::shared_ptr<LinkState>& each : supplier.links) {
    const LinkState& link = *each;
    if (link.loop != loop || !IsUp(link) || ThrottleOf(link) != Throttle::kNone) continue;
    const std::int64_t load = LoadOf(link);
    const std::int64_t rank = load + link.changes.load(std::memory_order_relaxed);
    if (load >= link.row.window_requests_max || (near.link != nullptr && rank >= near.rank))
      continue;
    if (may(link)) near = {&each, load, rank};
  }
  return near;
}

// In its queue, if it cannot go: while a link pauses its window is no place to wait in.
bool HasPlace(const SupplierEntry& supplier, const LinkState& link, std::size_t queue_max) {
  if (!RateTakes(supplier, WaitsIn::kQueue) || !Takes(supplier, link, WaitsIn::kQueue, queue_max))
    return false;
  return WaitingOf(link) < static_cast<std::int64_t>(queue_max) ||
         (ThrottleOf(link) == Throttle::kNone && LoadOf(link) < link.row.window_requests_max);
}

// Its links hear that more come than they take. One that is throttled has a pause for that.
std::nullptr_t NobodyTakes(const SupplierEntry& supplier, WaitsIn waits_in) {
  if (waits_in != WaitsIn::kQueue) return nullptr;
  for (const auto& link : supplier.links) {
    if (!IsUp(*link) || ThrottleOf(*link) != Throttle::kNone) continue;
    if (!link->turned_away.load(std::memory_order_relaxed))
      link->turned_away.store(true, std::memory_order_relaxed);
  }
  return nullptr;
}

}  // namespace

bool HasShare(const SupplierEntry& supplier, const LinkState& link, std::int64_t client_id,
              TimePoint now) {
  const std::int32_t clients = supplier.state->shares.Ask(now, client_id);
  if (IsHalfFree(supplier, link) ||
      supplier.state->shares.under_way(client_id) < ShareOf(supplier, clients))
    return true;
  NobodyTakes(supplier, WaitsIn::kQueue);
  return false;
}

void NoteWant(const SupplierEntry& supplier, std::int64_t client_id, TimePoint now) {
  if (std::any_of(supplier.links.begin(), supplier.links.end(),
                  [](const auto& link) { return IsUp(*link) && IsShort(*link); }))
    supplier.state->shares.Ask(now, client_id);
}

bool IsOpen(const SupplierEntry& supplier) {
  return std::any_of(supplier.links.begin(), supplier.links.end(), [](const auto& link) {
    return IsUp(*link) && ThrottleOf(*link) != Throttle::kChoked;
  });
}

bool IsFlowing(const SupplierEntry& supplier) {
  return std::any_of(supplier.links.begin(), supplier.links.end(), [](const auto& link) {
    const Throttle throttle = ThrottleOf(*link);
    const bool asks = throttle == Throttle::kProbe || throttle == Throttle::kChokedProbe;
    return IsUp(*link) && (throttle == Throttle::kNone || (asks && WaitingOf(*link) == 0));
  });
}

bool IsWorthWaiting(const SupplierEntry& supplier) {
  return std::any_of(supplier.links.begin(), supplier.links.end(),
                     [](const auto& link) { return IsWorthWaiting(*link); });
}

bool HasRoom(const SupplierEntry& supplier) {
  return RateTakes(supplier, WaitsIn::kLane) &&
         std::any_of(supplier.links.begin(), supplier.links.end(),
                     [&](const auto& link) { return Takes(supplier, *link, WaitsIn::kLane, 0); });
}

std::shared_ptr<LinkState> ChooseLink(const SupplierEntry& supplier, WaitsIn waits_in,
                                      unsigned loop, const Limits& limits,
                                      std::uint8_t version_min) {
  if (!RateTakes(supplier, waits_in)) return NobodyTakes(supplier, waits_in);
  const auto takes = [&](const LinkState& link) {
    return link.row.interface_version >= version_min &&
           Takes(supplier, link, waits_in, limits.link_queue_messages_max);
  };
  const Near near = NearestOf(supplier, loop, [&](const LinkState& link) {
    if (HasRate(supplier, link)) return takes(link);
    return link.row.interface_version >= version_min;  // it goes at once
  });
  // Then the others are not looked at: their loops write there with each message.
  if (near.link != nullptr && near.load <= NearMore(**near.link)) return *near.link;
  const auto* best = Best(supplier, loop, takes);
  // Who wants a bind of v5.0 says nothing of the others.
  if (best == nullptr) return version_min != 0 ? nullptr : NobodyTakes(supplier, waits_in);
  const bool stays =
      near.link != nullptr && near.load <= 2 * LoadOf(**best) + NearMore(**near.link);
  return stays ? *near.link : *best;
}

// Of ours it leaves its lane when the supplier has room, and not before: its place there is behind the part before it.
std::shared_ptr<LinkState> FollowLink(const SupplierEntry& supplier, WaitsIn waits_in,
                                      unsigned loop, const Limits& limits, const void* link,
                                      bool again) {
  if (waits_in == WaitsIn::kLane && !HasRoom(supplier)) return nullptr;
  const auto followed = std::find_if(supplier.links.begin(), supplier.links.end(),
                                     [link](const auto& each) { return each.get() == link; });
  if (followed == supplier.links.end() || !IsWorthWaiting(**followed))
    return ChooseLink(supplier, waits_in, loop, limits);
  if (again || HasPlace(supplier, **followed, limits.link_queue_messages_max)) return *followed;
  return waits_in == WaitsIn::kLane ? ChooseLink(supplier, waits_in, loop, limits) : nullptr;
}

}  // namespace hub::relay
