#include "server/session/smsc_link.h"

#include <algorithm>

#include "server/telemetry/log.h"

namespace hub {
namespace {

// The peer was reached, and does not want us as we are: asking again soon changes nothing, and looks like an attack.
// ESME_RALYBND is none of these: the old session may linger there for a while.
bool RefusesCredentials(smpp::Status status) {
  using enum smpp::Status;
  return status == ESME_RINVPASWD || status == ESME_RINVSYSID || status == ESME_RBINDFAIL ||
         status == ESME_RINVSYSTYP;
}

}  // namespace

SmscLink::SmscLink(net::Network& network, SmscBind bind, const SessionLimits& limits,
                   const ReconnectLimits& reconnect, Metrics& metrics, std::string name,
                   std::uint64_t seed, SmscEvents& events, unsigned first_host)
    : network_(network),
      bind_(std::move(bind)),
      limits_(limits),
      reconnect_(reconnect),
      metrics_(metrics),
      name_(std::move(name)),
      random_(seed),
      events_(events),
      host_(first_host % (bind_.others.size() + 1)),
      timer_(network.timers(), [this] { Connect(); }) {}

SmscLink::~SmscLink() { SetRefused(false); }

void SmscLink::Start() { Connect(); }

void SmscLink::Stop() {
  stopped_ = true;
  timer_.Stop();
  SetRefused(false);
  if (session_ != nullptr) session_->Leave();
}

bool SmscLink::Hurry(Duration at_most_every) {
  const TimePoint now = network_.timers().now();
  if (stopped_ || refused_ || !timer_.armed()) return false;
  if (hurried_ && now - *hurried_ < at_most_every) return false;
  hurried_ = now;
  timer_.Stop();
  Connect();
  return true;
}

void SmscLink::Connect() {
  if (bind_.wants_tls && bind_.tls.context == nullptr) return DoNotTry(CloseReason::tls_failed);
  if (const std::string why = UnwritableOf(bind_); !why.empty()) {
    SetRefused(true);  // nobody will take it as it is
    Log(Event::supplier_bind_unwritable, {{"sess", name_}, {"why", why}});
    return DoNotTry(CloseReason::bind_unwritable);
  }
  metrics_.Add(Metric::smsc_connect_attempts);
  SmscEvents& self = *this;
  SmscBind bind = bind_;
  bind.address = address();
  if (bind.tls.server_name.empty()) bind.tls.server_name = bind.address.host;
  session_ = std::make_unique<SmscSession>(network_, bind, limits_, reconnect_.bind_timeout,
                                           metrics_, name_, self);
}

void SmscLink::DoNotTry(CloseReason why) {
  metrics_.Add(Metric::smsc_connect_failures);
  ++failures_;
  last_reason_ = why;
  events_.OnNotTried(why);
  ComeBack(false, why, Backoff());
}

const net::Address& SmscLink::address() const {
  return host_ == 0 ? bind_.address : bind_.others[host_ - 1];
}

bool SmscLink::NextHost() {
  const std::size_t hosts = bind_.others.size() + 1;
  host_ = (host_ + 1) % hosts;
  if (++hosts_tried_ < hosts) return true;
  hosts_tried_ = 0;
  return false;
}

void SmscLink::SetRefused(bool refused) {
  if (std::exchange(refused_, refused) == refused) return;
  refused ? metrics_.Add(Metric::binds_smsc_refused) : metrics_.Sub(Metric::binds_smsc_refused);
}

Duration SmscLink::Jittered(Duration base) {
  const auto quarter = static_cast<std::uint64_t>(base.count() / 4);
  return base - base / 4 + Duration(static_cast<std::int64_t>(random_.Below(2 * quarter + 1)));
}

Duration SmscLink::Backoff() {
  if (refused_) return Jittered(reconnect_.refused);
  const unsigned doublings = std::min<unsigned>(failures_ == 0 ? 0 : failures_ - 1, 16);
  return Jittered(std::min(reconnect_.min * (1u << doublings), reconnect_.max));
}

void SmscLink::OnSmscEnded(SmscSession& session, CloseReason reason) {
  const bool bound_before = session.ever_bound();
  const bool held = bound_before && network_.timers().now() - session.since() >= reconnect_.held;
  if (!bound_before) metrics_.Add(Metric::smsc_connect_failures);
  last_reason_ = reason;
  last_bind_status_ = session.bind_status();
  events_.OnSmscEnded(session, reason);
  // The stream that called us still stands on the stack: the session is buried at the end of the turn.
  network_.Defer(
      [dead = std::shared_ptr<SmscSession>(std::move(session_))]() mutable { dead.reset(); });
  if (stopped_) return;
  SetRefused(reason == CloseReason::bind_refused && RefusesCredentials(last_bind_status_));
  // Another host is tried at once, but only when this one was never reached: a peer that binds and drops us is no reason to
  // go round in circles.
  const bool at_once = NextHost() && !bound_before && !refused_;
  if (!at_once) {
    hosts_tried_ = 0;
    failures_ = held ? 1 : failures_ + 1;
  }
  ComeBack(bound_before, reason, at_once ? Duration{0} : Backoff());
}

void SmscLink::ComeBack(bool bound_before, CloseReason reason, Duration wait) {
  const Event event = bound_before ? Event::supplier_lost : Event::supplier_connect_failed;
  Log(event, {{"sess", name_},
              {"why", Name(reason)},
              {"failures", failures_},
              {"retry_ms", static_cast<std::int64_t>(wait / std::chrono::milliseconds(1))}});
  timer_.Start(wait);
}

}  // namespace hub
