#include "server/relay/kept/keeper.h"

#include <algorithm>

#include "server/relay/kept/keep_terms.h"
#include "server/relay/supplier/link_choice.h"

namespace hub::relay {
namespace {

using smpp::MessageState;
using std::chrono::seconds;

WaitingLimits RoomOf(const Limits& limits) {
  constexpr std::size_t kLeast = 2;  // one of them is room for what PostgreSQL has
  WaitingLimits room;
  room.messages_max.fill(std::max(limits.kept_messages_max, kLeast));
  return room;
}

// What waits in a lane is looked at as often: room in a window that another loop's messages filled is nobody's news.
constexpr Duration kLanesEvery = std::chrono::milliseconds(10);
constexpr std::chrono::hours kWaitMax(10 * 365 * 24);  // fits into a TimePoint, whatever a row says

// Those whose time is over are looked for in the lanes, so many a time: 25,000 a second, for 4 ms of it.
constexpr std::size_t kSweepLooks = 256;

std::size_t WindowsOf(const SupplierEntry& supplier) {
  std::size_t requests = 0;
  for (const auto& link : supplier.links)
    requests += static_cast<std::size_t>(link->row.window_requests_max);
  return requests;
}

}  // namespace

Keeper::Keeper(Context& context, Front& front, Flow& flow, Records& records, KeeperRoutes& routes)
    : context_(context),
      front_(front),
      flow_(flow),
      records_(records),
      routes_(routes),
      room_(RoomOf(context.limits)),
      recent_(context.limits.recent_ends_max, context.journal.durable_end()),
      held_(context.limits.kept_held_max),
      wake_(context.network.timers(), [] {}) {}

// --- in --------------------------------------------------------------------------------------------------------

void Keeper::Keep(Message& message) {
  if (draining_) return LetGo(message);
  const MessageClass c = message.message_class;
  const bool later = message.next_at > context_.wall_now();
  const bool room = later ? room_.HasRoomForLater(c) : room_.HasRoom(c) || GoesAtOnce(message);
  if (!room) return Spill(message);
  NoteKept(message);
  if (!later) return Route(message);
  WaitForItsTime(message);
}

bool Keeper::GoesAtOnce(const Message& message) const {
  const SupplierEntry* supplier = FirstUp(message);
  return supplier != nullptr && room_.ready(supplier->state->supplier_id) == 0 &&
         HasRoom(*supplier);
}

// It may wait for long: it must not hold a whole read buffer.
void Keeper::Rest(Message& message) {
  message.step = Step::kKept;
  message.pdu = Slice::CopyOf(message.pdu.bytes());
}

TimePoint Keeper::DueOf(WallTime at) const {
  const auto wait = at - context_.wall_now();
  return context_.now() +
         std::clamp<std::chrono::microseconds>(wait, std::chrono::microseconds{0}, kWaitMax);
}

// In its plan, from where it stands; a part waits where the one before it is.
const SupplierEntry* Keeper::FirstUp(const Message& message) const {
  if (const SupplierEntry* followed = flow_.attempts().Followed(message)) return followed;
  const SupplierEntry* paused = nullptr;
  for (std::uint8_t i = message.next_route; i < message.plan_count; ++i) {
    const SupplierEntry& supplier = message.LinksOf(message.plan[i]);
    if (IsFlowing(supplier)) return &supplier;
    if (paused == nullptr && IsOpen(supplier)) paused = &supplier;
  }
  return paused;
}

// To the first supplier of its plan that is up: at once when its window has room, else into its lane. Who comes out of a lane
// (`turn`) has nobody before it there.
void Keeper::Route(Message& message, std::int64_t turn) {
  const SupplierEntry* supplier = FirstUp(message);
  if (supplier == nullptr) return RetryLater(message);
  const std::int64_t id = supplier->state->supplier_id;
  if ((id == turn || room_.ready(id) == 0) && HasRoom(*supplier))
    return flow_.attempts().Start(message);
  EnterLane(message, *supplier);
}

void Keeper::EnterLane(Message& message, const SupplierEntry& supplier) {
  const std::int64_t id = supplier.state->supplier_id;
  const MessageClass c = message.message_class;
  if (message.again) return ReturnToLane(message, id);
  const std::size_t waiting = room_.ready(id, c);
  const std::size_t windows = std::max<std::size_t>(WindowsOf(supplier), 1);
  const std::size_t most = std::max(context_.limits.kept_lane_max, windows);
  const bool full = waiting >= most || (waiting >= windows && !room_.LaneHasRoom(id, c));
  LanePace& pace = paces_[id][IndexOf(c)];
  if (full && message.next_route != 0) return RetryLater(message);
  if (full)
    return PutOff(message, pace.PutOff(context_.now(), waiting, most, back_places_[IndexOf(c)]));
  flow_.attempts().NoteWaiting(message, id);
  if (waiting == 0) pace.Begin(context_.now());
  Rest(message);
  room_.Push(id, c, message.priority, message.slot);
  NoteLane(id);
}

// Throttled: it had left its lane already, and its turn comes before those that had not. Windows bound how many do.
void Keeper::ReturnToLane(Message& message, std::int64_t supplier_id) {
  const auto is_older = [this, id = message.id](SlotId slot) {
    const Message* other = flow_.attempts().Find(slot);
    return other == nullptr || (other->again && other->id < id);
  };
  Rest(message);
  room_.Return(supplier_id, message.message_class, message.priority, message.slot, is_older);
  NoteLane(supplier_id);
}

// A slow supplier's backlog must not take the room of all others': it waits in PostgreSQL, behind what is due before it may
// go. One that other suppliers failed waits by their schedule.
void Keeper::PutOff(Message& message, TimePoint back) {
  const auto pause = std::chrono::duration_cast<std::chrono::microseconds>(back - context_.now());
  message.next_at = std::min<WallTime>(context_.wall_now() + pause, message.expires_at);
  context_.metrics.Add(Metric::kept_put_off);
  records_.Write(store::QueuedRecord{message.id, ToMicros(message.next_at), message.cycles,
                                     message.attempts, message.possible_duplicate});
  Spill(message);
}

void Keeper::NoteLane(std::int64_t supplier_id) {
  if (std::find(suppliers_.begin(), suppliers_.end(), supplier_id) == suppliers_.end())
    suppliers_.push_back(supplier_id);
}

// --- out -------------------------------------------------------------------------------------------------------

void Keeper::EndTurn() {
  if (!draining_) {
    TakeDue();
    SweepLanes();
    Pump();
    Load();
  }
  recent_.EndTurn(records_, context_.settler.settled());
  context_.metrics.Set(Metric::kept_messages, static_cast<std::int64_t>(kept_.size()));
  context_.metrics.Set(Metric::kept_ends_unsettled, static_cast<std::int64_t>(recent_.size()));
  if (draining_) return;
  TimePoint next = room_.next_due().value_or(TimePoint::max());
  if (!suppliers_.empty()) next = std::min(next, context_.now() + kLanesEvery);
  for (std::size_t i = 0; i < kMessageClasses; ++i) {
    if (room_.WantsLoad(static_cast<MessageClass>(i)) && !loading_[i])
      next = std::min(next, load_at_[i]);
  }
  if (next == TimePoint::max()) return;
  wake_.Start(std::max<Duration>(next - context_.now(), std::chrono::milliseconds(1)));
}

void Keeper::TakeDue() {
  due_.clear();
  room_.PopDue(context_.now(), context_.limits.kept_due_per_turn_max, &due_);
  for (const SlotId slot : due_) {
    Message* message = flow_.attempts().Find(slot);
    if (message != nullptr && !EndIfExpired(*message)) RouteAnew(*message);
  }
}

void Keeper::RouteAnew(Message& message, std::int64_t turn) {
  if (!flow_.Replan(message)) return RetryLater(message);
  Route(message, turn);
}

bool Keeper::EndIfExpired(Message& message) {
  if (message.expires_at > context_.wall_now()) return false;
  Finish(message, MessageState::EXPIRED, store::OutcomeCause::kHubFault);
  return true;
}

// Nobody asks those in a lane while their supplier has no room.
void Keeper::SweepLanes() {
  if (suppliers_.empty() || context_.now() < sweep_at_) return;
  sweep_at_ = context_.now() + kLanesEvery;
  due_.clear();
  const auto gone = [this, now = context_.wall_now()](SlotId slot) {
    const Message* message = flow_.attempts().Find(slot);
    return message == nullptr || message->expires_at <= now;
  };
  room_.Sweep(kSweepLooks, gone, &due_);
  for (const SlotId slot : due_) {
    if (Message* message = flow_.attempts().Find(slot)) EndIfExpired(*message);
  }
}

void Keeper::Pump() {
  for (const std::int64_t id : std::exchange(suppliers_, {})) {
    PumpLane(id);
    if (room_.ready(id) != 0) NoteLane(id);
  }
}

// While the supplier has room. When it went, or its links did: whoever stands in their place takes its messages.
void Keeper::PumpLane(std::int64_t id) {
  const SnapshotPtr& snapshot = front_.snapshot();
  const SupplierEntry* supplier = snapshot->SupplierOf(id);
  const bool up = supplier != nullptr && IsOpen(*supplier);
  for (std::size_t left = std::min(room_.ready(id), context_.limits.kept_due_per_turn_max);
       left > 0 && (!up || HasRoom(*supplier)); --left) {
    Message* message = flow_.attempts().Find(room_.Pop(id));
    if (message == nullptr || EndIfExpired(*message)) continue;
    paces_[id][IndexOf(message->message_class)].Took(context_.now());
    if (!up || message->snapshot != snapshot) {
      RouteAnew(*message, up ? id : 0);
    } else {
      StartHeld(*message);
    }
  }
}

// Below a second its validity_period is as long as it was: it need not be touched.
void Keeper::StartHeld(Message& message) {
  smpp::MessageView view;
  if (context_.wall_now() - message.accepted_at >= seconds(1) &&
      smpp::ViewMessage(message.command_id, message.pdu.bytes(), view) == smpp::Status::ESME_ROK)
    FixValidity(view, &message);
  flow_.attempts().Start(message);
}

}  // namespace hub::relay
