// One bind at a supplier: its window, its queue, its deliveries.
#include "server/relay/back.h"
#include "server/telemetry/log.h"

namespace hub::relay {
namespace {

SessionLimits LimitsOf(const Limits& limits, const LinkState& state) {
  SessionLimits session = limits.smsc;
  session.window_requests_max = static_cast<std::uint32_t>(state.row.window_requests_max);
  session.response_timeout = std::chrono::milliseconds(state.response_timeout_ms);
  return session;
}

SmscBind BindOf(const store::SupplierBindRow& row) {
  SmscBind bind;
  bind.address = {row.host, row.port};
  bind.system_id = row.system_id;
  bind.password = row.password;
  bind.system_type = row.system_type;
  bind.interface_version = row.interface_version;
  bind.wants_tls = row.tls != store::SupplierTls::kOff;
  bind.tls.server_name = row.tls_server_name;
  using enum smpp::CommandId;
  bind.command_id = row.mode == "tx"   ? bind_transmitter
                    : row.mode == "rx" ? bind_receiver
                                       : bind_transceiver;
  return bind;
}

}  // namespace

Back::Link::Link(Back& back, std::shared_ptr<LinkState> state,
                 std::shared_ptr<SupplierState> supplier, SlotId id)
    : back_(back),
      state_(std::move(state)),
      supplier_(std::move(supplier)),
      session_number_(id),
      response_timeout_(std::chrono::milliseconds(state_->response_timeout_ms)),
      link_(back.context_.network, BindOf(state_->row), LimitsOf(back.context_.limits, *state_),
            back.context_.limits.reconnect, back.context_.metrics, state_->name,
            static_cast<std::uint64_t>(id) ^ static_cast<std::uint64_t>(state_->row.bind_id),
            *this),
      queue_timer_(back.context_.network.timers(), [this] { DropExpired(); }) {
  // A bind that was switched off and on again has the state that its predecessor left.
  CountLoad();
}

Back::Link::~Link() {
  if (!stopped_) SetUp(false);  // a stopped one left its state to its successor
}

void Back::Link::Stop() {
  if (stopped_) return;
  SetUp(false);
  stopped_ = true;
  DropQueue();
  LeaveWhenEmpty();
}

void Back::Link::LeaveWhenEmpty() {
  // An unbind now would make every submit that the supplier took already a submit that nobody answered.
  if (link_.session() == nullptr || link_.session()->outstanding() == 0) link_.Stop();
}

void Back::Link::SetUp(bool up) {
  if (stopped_ || state_->up.exchange(up) == up) return;
  supplier_->links_up.fetch_add(up ? 1 : -1);
}

void Back::Link::CountLoad() {
  if (stopped_) return;
  const std::uint32_t sent = link_.session() == nullptr ? 0 : link_.session()->outstanding();
  state_->load.store(static_cast<std::int32_t>(sent + queue_.size()), std::memory_order_relaxed);
  state_->queued.store(static_cast<std::int32_t>(queue_.size()), std::memory_order_relaxed);
}

// --- submits ---------------------------------------------------------------------------------------------------

void Back::Link::Take(SubmitJob job) {
  auto flight = std::make_unique<InFlight>();
  flight->job = std::move(job);
  const SlotId id = back_.jobs_.Insert(std::move(flight));
  if (queue_.empty() && CanSend()) return Send(id);
  const bool up = link_.session() != nullptr && CanTransmit(link_.session()->state());
  if (stopped_ || !up || queue_.size() >= back_.context_.limits.link_queue_messages_max) {
    if (up) {
      back_.context_.metrics.Add(Metric::queue_full);
      Log(Event::supplier_queue_full, {{"sess", state_->name}});
    }
    return back_.End(id, JobEnd::kNotSent, {}, {});
  }
  // A message waits here no longer than its supplier may take to answer.
  queue_.push_back({id, back_.context_.now() + response_timeout_});
  back_.context_.metrics.Add(Metric::queue_messages);
  if (!queue_timer_.armed()) queue_timer_.Start(response_timeout_);
  CountLoad();
}

void Back::Link::Send(SlotId id) {
  InFlight& flight = **back_.jobs_.Find(id);
  flight.sent_at = back_.context_.wall_now();
  back_.context_.metrics.Add(Metric::submits_sent);
  link_.session()->Submit(flight.job.pdu, flight.job.command_id, id);
  CountLoad();
}

SlotId Back::Link::PopQueue() {
  const SlotId job = queue_.front().job;
  queue_.pop_front();
  back_.context_.metrics.Sub(Metric::queue_messages);
  return job;
}

void Back::Link::Pump() {
  while (!queue_.empty() && CanSend()) Send(PopQueue());
}

void Back::Link::DropQueue() {
  while (!queue_.empty()) back_.End(PopQueue(), JobEnd::kNotSent, {}, {});
}

void Back::Link::DropExpired() {
  const TimePoint now = back_.context_.now();
  while (!queue_.empty() && queue_.front().give_up <= now)
    back_.End(PopQueue(), JobEnd::kNotSent, {}, {});
  if (!queue_.empty()) queue_timer_.Start(queue_.front().give_up - now);
  CountLoad();
}

void Back::Link::OnSubmitEnd(SmscSession&, const Outstanding& request, SubmitEnd end,
                             const smpp::Header& header, const Slice& pdu) {
  if (end == SubmitEnd::kLinkLost) SetUp(false);  // before the message looks for its next route
  static constexpr JobEnd kEnds[] = {JobEnd::kAnswered, JobEnd::kTimeout, JobEnd::kLinkLost};
  back_.End(request.token, kEnds[static_cast<std::size_t>(end)], header, pdu);
  if (stopped_) return LeaveWhenEmpty();
  Pump();
  CountLoad();
}

// --- the link itself -------------------------------------------------------------------------------------------

void Back::Link::OnSmscBound(SmscSession& session) {
  if (stopped_) return;
  state_->failures.store(0, std::memory_order_relaxed);
  if (CanTransmit(session.state())) SetUp(true);
  Pump();
  CountLoad();
}

void Back::Link::OnSmscEnded(SmscSession&, CloseReason reason) {
  if (stopped_) return link_.Stop();  // lost before it could leave: it must not come back
  SetUp(false);
  session_number_ += 1;
  state_->failures.fetch_add(1, std::memory_order_relaxed);
  // What waited for room has nothing to wait for: the next route may have it.
  state_->last_reason.store(reason, std::memory_order_relaxed);
  DropQueue();
  state_->load.store(0, std::memory_order_relaxed);
  state_->queued.store(0, std::memory_order_relaxed);
}

// --- deliveries ------------------------------------------------------------------------------------------------

void Back::Link::OnDelivery(SmscSession&, const smpp::Header& header, const Slice& pdu) {
  back_.events_.OnDelivery(
      *supplier_, state_->id_form, pdu,
      {back_.context_.loop, session_number_, header.command_id, header.sequence_number});
}

void Back::Link::Answer(const Origin& origin, smpp::Status status) {
  if (origin.link != session_number_ || link_.session() == nullptr) return;
  link_.session()->AnswerDeliver(origin.command_id, status, origin.sequence_number);
}

}  // namespace hub::relay
