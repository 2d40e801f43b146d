#include "server/session/smsc_link.h"

#include <algorithm>

#include "server/telemetry/log.h"

namespace hub {

SmscLink::SmscLink(net::Network& network, SmscBind bind, const SessionLimits& limits,
                   const ReconnectLimits& reconnect, Metrics& metrics, std::string name,
                   std::uint64_t seed, SmscEvents& events)
    : network_(network),
      bind_(std::move(bind)),
      limits_(limits),
      reconnect_(reconnect),
      metrics_(metrics),
      name_(std::move(name)),
      random_(seed),
      events_(events),
      timer_(network.timers(), [this] { Connect(); }) {}

SmscLink::~SmscLink() = default;

void SmscLink::Start() { Connect(); }

void SmscLink::Stop() {
  stopped_ = true;
  timer_.Stop();
  if (session_ != nullptr) session_->Leave();
}

void SmscLink::Connect() {
  if (bind_.wants_tls && bind_.tls.context == nullptr) {
    ++failures_;
    last_reason_ = CloseReason::tls_failed;
    return ComeBack(false, CloseReason::tls_failed);
  }
  metrics_.Add(Metric::smsc_connect_attempts);
  SmscEvents& self = *this;
  session_ = std::make_unique<SmscSession>(network_, bind_, limits_, reconnect_.bind_timeout,
                                           metrics_, name_, self);
}

Duration SmscLink::Backoff() {
  const unsigned doublings = std::min<unsigned>(failures_ == 0 ? 0 : failures_ - 1, 16);
  const Duration base = std::min(reconnect_.min * (1u << doublings), reconnect_.max);
  const auto quarter = static_cast<std::uint64_t>(base.count() / 4);
  return base - base / 4 + Duration(static_cast<std::int64_t>(random_.Below(2 * quarter + 1)));
}

void SmscLink::OnSmscEnded(SmscSession& session, CloseReason reason) {
  const bool held =
      session.ever_bound() && network_.timers().now() - session.since() >= reconnect_.held;
  if (!session.ever_bound()) metrics_.Add(Metric::smsc_connect_failures);
  failures_ = held ? 1 : failures_ + 1;
  last_reason_ = reason;
  last_bind_status_ = session.bind_status();
  events_.OnSmscEnded(session, reason);
  // The stream that called us still stands on the stack: the session is buried at the end of the turn.
  const bool bound_before = session.ever_bound();
  network_.Defer(
      [dead = std::shared_ptr<SmscSession>(std::move(session_))]() mutable { dead.reset(); });
  if (!stopped_) ComeBack(bound_before, reason);
}

void SmscLink::ComeBack(bool bound_before, CloseReason reason) {
  const Duration wait = Backoff();
  const Event event = bound_before ? Event::supplier_lost : Event::supplier_connect_failed;
  Log(event, {{"sess", name_},
              {"why", Name(reason)},
              {"failures", failures_},
              {"retry_ms", static_cast<std::int64_t>(wait / std::chrono::milliseconds(1))}});
  timer_.Start(wait);
}

}  // namespace hub
