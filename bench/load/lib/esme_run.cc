#include "bench/load/lib/esme_run.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <utility>

#include "bench/load/lib/status_counts.h"
#include "protocol/pdu/answer.h"

namespace hub::load {
namespace {

constexpr Duration kRampEvery = std::chrono::milliseconds(10);
// Above 5,000 messages/s those of one step leave together, the first of them so late: a turn for each would cost half a core, and the
// hub needs it. Their latency counts from when they were due, so it is never told too well.
constexpr Duration kPaceStep = std::chrono::microseconds(200);
constexpr Duration kTickEvery = std::chrono::milliseconds(100);
constexpr Duration kReconnectAfter = std::chrono::milliseconds(500);
constexpr Duration kUnbindWait = std::chrono::seconds(2);

}  // namespace

EsmeRun::EsmeRun(net::Network& network, const EsmeOptions& options, SubmitTemplate message,
                 std::function<void()> done)
    : network_(network),
      options_(options),
      message_(std::move(message)),
      done_(std::move(done)),
      pace_(options.rate, options.bursts),
      ramp_(network.timers(), [this] { ConnectSome(); }),
      due_(network.timers(),
           [this] {
             SendDue();
             Advance();
           }),
      reconnect_(network.timers(),
                 [this] {
                   for (EsmeSession* session : std::exchange(broken_, {})) session->Connect();
                 }),
      tick_(network.timers(), [this] { Tick(); }),
      phase_end_(network.timers(), [this] {
        if (phase_ == Phase::kSending) {
          StopSending();
        } else {
          Enter(phase_ == Phase::kReceipts ? Phase::kUnbinding : Phase::kDone);
        }
      }) {
  results_.idle = options_.idle;
  results_.receipts_asked = options_.registered_delivery != 0;
  results_.receipts_awaited = results_.receipts_asked && options_.wait_receipts.count() > 0;
}

void EsmeRun::Start() {
  started_ = last_progress_ = network_.clock().Now();
  sessions_.reserve(options_.sessions);
  ConnectSome();
  tick_.Start(kTickEvery);
}

// All at once would overflow the listener's backlog when there are thousands.
void EsmeRun::ConnectSome() {
  std::uint64_t due = options_.sessions;
  if (options_.binds_per_second != 0) {
    const auto ns = static_cast<std::uint64_t>((network_.clock().Now() - started_).count());
    due = std::min(due, 1 + ns / 1'000 * options_.binds_per_second / 1'000'000);
  }
  while (sessions_.size() < due) {
    sessions_.push_back(std::make_unique<EsmeSession>(*this, options_.window));
    sessions_.back()->Connect();
  }
  if (sessions_.size() < options_.sessions && phase_ == Phase::kBinding) ramp_.Start(kRampEvery);
}

void EsmeRun::Bound() {
  ++results_.binds;
  last_progress_ = network_.clock().Now();
  if (sessions_.size() < options_.sessions) return;
  const bool all = std::ranges::all_of(sessions_, [](const auto& s) { return s->bound(); });
  if (phase_ != Phase::kBinding || !all) return;
  sending_since_ = last_progress_;
  pace_.Begin(sending_since_);
  Enter(Phase::kSending);
}

void EsmeRun::BindRefused(smpp::Status status) {
  ++results_.binds_refused;
  if (phase_ == Phase::kBinding) GiveUp("bind refused: " + StatusText(status));
}

// How many messages should have been sent by `now`, while we send.
std::uint64_t EsmeRun::Wanted(TimePoint now) const {
  const std::uint64_t all =
      options_.count != 0 ? options_.count : std::numeric_limits<std::uint64_t>::max();
  if (options_.rate == 0) return all;
  const TimePoint last = sending_since_ + options_.duration - Duration(1);
  return std::min(all, pace_.DueBy(options_.count != 0 ? now : std::min(now, last)));
}

smpp::Bytes EsmeRun::NextMessage(std::uint32_t sequence_number) {
  return message_.Message(results_.sent++, sequence_number);
}

// A session has dealt with what came: flat out, or when messages are overdue, it fills its window again.
void EsmeRun::Progressed(EsmeSession& session) {
  if (phase_ == Phase::kSending && !options_.idle && !due_.armed()) FillWindow(session);
  Advance();
}

void EsmeRun::FillWindow(EsmeSession& session) {
  const TimePoint now = network_.clock().Now();
  const std::uint64_t wanted = Wanted(now);
  for (unsigned room = session.room(); room > 0 && results_.sent < wanted; --room) {
    session.Send(options_.rate == 0 ? now : pace_.DueAt(results_.sent));
  }
  if (results_.sent == wanted) AwaitDue(now);
}

// At a rate: the sessions take turns, one message each, until all that is due has left or all windows are full.
void EsmeRun::SendDue() {
  const TimePoint now = network_.clock().Now();
  const std::uint64_t wanted = Wanted(now);
  for (std::size_t full = 0; results_.sent < wanted && full < sessions_.size();) {
    EsmeSession& session = *sessions_[next_session_++ % sessions_.size()];
    full = session.room() == 0 ? full + 1 : 0;
    if (full == 0) session.Send(pace_.DueAt(results_.sent));
  }
  if (results_.sent == wanted) AwaitDue(now);
}

void EsmeRun::AwaitDue(TimePoint now) {
  if (options_.rate == 0) return;
  due_.Start(std::max(pace_.DueAt(results_.sent), now + kPaceStep) - network_.timers().now());
}

void EsmeRun::Answered(smpp::Status status, smpp::Bytes pdu, TimePoint since, TimePoint now) {
  ++results_.answered;
  results_.statuses.Add(status);
  results_.latencies.Add(now - since);
  const bool accepted = status == smpp::Status::ESME_ROK;
  (accepted ? results_.accepted_latencies : results_.refused_latencies).Add(now - since);
  if (timeline_ != nullptr) timeline_->Answered(accepted, now - since);
  results_.elapsed = now - sending_since_;
  last_progress_ = now;
  if (!accepted || !results_.receipts_asked) return;
  const std::string_view id = smpp::ReadMessageId(pdu);
  if (id.empty()) {
    ++results_.missing_ids;
  } else {
    results_.receipts.Accepted(id);
  }
}

void EsmeRun::Receipt(const smpp::Receipt& receipt) {
  last_progress_ = network_.timers().now();
  if (!smpp::IsFinal(receipt.state)) {
    ++results_.intermediates;
    return;
  }
  ++results_.receipt_states[receipt.state];
  results_.receipts.Received(receipt.id);
}

void EsmeRun::Closed(EsmeSession& session, unsigned lost, bool expected, net::CloseCause cause,
                     int system_errno) {
  results_.lost += lost;
  if (phase_ == Phase::kBinding && cause == net::CloseCause::kConnectFailed) {
    return GiveUp(SystemError("connect", system_errno).Text());
  }
  if (phase_ == Phase::kBinding && cause == net::CloseCause::kTlsFailed) {
    return GiveUp("the TLS handshake failed");
  }
  if (phase_ != Phase::kUnbinding && phase_ != Phase::kDone && !expected) {
    ++results_.connections_lost;
    broken_.push_back(&session);
    reconnect_.Start(kReconnectAfter);
  }
  Advance();
}

std::uint64_t EsmeRun::unanswered() const {
  std::uint64_t sum = 0;
  for (const auto& session : sessions_) sum += session->unanswered();
  return sum;
}

void EsmeRun::StopSending() {
  if (phase_ == Phase::kBinding) return GiveUp("stopped before all sessions were bound");
  if (phase_ != Phase::kSending) return;
  if (options_.rate != 0 && !options_.idle) SendDue();
  Enter(Phase::kAnswers);
  Advance();
}

// Goes to the next phase when the present one has nothing left to wait for.
void EsmeRun::Advance() {
  if (phase_ == Phase::kSending && options_.count != 0 && results_.sent >= options_.count) {
    Enter(Phase::kAnswers);
  }
  if (phase_ == Phase::kAnswers && unanswered() == 0) {
    Enter(results_.receipts_awaited ? Phase::kReceipts : Phase::kUnbinding);
  }
  if (phase_ == Phase::kReceipts && results_.receipts.complete()) Enter(Phase::kUnbinding);
  const bool all_closed = std::ranges::all_of(sessions_, [](const auto& s) { return s->closed(); });
  if (phase_ == Phase::kUnbinding && all_closed) Enter(Phase::kDone);
}

void EsmeRun::Enter(Phase phase) {
  if (phase_ == Phase::kDone) return;
  if (options_.rate != 0 && phase_ == Phase::kSending && !options_.idle) {
    results_.overdue = Wanted(network_.clock().Now()) - results_.sent;
  }
  phase_ = phase;
  due_.Stop();
  phase_end_.Stop();
  switch (phase) {
    case Phase::kSending:
      if (options_.count == 0) phase_end_.Start(options_.duration);
      if (options_.idle) return;
      if (options_.rate == 0) {
        for (const auto& session : sessions_) FillWindow(*session);
      } else {
        SendDue();
      }
      return Advance();
    case Phase::kReceipts:
      return phase_end_.Start(options_.wait_receipts);
    case Phase::kUnbinding:
      phase_end_.Start(kUnbindWait);
      reconnect_.Stop();
      ramp_.Stop();
      for (const auto& session : sessions_) session->Unbind();
      return;
    case Phase::kDone:
      tick_.Stop();
      return network_.Defer(done_);
    case Phase::kBinding:
    case Phase::kAnswers:
      return;
  }
}

// Nothing at all for answer_timeout, although something is owed: the peer is not going to answer.
void EsmeRun::Tick() {
  tick_.Start(kTickEvery);
  const bool waits = phase_ == Phase::kBinding || unanswered() > 0 ||
                     (phase_ == Phase::kSending && !broken_.empty());
  if (!waits) last_progress_ = network_.timers().now();  // between two bursts nothing is owed
  if (network_.timers().now() - last_progress_ > options_.answer_timeout) {
    GiveUp(fmt::format("no answer for {} s", options_.answer_timeout.count()));
  }
}

void EsmeRun::GiveUp(std::string why) {
  if (phase_ == Phase::kUnbinding || phase_ == Phase::kDone) return;
  results_.failure = std::move(why);
  Enter(Phase::kUnbinding);
}

std::string EsmeRun::ProgressLine() {
  const std::uint64_t news = results_.answered - std::exchange(answered_before_, results_.answered);
  if (options_.idle) return fmt::format("bound {} of {}", results_.binds, options_.sessions);
  std::string line = fmt::format("sent {}  answered {} (+{})  unanswered {}", results_.sent,
                                 results_.answered, news, unanswered());
  if (results_.receipts_asked) {
    line +=
        fmt::format("  receipts {}/{}", results_.receipts.matched(), results_.receipts.accepted());
  }
  if (results_.lost != 0) line += fmt::format("  lost {}", results_.lost);
  return line;
}

}  // namespace hub::load
