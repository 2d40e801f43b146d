// A customer's bind to us: we are the MC.                                    SMPP v3.4 §2.2, §4.1
#pragma once

#include <string>
#include <utility>

#include "server/base/ring.h"
#include "server/base/secret.h"
#include "server/base/slot_map.h"
#include "server/session/session.h"

namespace hub {

class EsmeSession;

/// What a peer said when it asked to bind. Owns its strings: the judge works on another thread.
struct BindAttempt {
  smpp::CommandId command_id{};
  std::string system_id;
  Secret password;  // never logged
  std::string system_type;
  std::uint8_t interface_version = 0;
};

enum class DeliverEnd : std::uint8_t { kAnswered, kTimeout, kLinkLost };

/// Who decides what a session only transports. All calls on the session's loop.
class EsmeEvents {
 public:
  virtual ~EsmeEvents() = default;
  /// Answer later with AcceptBind or RefuseBind, once; frames behind the bind wait.
  virtual void OnBind(EsmeSession& session, BindAttempt attempt) = 0;
  /// submit_sm, data_sm, or a query_sm, cancel_sm, replace_sm, submit_multi or (where TakesBroadcasts) broadcast_sm, query_broadcast_sm, cancel_broadcast_sm whose body is good. Every one is owed exactly one Answer, also when a message's body is bad. `pdu` is ours to keep and patch.
  virtual void OnMessage(EsmeSession& session, const smpp::Header& header, Slice&& pdu) = 0;
  /// How long the session's next request of OnMessage, and all behind it, waits for its turn. Asked once for each: OnMessage follows; or
  /// GiveBackTurn, and behind that it may be asked again (PaceAnew).
  virtual Duration Pace(EsmeSession&, const smpp::Header&, const Slice& /*pdu*/) {
    return Duration{0};
  }
  /// The one that Pace was asked about last waits no more for that turn.
  virtual void GiveBackTurn(EsmeSession&) {}
  /// Whether the peer, which speaks v5.0, may broadcast: asked of each request about broadcasts.
  virtual bool TakesBroadcasts(EsmeSession&) { return false; }
  /// Another command an ESME may send in its state; already answered. Only told for counting.
  virtual void OnUnoffered(EsmeSession& session, smpp::CommandId command) = 0;
  /// An SMSC connected and asks us to bind to it. The session ends with this call, whatever comes of it: nothing is proven.
  /// password: never logged.
  virtual void OnOutbind(EsmeSession&, std::string_view /*system_id*/,
                         std::string_view /*password*/) {}
  /// A deliver_sm or data_sm of ours came to its end. status: only when answered. tlvs: those of the response, whatever its
  /// status; mostly empty.
  virtual void OnDeliverEnd(EsmeSession& session, std::uint64_t token, DeliverEnd end,
                            smpp::Status status, const Slice& tlvs) = 0;
  /// It may be able to take deliveries again: its output drained.
  virtual void OnDrained(EsmeSession& session) = 0;
  /// It is bound no more: it unbinds, or its connection is gone. Its place may be taken at once.
  virtual void OnLeft(EsmeSession&) {}
  /// The last call; the session may be destroyed after this turn.
  virtual void OnEsmeEnded(EsmeSession& session, CloseReason reason) = 0;
};

class EsmeSession final : public Session {
 public:
  EsmeSession(net::Network& network, net::Stream& stream, const SessionLimits& limits,
              Metrics& metrics, std::string name, EsmeEvents& events);

  /// requests_max: how many messages may wait for our answer; as many again wait for their turn, the rest in the peer's socket.
  void AcceptBind(std::string_view our_system_id, std::uint32_t requests_max);
  void RefuseBind(smpp::Status status);

  /// Sends the response to a message: a whole PDU, header included. Counts the request as answered.
  void Answer(smpp::Bytes response);
  /// The same for an error: 16 octets.
  void AnswerStatus(smpp::CommandId request, smpp::Status status, std::uint32_t sequence_number);
  /// A body that did not parse: answered with `status`, and counted against bad_pdus_max.
  void AnswerMalformed(smpp::CommandId request, smpp::Status status, std::uint32_t sequence_number);

