// How attempts of messages of ours ended, and what comes of it: a later try, a held message, its end.
#include <algorithm>

#include "server/base/crash_point.h"
#include "server/relay/kept/keeper.h"
#include "server/relay/kept/own_receipt.h"

namespace hub::relay {

using smpp::MessageState;
using std::chrono::seconds;

void Keeper::OnTaken(Message& message, const PlannedRoute& route, SubmitResult& result) {
  if (!message.taken_late) records_.Write(store::QueueEndRecord{message.id});
  message.taken_at = result.ended_at;
  if (message.AwaitsReceipt(route))
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
    const std::size_t most = room_.LaterMax(c);
    return PutOff(message, pace.PutOff(context_.now(), most, most, back_places_[IndexOf(c)]));
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
  kept_.erase(message.id);
  return flow_.attempts().Take(message.slot);
}

void Keeper::Spill(Message& message) {
  context_.metrics.Add(Metric::kept_spilled);
  room_.AddSpilled(message.message_class, 1);
  last_spilled_[IndexOf(message.message_class)] = message.id;
  rounds_[IndexOf(message.message_class)].NoteLeft();
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
