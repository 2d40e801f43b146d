#include "server/relay/keeper.h"

#include <algorithm>

#include "server/base/crash_point.h"
#include "server/relay/keep_terms.h"
#include "server/relay/own_receipt.h"
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

constexpr std::int32_t kPassedPagesMax = 20;

bool IsUp(const SupplierEntry& supplier) {
  return supplier.state->links_up.load(std::memory_order_relaxed) != 0;
}

bool HasRoom(const SupplierEntry& supplier) {
  return std::any_of(supplier.links.begin(), supplier.links.end(),
                     [](const auto& link) { return HasWindow(*link); });
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
      wake_(context.network.timers(), [] {}) {}

// --- in --------------------------------------------------------------------------------------------------------

void Keeper::Keep(Message& message) {
  if (draining_) return LetGo(message);
  if (!room_.HasRoom(message.message_class)) return Spill(message);
  Admit(message);
}

void Keeper::Admit(Message& message) {
  kept_.emplace(message.id, message.slot);
  if (message.next_at <= context_.wall_now()) return Route(message);
  Rest(message);
  room_.Wait(message.slot, message.message_class, message.priority, DueOf(message.next_at));
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

// To the first supplier of its plan that is up: at once when its window has room, else into its lane. Who comes out of a lane
// (`turn`) has nobody before it there.
void Keeper::Route(Message& message, std::int64_t turn) {
  for (std::uint8_t i = message.next_route; i < message.plan_count; ++i) {
    const SupplierEntry& supplier = message.snapshot->suppliers[message.plan[i].supplier];
    if (!IsUp(supplier)) continue;
    const std::int64_t id = supplier.state->supplier_id;
    if ((id == turn || room_.ready(id) == 0) && HasRoom(supplier))
      return flow_.attempts().Start(message);
    Rest(message);
    room_.Push(id, message.message_class, message.priority, message.slot);
    return NoteLane(id);
  }
  RetryLater(message);
}

void Keeper::NoteLane(std::int64_t supplier_id) {
  if (std::find(suppliers_.begin(), suppliers_.end(), supplier_id) == suppliers_.end())
    suppliers_.push_back(supplier_id);
}

// --- out -------------------------------------------------------------------------------------------------------

void Keeper::EndTurn() {
  if (!draining_) {
    TakeDue();
    Pump();
    Load();
  }
  recent_.EndTurn(records_, context_.settler.settled());
  context_.metrics.Set(Metric::kept_messages, static_cast<std::int64_t>(kept_.size()));
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
  const bool up = supplier != nullptr && IsUp(*supplier);
  for (std::size_t left = std::min(room_.ready(id), context_.limits.kept_due_per_turn_max);
       left > 0 && (!up || HasRoom(*supplier)); --left) {
    Message* message = flow_.attempts().Find(room_.Pop(id));
    if (message == nullptr || EndIfExpired(*message)) continue;
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
  if (context_.wall_now() - TimeOf(message.id) >= seconds(1) &&
      smpp::ViewMessage(message.command_id, message.pdu.bytes(), view) == smpp::Status::ESME_ROK)
    FixValidity(view, &message);
  flow_.attempts().Start(message);
}

// --- how attempts ended ----------------------------------------------------------------------------------------

void Keeper::OnTaken(Message& message, const PlannedRoute& route, SubmitResult& result) {
  records_.Write(store::QueueEndRecord{message.id});
  message.upstream_id = std::move(result.upstream_id);
  if (!message.upstream_id.empty())
    routes_.SendCorrelate(Correlate::Of(message, route), message.HomeOf(route));
  LetGo(message);
}

void Keeper::OnFailed(Message& message, Failure failure) {
  switch (failure) {
    case Failure::kUsedUp:
      return RetryLater(message);
    case Failure::kPermanent:
      return Finish(message, MessageState::REJECTED, store::OutcomeCause::kUpstreamReject);
    case Failure::kUnknown:
      break;
  }
  const PlannedRoute& route = message.plan[message.next_route - 1];
  if (message.SupplierOf(route).on_unknown == store::OnUnknown::kFail)
    return Finish(message, MessageState::UNKNOWN, store::OutcomeCause::kUnknown);
  // Held: its receipt may still come, or an operator decides; its receipt's time limit ends it.
  context_.metrics.Add(Metric::kept_held);
  records_.Write(
      store::QueuedRecord{message.id, INT64_MAX, message.cycles, message.attempts, true});
  LetGo(message);
}

void Keeper::OnNoRoom(Message& message) {
  if (draining_) return LetGo(message);
  Route(message);
}

void Keeper::RetryLater(Message& message) {
  static constexpr seconds kNoSupplier(5);  // when no route stands at all
  // What nobody was asked for uses up no cycle, and leaves nothing to write down.
  const bool tried = message.plan_count != 0 && message.next_route != 0;
  const seconds pause = tried ? PauseOf(message) : kNoSupplier;
  message.next_at = std::min<WallTime>(context_.wall_now() + pause, message.expires_at);
  if (tried) {
    ++message.cycles;
    context_.metrics.Add(Metric::kept_retries);
    records_.Write(store::QueuedRecord{message.id, ToMicros(message.next_at), message.cycles,
                                       message.attempts, message.possible_duplicate});
    Pass(CrashPoint::relay_retry_scheduled);
  }
  if (draining_) return LetGo(message);
  if (!room_.HasRoom(message.message_class)) return Spill(message);
  Rest(message);
  room_.Wait(message.slot, message.message_class, message.priority, DueOf(message.next_at));
}

// By the schedule of the supplier that was tried last.
seconds Keeper::PauseOf(const Message& message) {
  static constexpr seconds kNoSchedule(5);
  const auto& schedule = message.SupplierOf(message.plan[message.plan_count - 1]).retry_after_s;
  if (schedule.empty()) return kNoSchedule;
  return seconds(schedule[std::min(static_cast<std::size_t>(message.cycles), schedule.size() - 1)]);
}

void Keeper::Finish(Message& message, MessageState state, store::OutcomeCause cause) {
  store::OutcomeRecord row;
  row.message_id = message.id;
  row.message_state = static_cast<std::uint8_t>(state);
  row.cause = cause;
  row.moves_money = true;
  row.received_at_us = ToMicros(context_.wall_now());
  records_.Write(row);
  records_.Write(store::QueueEndRecord{message.id});
  context_.metrics.Add(Metric::kept_failed);
  Tell(message, state);
  LetGo(message);
}

void Keeper::Tell(const Message& message, MessageState state) {
  smpp::MessageView view;
  if (!WantsFailure(message.registered_delivery) ||
      smpp::ViewMessage(message.command_id, message.pdu.bytes(), view) != smpp::Status::ESME_ROK)
    return;
  smpp::OwnReceipt own;
  own.source = {message.source_ton, message.source_npi, message.source_addr};
  own.destination = {message.dest_ton, message.dest_npi, view.destination_addr};
  own.done_date = std::chrono::floor<seconds>(context_.wall_now());
  routes_.StoreReceipt(OwnReceiptJob(message.client, message.id, state, std::move(own)), state);
}

void Keeper::LetGo(Message& message) {
  recent_.Note(message.id);
  kept_.erase(message.id);
  flow_.attempts().Take(message.slot);
}

void Keeper::Spill(Message& message) {
  context_.metrics.Add(Metric::kept_spilled);
  room_.AddSpilled(message.message_class, 1);
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

// --- from PostgreSQL -------------------------------------------------------------------------------------------

void Keeper::Load() {
  for (std::size_t i = 0; i < kMessageClasses; ++i) {
    const auto c = static_cast<MessageClass>(i);
    if (loading_[i] || load_at_[i] > context_.now() || !room_.WantsLoad(c)) continue;
    store::MessageQuery query;
    query.loop = context_.loop;
    query.loops = context_.post.loops();
    query.message_class = ClassName(c);
    query.due_us = ToMicros(context_.wall_now());
    query.limit = context_.limits.kept_page + Passed(c);
    loading_[i] = context_.archive.LoadMessages(
        // Marks of the journal are settled without a word to PostgreSQL: what is settled now, the page shows too.
        query, [this, c, known = context_.settler.settled(),
                run = context_.run_on_loop](store::MessagePage page) {
          page.settled = std::max(page.settled, known);
          run([this, c, page = std::move(page)] { OnPage(c, page); });
        });
    if (!loading_[i]) load_at_[i] = context_.now() + context_.limits.kept_load_pause;
  }
}

// A page begins with the oldest: those that are here, or ended and not settled, must not fill it.
std::int32_t Keeper::Passed(MessageClass c) const {
  const std::size_t most =
      std::size_t{kPassedPagesMax} * static_cast<std::size_t>(context_.limits.kept_page);
  return static_cast<std::int32_t>(std::min(room_.count(c) + recent_.size(), most));
}

void Keeper::OnPage(MessageClass c, const store::MessagePage& page) {
  const std::size_t i = IndexOf(c);
  loading_[i] = false;
  load_at_[i] = context_.now() + context_.limits.kept_load_pause;
  if (draining_ || !page.reachable || !recent_.Knows(page.settled)) return;
  std::int64_t taken = 0;
  for (const store::StoredMessage& stored : page.messages) {
    if (!room_.HasRoom(c) || taken == context_.limits.kept_page) break;
    if (kept_.contains(stored.message_id) || recent_.Contains(stored.message_id)) continue;
    if (Readmit(c, stored)) ++taken;
  }
  room_.AddSpilled(c, -taken);
  // Nothing of ours is in sight: it waits for its time, or for settlement to show it.
  if (taken != 0) load_at_[i] = {};
  if (taken == 0 && page.next_due_us)
    load_at_[i] =
        std::max(load_at_[i], std::min(DueOf(FromMicros(*page.next_due_us)),
                                       context_.now() + context_.limits.kept_load_pause_max));
  if (taken == 0 && page.messages.empty() && !page.next_due_us && recent_.size() == 0)
    room_.AddSpilled(c, -room_.spilled(c));  // the count of a start was a guess
}

bool Keeper::Readmit(MessageClass c, const store::StoredMessage& stored) {
  const SnapshotPtr& snapshot = front_.snapshot();
  const auto client = snapshot->client_by_id.find(stored.client_id);
  if (client == snapshot->client_by_id.end() || stored.pdu.size() < smpp::kHeaderOctets)
    return false;
  smpp::MessageView view;
  const smpp::CommandId id = smpp::ReadHeader(stored.pdu.data()).command_id;
  if (smpp::ViewMessage(id, stored.pdu, view) != smpp::Status::ESME_ROK) return false;
  auto made = std::make_unique<Message>();
  Message& message = *made;
  message.id = stored.message_id;
  message.command_id = id;
  message.pdu = Slice::CopyOf(stored.pdu);
  message.snapshot = snapshot;
  message.client = snapshot->clients[client->second];
  message.row = &snapshot->catalog->clients[client->second];
  message.TakeView(view);
  message.destination_addr = view.destination_addr;
  message.sell_rate_id = stored.rate_id;
  message.sell_rate = stored.rate;
  message.sell_amount = stored.amount;
  message.basis = stored.basis;
  message.answered = true;
  message.message_class = c;
  message.priority = stored.priority;
  message.cycles = stored.cycles;
  message.attempts = static_cast<std::uint16_t>(stored.attempts);
  message.step = Step::kKept;
  message.possible_duplicate = stored.possible_duplicate;
  message.next_at = FromMicros(stored.next_at_us);
  message.expires_at = FromMicros(stored.expires_at_us);
  flow_.attempts().Insert(std::move(made));
  kept_.emplace(message.id, message.slot);
  // By way of the waiting room: planned and sent in its class's turn.
  room_.Wait(message.slot, c, message.priority, context_.now());
  return true;
}

}  // namespace hub::relay
