// Our bind at a supplier: we are the ESME.                                   SMPP v3.4 §2.2, §4.1
#pragma once

#include <string>
#include <vector>

#include "server/session/session.h"
#include "server/session/timed_out.h"

namespace hub {

class SmscSession;

enum class SubmitEnd : std::uint8_t { kAnswered, kTimeout, kLinkLost };

/// What a bind at a supplier is made of. Owns its strings.
struct SmscBind {
  net::Address address;
  std::string system_id, password, system_type;  // password: never logged
  std::uint8_t interface_version = 0x34;
  smpp::CommandId command_id = smpp::CommandId::bind_transceiver;
  bool wants_tls = false;
  net::TlsTarget tls{};                // when wants_tls; its server_name "": the host that is tried
  std::vector<net::Address> others{};  // where else it may be found
};

/// What of it no bind request can carry, "password has 65 octets, 64 are the most"; "": nothing.
std::string UnwritableOf(const SmscBind& bind);

/// All calls on the session's loop.
class SmscEvents {
 public:
  virtual ~SmscEvents() = default;
  virtual void OnSmscBound(SmscSession& session) = 0;
  /// It is not bound any more and takes no submit: either side unbinds, and what is outstanding may still be answered; or it is
  /// over (CLOSED), and OnSmscEnded comes when its last octets are written or not waited for.
  virtual void OnSmscLeft(SmscSession&) {}
  /// A submit_sm, data_sm, cancel_sm, replace_sm, query_sm or a request about broadcasts of ours came to its end. `header` and `pdu` (whole) only when answered; both are good for the call.
  virtual void OnSubmitEnd(SmscSession& session, const Outstanding& request, SubmitEnd end,
                           const smpp::Header& header, const Slice& pdu) = 0;
  /// One that ended by kTimeout is answered after all, by its response or a generic_nack; as above. Once at most.
  virtual void OnLateAnswer(SmscSession&, const Outstanding&, const smpp::Header&,
                            const Slice& /*pdu*/) {}
  /// Or it is not known any more: one too many (late_answers_max), too old, or the session ends. Each that ended by kTimeout
  /// comes to one of the two.
  virtual void OnTimeoutForgotten(SmscSession&, const Outstanding&) {}
  /// deliver_sm or data_sm of the supplier; owed exactly one AnswerDeliver.
  virtual void OnDelivery(SmscSession& session, const smpp::Header& header, const Slice& pdu) = 0;
  /// A good alert_notification; it has no response.
  virtual void OnAlert(SmscSession&, const Slice& /*pdu*/) {}
  virtual void OnSmscEnded(SmscSession& session, CloseReason reason) = 0;
  /// A link's: no session was begun, for what our own configuration lacks. It tries again after its pause.
  virtual void OnNotTried(CloseReason /*reason*/) {}
};

class SmscSession final : public Session {
 public:
  /// Starts to connect at once.
  SmscSession(net::Network& network, const SmscBind& bind, const SessionLimits& limits,
              Duration bind_timeout, Metrics& metrics, std::string name, SmscEvents& events);

  bool CanSubmit() { return CanTransmit(state()) && !window().full() && !stream().congested(); }
  /// For a bind with a rate: what the peer does not take now keeps CanSubmit() false until it has. While it is open.
  void SendNothingAhead() {
    if (!std::exchange(nothing_ahead_, true)) stream().SendNothingAhead();
  }
  /// Sends a message; only when CanSubmit(). The sequence_number is patched in place: the slice belongs to this session
  /// until the end is told.
  void Submit(Slice pdu, smpp::CommandId id, std::uint64_t token) {
    SendMessage(std::move(pdu), id, token);
  }

  /// Answers a delivery: deliver_sm_resp or data_sm_resp with an empty message_id. tlvs: whole ones, for a supplier that takes
  /// any; those of one hop are left out, and all while the supplier does not read: its bind must not end for them.
  void AnswerDeliver(smpp::CommandId request, smpp::Status status, std::uint32_t sequence_number,
                     Bytes tlvs = {});
  /// The same for one whose body did not parse, within its OnDelivery: it counts against bad_pdus_max.
  void AnswerMalformed(smpp::CommandId request, smpp::Status status, std::uint32_t sequence_number);

  /// Deliveries of the supplier that we have not answered yet.
  std::uint32_t owed() const { return owed_; }

  /// unbind, wait for its answer, close.
  void Leave() { SendUnbind(); }

  /// ESME_ROK until a bind was refused.
  smpp::Status bind_status() const { return bind_status_; }
  /// sc_interface_version that it showed when it took our bind; 0: none.     SMPP v3.4 §5.3.2.25
  std::uint8_t shown_version() const { return shown_version_; }

 protected:
  smpp::Status Judge(smpp::CommandId pdu) const override { return JudgeSmsc(state(), pdu); }
  void OnConnected() override;
  void OnDrained() override;
  void OnRequest(const smpp::Header& header, Slice&& pdu) override;
  void OnResponse(const Outstanding& request, const smpp::Header& header,
                  const Slice& pdu) override;
  bool OnUnmatched(const smpp::Header& header, const Slice& pdu) override;
  void OnResponseTimeout(const Outstanding& request) override;
  void OnPeerUnbind() override;
  void OnUnbindAnswered() override { FinishUnbind(); }
  void OnEntered(BindState from) override;
  void OnEnded(CloseReason reason) override;
  void OnLost(const Outstanding& request) override;

 private:
  void OnBindAnswer(const smpp::Header& header, const Slice& pdu);
  void WriteAnswer(Bytes answer, Bytes tlvs);
  void ForgetTimeouts();
  void LeaveWhenSettled();

  const SmscBind bind_;
  const Duration bind_timeout_;
  SmscEvents& events_;
  smpp::Status bind_status_ = smpp::Status::ESME_ROK;
  std::uint8_t shown_version_ = 0;
  TimedOut given_up_;
  std::uint32_t owed_ = 0;  // deliveries that we have not answered yet
  bool nothing_ahead_ = false;
  bool malformed_ = false;  // the delivery that is looked at
};

}  // namespace hub
