#include "server/relay/kept/keeper.h"

#include <algorithm>

#include "server/base/crash_point.h"
#include "server/relay/kept/keep_terms.h"
#include "server/relay/kept/own_receipt.h"
#include "server/relay/supplier/link_choice.h"
#include "server/telemetry/log.h"

namespace hub::relay {
namespace {

using smpp::MessageState;
using std::chrono::seconds;

WaitingLimits RoomOf(const Limits& limits) {
  constexpr std::size_t kLeast = 2;  // half of it is room for what PostgreSQL has
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
  const std::size_t most = std::max(context_.limits.kept_lane_max, WindowsOf(supplier));
  LanePace& pace = paces_[id][IndexOf(c)];
  if (waiting >= most && message.next_route != 0) return RetryLater(message);
  if (waiting >= most) return PutOff(message, pace.PutOff(context_.now(), most, far_[IndexOf(c)]));
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

// --- how attempts ended ----------------------------------------------------------------------------------------

void Keeper::OnTaken(Message& message, const PlannedRoute& route, SubmitResult& result) {
  if (!message.taken_late) records_.Write(store::QueueEndRecord{message.id});
  message.taken_at = result.ended_at;
  if (!message.upstream_key.empty())
    routes_.SendCorrelate(Correlate::Of(message, route), message.HomeOf(route));
  LetGo(message);
}

void Keeper::OnFailed(Message& message, Failure failure) {
  if (message.taken_late) return LetGo(message);
  switch (failure) {
    case Failure::kFull:
    case Failure::kUsedUp:
      return RetryLater(message);
    case Failure::kPermanent:
      // Who was never asked refused nothing: see Attempts::Prepare.
      return Finish(message, MessageState::REJECTED,
                    message.attempts == 0 ? store::OutcomeCause::kHubFault
                                          : store::OutcomeCause::kUpstreamReject);
    case Failure::kUnknown:
      break;
  }
  const PlannedRoute& route = message.plan[message.next_route - 1];
  if (message.SupplierOf(route).on_unknown == store::OnUnknown::kFail)
    return Finish(message, MessageState::UNKNOWN, store::OutcomeCause::kUnknown);
  // Held: a late answer may end it, or an operator decides; its receipt's time limit ends it.
  context_.metrics.Add(Metric::kept_held);
  records_.Write(
      store::QueuedRecord{message.id, INT64_MAX, message.cycles, message.attempts, true});
  Hold(message);
}

void Keeper::Hold(Message& message) {
  if (!message.answer_may_come) return LetGo(message);
  Shelve(message);
  context_.metrics.Add(Metric::kept_held_forgotten, held_.Put(Release(message)));
}

void Keeper::OnNoRoom(Message& message) {
  if (draining_) return LetGo(message);
  // Straight into its lane: to ask again for the room that another loop took a moment ago could go round and round.
  EnterLane(message, message.snapshot->suppliers[message.plan[message.next_route].supplier]);
}

void Keeper::RetryLater(Message& message) {
  if (message.attempts < kAttemptsMax && (message.plan_count == 0 || message.next_route == 0))
    return AwaitSupplier(message);
  const store::SupplierRow* last =
      message.plan_count == 0 ? nullptr : &message.SupplierOf(message.plan[message.plan_count - 1]);
  RetryAfter(message, PauseOf(message, last));
}

void Keeper::RetryAfter(Message& message, seconds pause) {
  if (message.attempts >= kAttemptsMax)
    return Finish(message, MessageState::EXPIRED, store::OutcomeCause::kHubFault);
  message.next_at = std::min<WallTime>(context_.wall_now() + pause, message.expires_at);
  ++message.cycles;
  context_.metrics.Add(Metric::kept_retries);
  records_.Write(store::QueuedRecord{message.id, ToMicros(message.next_at), message.cycles,
                                     message.attempts, message.possible_duplicate});
  Pass(CrashPoint::relay_retry_scheduled);
  if (draining_) return LetGo(message);
  if (!room_.HasRoomForLater(message.message_class)) return Spill(message);
  WaitForItsTime(message);
}

// No route stands, or all suppliers are down. What nobody was asked for uses up no cycle, and leaves nothing to write down
// while it stays in memory.
void Keeper::AwaitSupplier(Message& message) {
  static constexpr seconds kNoSupplier(5);
  static constexpr std::int64_t kNobody = 0;
  if (draining_) return LetGo(message);
  const MessageClass c = message.message_class;
  if (!room_.HasRoomForLater(c)) {
    LanePace& pace = paces_[kNobody][IndexOf(c)];
    return PutOff(message, pace.PutOff(context_.now(), room_.LaterMax(c), far_[IndexOf(c)]));
  }
  message.next_at = std::min<WallTime>(context_.wall_now() + kNoSupplier, message.expires_at);
  WaitForItsTime(message);
}

// It is planned anew when it is due: what it was planned with would stay in memory as long as it waits, a catalog with all its
// rates for each reload.
void Keeper::WaitForItsTime(Message& message) {
  Shelve(message);
  room_.Wait(message.slot, message.message_class, message.priority, DueOf(message.next_at));
}

void Keeper::Shelve(Message& message) {
  Rest(message);
  message.snapshot = nullptr;
  message.row = nullptr;
  message.plan_count = message.next_route = 0;
}

// By the schedule of the supplier that was tried last.
seconds Keeper::PauseOf(const Message& message, const store::SupplierRow* supplier) {
  static constexpr seconds kNoSchedule(5);
  if (supplier == nullptr || supplier->retry_after_s.empty()) return kNoSchedule;
  const auto& schedule = supplier->retry_after_s;
  return seconds(schedule[std::min(static_cast<std::size_t>(message.cycles), schedule.size() - 1)]);
}

void Keeper::Finish(Message& message, MessageState state, store::OutcomeCause cause) {
  context_.metrics.Add(Metric::kept_failed);
  WriteEnd(message, state, cause);
  Tell(message, state);
  LetGo(message);
}

void Keeper::WriteEnd(const Message& message, MessageState state, store::OutcomeCause cause) {
  store::OutcomeRecord row;
  row.message_id = message.id;
  row.message_state = static_cast<std::uint8_t>(state);
  row.cause = cause;
  row.moves_money = true;
  row.received_at_us = ToMicros(context_.wall_now());
  records_.Write(row);
  records_.Write(store::QueueEndRecord{message.id});
}

void Keeper::Tell(const Message& message, MessageState state) {
  smpp::MessageView view;
  if (!WantsFailure(message.registered_delivery) ||
      smpp::ViewMessage(message.command_id, message.pdu.bytes(), view) != smpp::Status::ESME_ROK)
    return;
  smpp::OwnReceipt own;
  own.source = {message.source_ton, message.source_npi, message.source_addr};
  own.destination = {message.dest_ton, message.dest_npi, view.destination_addr};
  own.submit_date = std::chrono::floor<seconds>(message.accepted_at);
  own.done_date = std::chrono::floor<seconds>(context_.wall_now());
  routes_.StoreReceipt(OwnReceiptJob(message.client, message.id, state, std::move(own)), state);
}

std::unique_ptr<Message> Keeper::Release(Message& message) {
  recent_.Note(message.id);
  kept_of_[IndexOf(message.message_class)] -= kept_.erase(message.id);
  return flow_.attempts().Take(message.slot);
}

void Keeper::Spill(Message& message) {
  context_.metrics.Add(Metric::kept_spilled);
  room_.AddSpilled(message.message_class, 1);
  last_spilled_[IndexOf(message.message_class)] = message.id;
  // A page that showed nothing looked for what was later then.
  TimePoint& load_at = load_at_[IndexOf(message.message_class)];
  load_at = std::min(
      load_at, std::max(DueOf(message.next_at), context_.now() + context_.limits.kept_load_pause));
  LetGo(message);
}

void Keeper::Drain() {
  draining_ = true;
  std::vector<Message*> waiting;
  for (const auto& [id, slot] : kept_) {
    Message* message = flow_.attempts().Find(slot);
    if (message->step == Step::kKept) waiting.push_back(message);
  }
  for (Message* message : waiting) LetGo(*message);
}

}  // namespace hub::relay
