// What both directions share: frames in, window, timers, enquire_link, unbind, close. Two small classes stand on it:
// EsmeSession (a customer bound to us) and SmscSession (we bound to a supplier).
#pragma once

#include <cstdint>
#include <string>

#include "protocol/wire/framing.h"
#include "protocol/wire/header.h"
#include "server/net/network.h"
#include "server/session/close_reason.h"
#include "server/session/rules.h"
#include "server/session/window.h"
#include "server/telemetry/metrics.h"

namespace hub {

/// Limits and timers of one session; the settings table fills them.
struct SessionLimits {
  std::uint32_t pdu_octets_max = smpp::kPduOctetsMaxDefault;
  std::uint32_t frames_per_turn_max = 128;    // then the neighbours run
  std::uint32_t window_requests_max = 100;    // requests of ours that may wait for the peer
  std::uint32_t deliveries_owed_max = 5'000;  // of a supplier's session; beyond: ESME_RX_T_APPN
  Duration session_init_timeout = std::chrono::seconds(10);  // accept to bind; SMPP v3.4 §7.2
  Duration enquire_link_interval =
      std::chrono::seconds(30);               // since the last octet received; 0: never
  std::uint32_t enquire_link_misses_max = 1;  // unanswered in a row; then the link is dead
  Duration response_timeout = std::chrono::seconds(10);      // each request of ours
  Duration pdu_assembly_timeout = std::chrono::seconds(30);  // first to last octet of one PDU
  Duration inactivity_timeout{0};                            // since the last message; 0: never
  std::uint32_t pdu_reads_max = 2'000;                       // of the octets of one PDU
  std::uint32_t pdu_tlvs_max = 64;                           // of one message; its owner keeps it
  std::uint32_t bad_pdus_max = 100;               // malformed or unexpected requests in a row
  std::uint32_t unbound_bad_pdus_max = 3;         // the same of a customer that is not bound yet
  std::uint32_t unsolicited_responses_max = 100;  // in a row, to nothing that we asked
  std::size_t late_answers_max = 10'000;  // of a supplier's session: requests that timed out, and
                                          // whose answer is still known; the oldest give way
  Duration unbind_grace =
      std::chrono::seconds(5);  // outstanding answers, and the wait for unbind_resp
  net::StreamLimits stream{};
};

class Session : public net::StreamEvents {
 public:
  ~Session() override = default;
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  BindState state() const { return state_; }
  const std::string& name() const { return name_; }  // "c-17": prefix of every log line about it
  const std::string& peer() const { return peer_; }
  net::TlsFacts tls() const { return stream_ == nullptr ? net::TlsFacts{} : stream_->tls(); }
  std::uint32_t outstanding() const { return window_.messages(); }
  std::uint32_t window_max() const { return window_.requests_max(); }
  std::uint64_t pdus_in() const { return pdus_in_; }
  std::uint64_t pdus_out() const { return pdus_out_; }
  TimePoint since() const { return since_; }  // connected, and once bound: bound
  bool ever_bound() const { return ever_bound_; }

  /// Ends the session at once. Twice is normal: an error and a timeout can share a turn.
  void Close(CloseReason reason);

  // net::StreamEvents
  std::size_t OnOctets(const Slice& octets) final;
  void OnConnected() override {}
  void OnDrained() override {}
  void OnClosed(net::CloseCause cause, int system_errno) final;

 protected:
  Session(net::Network& network, const SessionLimits& limits, Metrics& metrics, std::string name);

  /// Who may send what on this side.
  virtual smpp::Status Judge(smpp::CommandId pdu) const = 0;
  /// A request that Judge allowed, enquire_link and unbind excepted. `pdu` is the whole PDU and ours to patch.
  virtual void OnRequest(const smpp::Header& header, Slice&& pdu) = 0;
  /// A response (or generic_nack) that matched a message of ours.
  virtual void OnResponse(const Outstanding& request, const smpp::Header& header,
                          const Slice& pdu) = 0;
  /// A response that matched nothing that waits. True: it is known all the same, and not unsolicited.
  virtual bool OnUnmatched(const smpp::Header&, const Slice& /*pdu*/) { return false; }
  /// A message of ours that got no response in time.
  virtual void OnResponseTimeout(const Outstanding& request) = 0;
  /// The peer asked to unbind: answer what completes, then call FinishUnbind.
  virtual void OnPeerUnbind() = 0;
  /// The state has just changed from `from`: keep lists and gauges.
  virtual void OnEntered(BindState from) = 0;
  /// The last call, once: the window is failed by OnLost for each message first.
  virtual void OnEnded(CloseReason reason) = 0;
  virtual void OnLost(const Outstanding& request) = 0;
  /// The peer answered our unbind, and nothing of it comes any more; or the time for that answer is over.
  virtual void OnUnbindAnswered() { Close(CloseReason::unbound); }
  /// Nothing came for enquire_link_interval: what a busy hour needed is given back.
  virtual void OnQuiet() {}
  /// Called by the clock in OPEN (the side decides what that means).
  virtual void OnInitTimeout() { Close(CloseReason::not_bound_in_time); }

