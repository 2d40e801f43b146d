// One bind at a supplier: its window, its queue, its deliveries.
#include <algorithm>

#include "server/relay/retry_class.h"
#include "server/relay/supplier/back.h"
#include "server/relay/supplier/delivery_rewrite.h"
#include "server/relay/supplier/fitness.h"
#include "server/relay/supplier/link_terms.h"
#include "server/telemetry/log.h"

namespace hub::relay {
namespace {

// Answers that are owed when the process ends: it waits for its suppliers no longer than a second when its customers would not go
// (Hub::Drain), and what one of these does not answer must not cost a supplier its unbind.
constexpr Duration kOwesAtTheEnd = std::chrono::milliseconds(500);

}  // namespace

Back::Link::Link(Back& back, std::shared_ptr<LinkState> state,
                 std::shared_ptr<SupplierState> supplier, const StatusClasses& statuses, SlotId id)
    : back_(back),
      state_(std::move(state)),
      supplier_(std::move(supplier)),
      session_number_(id),
      response_timeout_(std::chrono::milliseconds(state_->response_timeout_ms)),
      statuses_(statuses),
      link_(back.context_.network, BindOf(state_->row), LimitsOf(back.context_.limits, *state_),
            back.context_.limits.reconnect, back.context_.metrics, state_->name,
            static_cast<std::uint64_t>(id) ^ static_cast<std::uint64_t>(state_->row.bind_id), *this,
            static_cast<unsigned>(state_->number)),
      pace_(PaceOf(back.context_.limits, *state_)),
      queue_(back.context_.limits.link_queue_messages_max, back.context_.metrics),
      room_(back.context_.limits.link_queue_wait),
      queue_timer_(back.context_.network.timers(), [this] { DropExpired(); }),
      share_(static_cast<std::size_t>(state_->row.window_requests_max)),
      pace_timer_(back.context_.network.timers(),
                  [this] {
                    Pump();
                    CountLoad();
                  }),
      calm_timer_(back.context_.network.timers(), [this] { CountLoad(); }),
      leave_timer_(back.context_.network.timers(), [this] { LeaveOwing(); }) {
  // A bind that was switched off and on again has the state that its predecessor left.
  CountLoad();
  PublishPace();
}

Back::Link::~Link() {
  if (paused_) back_.context_.metrics.Sub(Metric::binds_paused);
  if (!stopped_) SetUp(false);  // a stopped one left its state to its successor
}

void Back::Link::Stop() {
  if (stopped_) {  // by a reload, and the process ends: its answers are not waited for as long
    if (leave_timer_.armed()) OweNoLongerThanMay();
    return;
  }
  SetUp(false);
  stopped_ = true;
  PublishPace();  // nobody asks any more: it pauses no longer
  DropQueue();
  OweNoLongerThanMay();
  LeaveWhenEmpty();
}

void Back::Link::OweNoLongerThanMay() {
  const TimePoint now = back_.context_.now();
  const Duration most =
      back_.draining_ ? std::min(response_timeout_, kOwesAtTheEnd) : response_timeout_;
  owes_until_ = std::min(owes_until_, now + most);
  leave_timer_.Start(owes_until_ - now);
}

// An unbind now would make every submit that the supplier took already a submit that nobody answered, and every MO and receipt whose
// answer waits for the disk or for its client one that comes again over another bind, and is told twice.
void Back::Link::LeaveWhenEmpty() {
  const SmscSession* session = link_.session();
  const bool waits = session != nullptr && (session->outstanding() != 0 ||
                                            (session->owed() != 0 && leave_timer_.armed()));
  if (!waits) Leave();
}

void Back::Link::LeaveOwing() {
  if (const SmscSession* session = link_.session())
    back_.context_.metrics.Add(Metric::deliveries_left, session->owed());
  LeaveWhenEmpty();
}

void Back::Link::Leave() {
  leave_timer_.Stop();
  link_.Stop();
}

void Back::Link::SetUp(bool up) {
  if (stopped_ || state_->up.exchange(up) == up) return;
  supplier_->links_up.fetch_add(up ? 1 : -1);
}

void Back::Link::CountLoad() {
  if (stopped_) return;
  const std::uint32_t sent = link_.session() == nullptr ? 0 : link_.session()->outstanding();
  state_->load.store(static_cast<std::int32_t>(sent + queued()), std::memory_order_relaxed);
  state_->queued.store(static_cast<std::int32_t>(queued()), std::memory_order_relaxed);
  state_->changes.store(static_cast<std::int32_t>(queue_.asides()), std::memory_order_relaxed);
  const bool turned_away = state_->turned_away.load(std::memory_order_relaxed);
  if (turned_away) state_->turned_away.store(false, std::memory_order_relaxed);
  const std::int32_t promised = state_->promised.load(std::memory_order_relaxed);
  const std::int32_t places = room_.Places(back_.context_.now(), promised, turned_away);
  state_->places.store(places, std::memory_order_relaxed);
  if (places != QueueRoom::kAll && !calm_timer_.armed()) calm_timer_.Start(QueueRoom::kCalm);
}

// --- submits ---------------------------------------------------------------------------------------------------

void Back::Link::Take(SubmitJob&& job) {
  auto flight = std::make_unique_for_overwrite<InFlight>();
  flight->job = std::move(job);
  const SubmitJob& taken = flight->job;
  const SlotId id = back_.jobs_.Insert(std::move(flight));
  const bool may_go = !IsAside(taken.command_id) || share_.MayGo(back_.context_.now());
  if (!AnyMayGo() && may_go && TakeTurn()) {
    Send(id);
    CountLoad();
    return AwaitPace();
  }
  const bool up = link_.session() != nullptr && CanTransmit(link_.session()->state());
  if (!stopped_ && up && !queue_.IsFullFor(taken)) return Enqueue(taken, id);
  // A question that finds no room is answered all the same: nothing that an operator must hear of.
  if (up && taken.command_id != smpp::CommandId::query_sm) {
    back_.context_.metrics.Add(Metric::queue_full);
    if (!IsAside(taken.command_id) && !taken.ours)
      state_->turned_away.store(true, std::memory_order_relaxed);
    Log(Event::supplier_queue_full, {{"sess", state_->name}});
  }
  back_.End(id, JobEnd::kNotSent, {}, {});
}

bool Back::Link::IsOfAside(SlotId id) const {
  return IsAside((*back_.jobs_.Find(id))->job.command_id);
}

void Back::Link::Enqueue(const SubmitJob& job, SlotId id) {
  // A message waits here no longer than its supplier may take to answer.
  const TimePoint give_up = std::min(job.give_up, back_.context_.now() + response_timeout_);
  queue_.Put(job, id, give_up);
  if (!queue_timer_.armed() || give_up < looks_at_) LookAt(give_up);
  if (!pace_timer_.armed()) AwaitPace();
  CountLoad();
}

// A rate is what the supplier sees: what it did not read yet must not grow by what the clock alone lets go.
bool Back::Link::CanSend() {
  SmscSession* session = link_.session();
  if (session == nullptr || !CanTransmit(session->state())) return false;
  if (HasRate()) session->SendNothingAhead();
  return session->CanSubmit();
}

bool Back::Link::TakeTurn() {
  const TimePoint now = back_.context_.now();
  return CanSend() && pace_.Next(now) <= now && supplier_->pace.TryTake(now);
}

void Back::Link::Send(SlotId id) {
  InFlight& flight = **back_.jobs_.Find(id);
  flight.sent_at = back_.context_.wall_now();
  back_.context_.metrics.Add(Metric::submits_sent);
  const TimePoint now = back_.context_.now();
  if (IsAside(flight.job.command_id)) {
    pace_.OnOtherSent(now);
    share_.OnSent(now);
  } else {
    pace_.OnSent(now);
    share_.OnMessageSent();
    room_.OnSent();
  }
  link_.session()->Submit(std::move(flight.job.pdu), flight.job.command_id, id);
}

SlotId Back::Link::PopNext() {
  const bool aside = AsidesMayGo() && share_.IsItsTurn(queued() != 0);
  return aside ? queue_.PopAside() : queue_.PopMessage();
}

void Back::Link::Pump() {
  while (AnyMayGo() && TakeTurn()) Send(PopNext());
  AwaitPace();
}

// What only time can change: the end of a pause, the next place in a rate. Room in the window comes with an answer.
void Back::Link::AwaitPace() {
  if (queue_.empty() && !paused_ && pace_.is_free()) return pace_timer_.Stop();
  const TimePoint now = back_.context_.now();
  TimePoint at = pace_.Next(now);
  PublishPace();
  if (stopped_) return pace_timer_.Stop();
  const bool pauses = state_->throttle.load(std::memory_order_relaxed) != Throttle::kNone;
  const bool waits = queued() != 0 || (queue_.has_asides() && share_.HasPlace());
  if (waits) at = std::max(at, supplier_->pace.next());
  if (waits && queued() == 0) at = std::max(at, share_.next());
  const bool sends = waits && CanSend();
  if (!(sends || pauses) || at == TimePoint::max()) return pace_timer_.Stop();
  // Its turn came since Pump looked: another thread changed the rate.
  if (at <= now) return sends ? pace_timer_.Start(Duration{0}) : pace_timer_.Stop();
  if (!pauses) back_.context_.metrics.Add(Metric::submits_paced);
  pace_timer_.Start(at - now);
}

void Back::Link::DropQueue() {
  while (queued() != 0) back_.End(queue_.PopMessage(), JobEnd::kNotSent, {}, {});
  while (queue_.has_asides()) back_.End(queue_.PopAside(), JobEnd::kNotSent, {}, {});
}

void Back::Link::DropExpired() {
  for (const SlotId job : queue_.PopExpired(back_.context_.now()))
    back_.End(job, JobEnd::kNotSent, {}, {});
  queue_.empty() ? queue_timer_.Stop() : LookAt(queue_.first_over());
  CountLoad();
}

void Back::Link::LookAt(TimePoint first) {
  looks_at_ = first;
  queue_timer_.Start(first - back_.context_.now());
}

void Back::Link::OnSubmitEnd(SmscSession&, const Outstanding& request, SubmitEnd end,
                             const smpp::Header& header, const Slice& pdu) {
  if (IsOfAside(request.token)) {
    share_.OnEnd(back_.context_.now());
  } else {
    NotePace(request, end, header.command_status);  // before the message looks for its next route
  }
  static constexpr JobEnd kEnds[] = {JobEnd::kAnswered, JobEnd::kTimeout, JobEnd::kLinkLost};
  back_.End(request.token, kEnds[static_cast<std::size_t>(end)], header, pdu);
  if (stopped_) return LeaveWhenEmpty();
  Pump();
  CountLoad();
}

void Back::Link::NotePace(const Outstanding& request, SubmitEnd end, smpp::Status status) {
  const TimePoint now = back_.context_.now();
  const std::uint64_t pauses = pace_.pauses();
  const bool was_free = pace_.is_free();
  if (end == SubmitEnd::kTimeout) {
    pace_.OnNoAnswer(request.sent_at, now);
  } else if (end == SubmitEnd::kAnswered) {
    const bool throttled =
        status != smpp::Status::ESME_ROK && Classify(status, statuses_) == RetryClass::kThrottle;
    throttled ? pace_.OnThrottled(request.sent_at, now) : pace_.OnGood(request.sent_at, now);
  }
  if (was_free && pace_.is_free()) return;
  PublishPace();
  if (pace_.pauses() == pauses) return;
  back_.context_.metrics.Add(Metric::throttle_pauses);
  Log(Event::supplier_throttles, {{"sess", state_->name},
                                  {"status", smpp::StatusName(status)},
                                  {"value", static_cast<std::uint32_t>(status)},
                                  {"rate_per_second", pace_.rate()}});
}

// For those who look for a link, on any loop.
void Back::Link::PublishPace() {
  const Throttle throttle = pace_.state(back_.context_.now());
  const bool paused = !stopped_ && throttle != Throttle::kNone;
  if (std::exchange(paused_, paused) != paused) {
    paused ? back_.context_.metrics.Add(Metric::binds_paused)
           : back_.context_.metrics.Sub(Metric::binds_paused);
  }
  if (stopped_) return;
  state_->throttle.store(throttle, std::memory_order_relaxed);
  state_->rate.store(pace_.rate(), std::memory_order_relaxed);
}

// --- the link itself -------------------------------------------------------------------------------------------

void Back::Link::OnSmscBound(SmscSession& session) {
  if (stopped_) return;
  state_->failures.store(0, std::memory_order_relaxed);
  state_->shown_version.store(session.shown_version(), std::memory_order_relaxed);
  if (CanTransmit(session.state())) SetUp(true);
  Pump();
  CountLoad();
}

// It is no route any more from here on, on any loop, nor for what it had. What waited for room looks for the next one; if the
// session is over, behind what was sent.
void Back::Link::OnSmscLeft(SmscSession& session) {
  if (stopped_) return;
  SetUp(false);
  if (session.state() == BindState::CLOSED) return;
  DropQueue();
  CountLoad();
}

void Back::Link::OnSmscEnded(SmscSession&, CloseReason reason) {
  if (stopped_) return Leave();  // lost before it could leave: it must not come back
  SetUp(false);
  session_number_ += 1;
  CountFailure(reason);
  // What waited for room has nothing to wait for: the next route may have it.
  DropQueue();
  pace_timer_.Stop();
  pace_.OnLost();
  state_->load.store(0, std::memory_order_relaxed);
  state_->queued.store(0, std::memory_order_relaxed);
  state_->changes.store(0, std::memory_order_relaxed);
}

// --- deliveries ------------------------------------------------------------------------------------------------

void Back::Link::OnDelivery(SmscSession& session, const smpp::Header& header, const Slice& pdu) {
  // Only answers keep it from its unbind, or not even they any more: what comes now is put off like what crosses that, or it would
  // owe for ever, or be told twice.
  if (stopped_ && (session.outstanding() == 0 || !leave_timer_.armed()))
    return session.AnswerDeliver(header.command_id, smpp::Status::ESME_RX_T_APPN,
                                 header.sequence_number);
  back_.events_.OnDelivery(
      *supplier_, state_->id_form, profile_ == nullptr ? pdu : InUsualForm(header.command_id, pdu),
      {back_.context_.loop, session_number_, header.command_id, header.sequence_number});
}

Slice Back::Link::InUsualForm(smpp::CommandId id, const Slice& pdu) const {
  Slice usual = profile_->ChangesReceipts() ? AsReceipt(*profile_, id, pdu) : pdu;
  if (!profile_->ChangesAddresses()) return usual;
  Slice mapped = WithNumbersOfClients(*profile_, id, usual);
  if (mapped.data() != usual.data()) back_.context_.metrics.Add(Metric::mo_rewritten);
  return mapped;
}

void Back::Link::Answer(const Origin& origin, smpp::Status status, Bytes tlvs) {
  SmscSession* session = SessionOf(origin);
  if (session == nullptr) return;
  if (!tlvs.empty() && !TakesTlvs(profile_.get(), *state_)) tlvs = {};
  session->AnswerDeliver(origin.command_id, status, origin.sequence_number, tlvs);
  if (stopped_) LeaveWhenEmpty();
}

void Back::Link::AnswerMalformed(const Origin& origin, smpp::Status status) {
  SmscSession* session = SessionOf(origin);
  if (session == nullptr) return;
  session->AnswerMalformed(origin.command_id, status, origin.sequence_number);
  if (stopped_) LeaveWhenEmpty();
}

}  // namespace hub::relay
