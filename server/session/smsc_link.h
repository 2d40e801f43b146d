// One connection to a supplier that is meant to be there: connects, binds, and comes back after every loss.
#pragma once

#include <memory>
#include <optional>

#include "server/base/random.h"
#include "server/session/smsc_session.h"

namespace hub {

/// Waits between two tries: doubles from min to max, each with a jitter of +-25 %; starts over after a bind that held. A
/// bind with several hosts tries each of them before it waits. Never gives up.
struct ReconnectLimits {
  Duration min = std::chrono::seconds(1);
  Duration max = std::chrono::seconds(60);
  Duration bind_timeout = std::chrono::seconds(10);
  Duration refused = std::chrono::seconds(300);  // after the peer refused system_id or password
  Duration held = std::chrono::seconds(30);      // a bind that lived that long was a good one
};

/// Owned by its loop. `first_host`: of bind.address and bind.others, counted round; so that links spread. `events` hears of each session; exactly one session, or one timer, lives at a time.
class SmscLink final : private SmscEvents {
 public:
  SmscLink(net::Network& network, SmscBind bind, const SessionLimits& limits,
           const ReconnectLimits& reconnect, Metrics& metrics, std::string name, std::uint64_t seed,
           SmscEvents& events, unsigned first_host = 0);
  ~SmscLink() override;

  void Start();
  /// Of the connections from now on; null while the files of a bind that wants TLS are not good: then none is tried.
  void UseTls(net::TlsContextPtr tls) { bind_.tls.context = std::move(tls); }
  /// No reconnect from now on; an open session unbinds. `OnSmscEnded` is the last that is heard (or nothing if none was open).
  void Stop();

  /// The peer says that it is there (outbind): tries again now instead of after its pause, if it has one and was not hurried
  /// within `at_most_every`. Not when the peer refuses our credentials: asking again does not change them. False: nothing happened.
  bool Hurry(Duration at_most_every);

  /// Null while it is not there.
  SmscSession* session() { return session_.get(); }
  bool idle() const { return session_ == nullptr; }
  const std::string& name() const { return name_; }
  std::uint32_t failures() const { return failures_; }
  CloseReason last_reason() const { return last_reason_; }
  smpp::Status last_bind_status() const { return last_bind_status_; }
  /// The peer refuses system_id or password, or no bind request can carry them: it is asked again after ReconnectLimits::refused.
  bool refused() const { return refused_; }
  const net::Address& address() const;  // that it is at, or goes to next

 private:
  void Connect();
  void DoNotTry(CloseReason why);
  void ComeBack(bool bound_before, CloseReason reason, Duration wait);
  Duration Backoff();
  Duration Jittered(Duration base);
  void SetRefused(bool refused);
  /// After a try that failed: true when there is another host to try before the next pause.
  bool NextHost();

  void OnSmscBound(SmscSession& session) override {
    SetRefused(false);
    events_.OnSmscBound(session);
  }
  void OnSmscLeft(SmscSession& session) override { events_.OnSmscLeft(session); }
  void OnSubmitEnd(SmscSession& session, const Outstanding& request, SubmitEnd end,
                   const smpp::Header& header, const Slice& pdu) override {
    events_.OnSubmitEnd(session, request, end, header, pdu);
  }
  void OnLateAnswer(SmscSession& session, const Outstanding& request, const smpp::Header& header,
                    const Slice& pdu) override {
    events_.OnLateAnswer(session, request, header, pdu);
  }
  void OnTimeoutForgotten(SmscSession& session, const Outstanding& request) override {
    events_.OnTimeoutForgotten(session, request);
  }
  void OnDelivery(SmscSession& session, const smpp::Header& header, const Slice& pdu) override {
    events_.OnDelivery(session, header, pdu);
  }
  void OnAlert(SmscSession& session, const Slice& pdu) override { events_.OnAlert(session, pdu); }
  void OnSmscEnded(SmscSession& session, CloseReason reason) override;

  net::Network& network_;
  SmscBind bind_;
  const SessionLimits limits_;
  const ReconnectLimits reconnect_;
  Metrics& metrics_;
  const std::string name_;
  Random random_;
  SmscEvents& events_;
  std::unique_ptr<SmscSession> session_;
  bool stopped_ = false;
  bool refused_ = false;
  std::size_t host_;             // of all hosts: where it goes
  std::size_t hosts_tried_ = 0;  // since the last pause
  std::uint32_t failures_ = 0;   // in a row
  CloseReason last_reason_ = CloseReason::peer_closed;
  smpp::Status last_bind_status_ = smpp::Status::ESME_ROK;
  std::optional<TimePoint> hurried_;  // last
  Timer timer_;
};

}  // namespace hub