  void Attach(net::Stream& stream);  // once, at the start
  net::Stream& stream() { return *stream_; }
  bool attached() const { return stream_ != nullptr; }
  net::Network& network() { return network_; }
  TimePoint now() { return network_.timers().now(); }
  Window& window() { return window_; }
  const SessionLimits& limits() const { return limits_; }
  Metrics& metrics() { return metrics_; }

  /// The one place where the state changes: starts and stops timers, counts, logs.
  void Enter(BindState next);

  /// Sends a message of ours and opens its window slot; patches the sequence_number in place. Not when window().full().
  std::uint32_t SendMessage(Slice pdu, smpp::CommandId id, std::uint64_t token);
  /// Sends a request that has no response; patches the sequence_number in place. False: no number is free.
  bool SendUnanswered(const Slice& pdu);
  /// Sends a bind, enquire_link or unbind of ours: outside the window, but answered within response_timeout; a bind within the
  /// init timer.
  void SendLinkRequest(smpp::MutableBytes pdu, smpp::CommandId id);
  void SendAnswer(smpp::CommandId id, smpp::Status status,
                  std::uint32_t sequence_number);  // 16 octets
  void SendUnbind();
  void FinishUnbind();  // unbind_resp, then close

  /// While held, frames wait in the stream: a bind is being judged, or the peer's window is full.
  /// by_choice: the peer is well and would be read; what it may have answered meanwhile has not come too late.
  void HoldFrames(bool hold, bool by_choice = false);
  /// The same until HoldFrames(false), and a peer that hangs up is noticed: a little of what it sends is still read.
  void HoldForJudge() { held_ = true; }
  /// The next step towards a bind has its own time: OnInitTimeout comes then, and not before.
  void RestartInitTimer(Duration time) { init_timer_.Start(time); }
  /// The peer has done its part and waits for us: a bind is being judged.
  void StopInitTimer() { init_timer_.Stop(); }
  void CloseAfterFlush(CloseReason reason);
  void CountOut() {
    ++pdus_out_;
    metrics_.Add(Metric::pdus_out);
  }
  /// Every request tells whether its body was good, once it is answered: bad_pdus_max bad ones in a row close the session.
  void NotePdu(bool good);
  /// Either side asked to unbind, and it is for us alone to end it.
  bool goodbye_said() const { return peer_unbind_.has_value() || unbind_answered_; }
  bool peer_unbinds() const { return peer_unbind_.has_value(); }

 private:
  bool Dispatch(const smpp::Header& header, Slice&& pdu);
  void NoteUnsolicited();
  void DispatchResponse(const smpp::Header& header, const Slice& pdu);
  void OnUnbindRequest(std::uint32_t sequence_number);
  void RefuseRequest(smpp::CommandId id, smpp::Status status, std::uint32_t sequence_number);
  void LoseFraming(const smpp::FrameCut& cut);
  void OnResponseTimer();
  Duration WaitedFor(TimePoint sent_at);
  void OnEnquireTimer();
  void SendEnquire();
  void OnEnquireMissed(TimePoint sent_at);
  void OnAssemblyTimer();
  void OnInactivityTimer();
  void OnUnbindTimer();
  void ArmResponseTimer();
  void WatchAssembly(std::size_t unfinished);

  net::Network& network_;
  const SessionLimits limits_;
  Metrics& metrics_;
  const std::string name_;
  std::string peer_;
  net::Stream* stream_ = nullptr;
  BindState state_ = BindState::OPEN;
  TimePoint since_;
  Window window_;
  bool held_ = false;
  bool unread_ = false;        // held because it has said enough, not because it does not read
  TimePoint read_again_at_{};  // the last time
  bool ever_bound_ = false;
  CloseReason reason_ = CloseReason::peer_closed;
  std::optional<std::uint32_t>
      peer_unbind_;               // sequence_number of the peer's unbind, to be answered
  bool unbind_answered_ = false;  // ours; or it is not waited for any more
  std::uint32_t bad_pdus_in_a_row_ = 0;
  std::uint32_t unsolicited_in_a_row_ = 0;
  std::size_t unfinished_octets_ = 0;   // of the PDU that is not whole yet,
  std::uint32_t unfinished_reads_ = 0;  // and the reads that they came in
  std::uint64_t timed_out_ = 0;         // requests whose answer may still come
  std::uint32_t enquire_misses_ = 0;    // in a row
  std::uint64_t pdus_in_ = 0, pdus_out_ = 0;
  TimePoint last_message_{};

  Timer init_timer_;
  Timer response_timer_;
  Timer enquire_timer_;
  Timer assembly_timer_;
  Timer inactivity_timer_;
  Timer unbind_timer_;
};

}  // namespace hub