  /// A message whose body was good: the row of bad ones ends.
  void NoteGood() { NotePdu(true); }

  bool CanDeliver() { return CanReceive(state()) && !window().full() && !stream().congested(); }
  /// Sends a deliver_sm or data_sm to the client; only when CanDeliver(). The sequence_number is patched in place.
  void Deliver(Slice pdu, smpp::CommandId command, std::uint64_t token) {
    SendMessage(std::move(pdu), command, token);
  }

  /// Sends an alert_notification, which has no response. False: it cannot take one now, and need not.
  bool Notify(const Slice& pdu) {
    return CanReceive(state()) && speaks_tlvs() && !stream().congested() && SendUnanswered(pdu);
  }

  /// Turns are given otherwise from now on: who waits for one gives it back and asks again. No request begins within the call.
  void PaceAnew();

  /// Asks the peer to go: unbind, then close. An unbound one is closed at once.
  void Dismiss() { SendUnbind(); }

  const std::string& system_id() const { return system_id_; }
  std::uint8_t interface_version() const { return interface_version_; }
  bool speaks_tlvs() const { return interface_version_ >= 0x34; }
  /// Its peer reads what it is told: not more than output_octets_high waits.
  bool keeps_up() { return attached() && !stream().congested(); }
  std::uint32_t owed() const { return owed_; }
  /// So many of its requests may wait for our answer from now on; those that do stay.
  void UseWindow(std::uint32_t requests_max);

  SlotId id = 0;            // set by the owner
  void* account = nullptr;  // the owner's, borrowed: who this peer turned out to be

 protected:
  smpp::Status Judge(smpp::CommandId pdu) const override;
  void OnRequest(const smpp::Header& header, Slice&& pdu) override;
  void OnResponse(const Outstanding& request, const smpp::Header& header,
                  const Slice& pdu) override;
  void OnResponseTimeout(const Outstanding& request) override;
  void OnPeerUnbind() override;
  void OnQuiet() override { waiting_.Rest(); }
  void OnUnbindAnswered() override;
  void OnDrained() override;
  void OnEntered(BindState from) override;
  void OnEnded(CloseReason reason) override;
  void OnLost(const Outstanding& request) override;
  void OnInitTimeout() override;

 private:
  bool IsOffered(smpp::CommandId command);  // of those whose body is judged here
  void OnBindRequest(const smpp::Header& header, smpp::Bytes body);
  void EndBind(smpp::Status status, CloseReason reason);
  void OnOutbindRequest(smpp::Bytes body);
  void Settled();  // one request answered
  void StartWaiting();
  bool HasTurn();  // the first of those that wait
  void LeaveTurn();
  bool owes_nothing() const { return owed_ == 0 && waiting_.empty(); }
  /// Reading stops when a second window of messages waits, or while the peer does not read our answers.
  void Hold() {
    const bool enough = waiting_.size() >= requests_max_;
    HoldFrames(enough || stream().congested(), enough && !stream().congested());
  }

  EsmeEvents& events_;
  smpp::CommandId bind_command_{};  // while a bind is judged
  std::uint32_t bind_sequence_ = 0;
  bool judging_ = false;
  std::string system_id_;
  std::uint8_t interface_version_ = 0;
  std::uint32_t requests_max_ = 1;
  std::uint32_t owed_ = 0;  // requests of the peer that we have not answered yet
  // Messages beyond the window or the client's rate, at most one more window of them. They wait here and not in the socket, so that responses and
  // enquire_link behind them are still read.
  Ring<std::pair<smpp::Header, Slice>> waiting_;
  bool starting_ = false;
  Timer pace_timer_;  // until the first of them has its turn
  bool has_turn_ = false;
};

}  // namespace hub
