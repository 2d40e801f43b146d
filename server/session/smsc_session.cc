#include "server/session/smsc_session.h"

#include "protocol/pdu/answer.h"
#include "protocol/pdu/any_pdu.h"
#include "protocol/pdu/bind.h"
#include "protocol/pdu/response_tlvs.h"
#include "server/base/check.h"
#include "server/telemetry/log.h"

namespace hub {
namespace {

using smpp::CommandId;
using smpp::Status;

bool IsBind(CommandId id) {
  return id == CommandId::bind_transmitter || id == CommandId::bind_receiver ||
         id == CommandId::bind_transceiver;
}

// Behind system_id and its NUL stand TLVs, if any.
std::uint8_t ShownVersion(smpp::Bytes pdu) {
  smpp::Reader body(pdu.subspan(smpp::kHeaderOctets));
  std::string_view system_id;
  if (!body.CString(body.left(), system_id)) return 0;
  return smpp::FindTlvU8(body.rest(), smpp::Tag::sc_interface_version).value_or(0);
}

// The specification bounds what we take. What we say to a supplier has the length that the supplier gave it.
using BindAtSupplier =
    smpp::BindRequest<CommandId::bind_transceiver, smpp::kBindLongPasswordOctetsMax>;

struct BindField {
  const char* name;
  std::string SmscBind::*text;
  std::size_t octets_max;
};
constexpr BindField kBindFields[] = {
    {"system_id", &SmscBind::system_id, smpp::kBindSystemIdOctetsMax},
    {"password", &SmscBind::password, smpp::kBindLongPasswordOctetsMax},
    {"system_type", &SmscBind::system_type, smpp::kBindSystemTypeOctetsMax},
};

// Connecting, with TLS, must end within both timers; the bind has its own from then on. Whom we bind to is no stranger before its
// answer either.
SessionLimits OfSupplier(SessionLimits limits, Duration bind_timeout) {
  limits.session_init_timeout = limits.stream.connect_timeout + bind_timeout;
  limits.unbound_bad_pdus_max = limits.bad_pdus_max;
  return limits;
}

}  // namespace

std::string UnwritableOf(const SmscBind& bind) {
  for (const BindField& field : kBindFields) {
    const std::string& text = bind.*field.text;
    if (text.size() > field.octets_max) {
      return std::string(field.name) + " has " + std::to_string(text.size()) + " octets, " +
             std::to_string(field.octets_max) + " are the most";
    }
    if (text.find('\0') != std::string::npos) return std::string(field.name) + " has a NUL";
  }
  return {};
}

SmscSession::SmscSession(net::Network& network, const SmscBind& bind, const SessionLimits& limits,
                         Duration bind_timeout, Metrics& metrics, std::string name,
                         SmscEvents& events)
    : Session(network, OfSupplier(limits, bind_timeout), metrics, std::move(name)),
      bind_(bind),
      bind_timeout_(bind_timeout),
      events_(events),
      given_up_(limits.late_answers_max) {
  HUB_CHECK(!bind.wants_tls || bind.tls.context != nullptr);
  net::Stream* stream = bind.wants_tls
                            ? network.ConnectTls(bind.address, bind.tls, *this, limits.stream)
                            : network.Connect(bind.address, *this, limits.stream);
  Attach(*stream);
}

void SmscSession::OnConnected() {
  BindAtSupplier request;
  request.system_id = bind_.system_id;
  request.password = bind_.password;
  request.system_type = bind_.system_type;
  request.interface_version = bind_.interface_version;
  std::uint8_t pdu[128];
  const std::size_t octets =
      smpp::EncodeInto(smpp::MutableBytes(pdu), request, Status::ESME_ROK, 0);
  // The link asks before it connects. A row that it let pass must still cost its bind only, never the process.
  if (octets == 0 || octets > sizeof pdu) return Close(CloseReason::bind_unwritable);
  smpp::WriteU32(pdu + 4, static_cast<std::uint32_t>(bind_.command_id));
  SendLinkRequest({pdu, octets}, bind_.command_id);
  RestartInitTimer(bind_timeout_);
}

void SmscSession::OnResponse(const Outstanding& request, const smpp::Header& header,
                             const Slice& pdu) {
  if (IsBind(request.command_id)) return OnBindAnswer(header, pdu);
  metrics().Add(Metric::submit_responses);
  events_.OnSubmitEnd(*this, request, SubmitEnd::kAnswered, header, pdu);
  LeaveWhenSettled();
}

void SmscSession::OnBindAnswer(const smpp::Header& header, const Slice& pdu) {
  const bool fits = header.command_id == smpp::ResponseOf(bind_.command_id);
  if (fits && header.command_status == Status::ESME_ROK) {
    Enter(BoundStateOf(bind_.command_id));
    shown_version_ = ShownVersion(pdu.bytes());
    Log(Event::supplier_bound, {{"sess", name()},
                                {"peer", peer()},
                                {"mode", Name(state())},
                                {"tls", tls().version},
                                {"cipher", tls().cipher}});
    return events_.OnSmscBound(*this);
  }
  bind_status_ =
      header.command_status == Status::ESME_ROK ? Status::ESME_RBINDFAIL : header.command_status;
  Log(Event::supplier_bind_refused, {{"sess", name()},
                                     {"peer", peer()},
                                     {"status", smpp::StatusName(bind_status_)},
                                     {"value", static_cast<std::uint32_t>(bind_status_)}});
  // Who answers something else says nothing of our credentials.
  Close(fits ? CloseReason::bind_refused : CloseReason::bad_bind);
}

void SmscSession::OnResponseTimeout(const Outstanding& request) {
  metrics().Add(Metric::submit_timeouts);
  Log(Event::supplier_response_timeout,
      {{"sess", name()}, {"peer", peer()}, {"seq", request.sequence_number}});
  events_.OnSubmitEnd(*this, request, SubmitEnd::kTimeout, {}, {});
  // Behind it: what is forgotten was told as a timeout before. Who ends the session within that call ends it at the end of the
  // turn (net::StreamEvents::OnClosed), and OnEnded finds this one, too.
  HUB_CHECK(attached());
  given_up_.Put(request);
  ForgetTimeouts();
  LeaveWhenSettled();
}

void SmscSession::ForgetTimeouts() {
  while (const std::optional<Outstanding> gone = given_up_.Forget(now())) {
    metrics().Add(Metric::late_answers_forgotten);
    events_.OnTimeoutForgotten(*this, *gone);
  }
}

bool SmscSession::OnUnmatched(const smpp::Header& header, const Slice& pdu) {
  ForgetTimeouts();
  const Outstanding* known = given_up_.Find(header.sequence_number);
  // A response of another kind fails what waits; of what was given up it says nothing.
  if (known == nullptr || (header.command_id != smpp::ResponseOf(known->command_id) &&
                           header.command_id != CommandId::generic_nack))
    return false;
  const Outstanding request = *given_up_.Take(header.sequence_number);
  metrics().Add(Metric::late_answers);
  events_.OnLateAnswer(*this, request, header, pdu);
  return true;
}

void SmscSession::OnLost(const Outstanding& request) {
  if (!IsMessage(request.command_id)) return;  // the link's own
  metrics().Add(Metric::submits_link_lost);
  events_.OnSubmitEnd(*this, request, SubmitEnd::kLinkLost, {}, {});
}

void SmscSession::OnRequest(const smpp::Header& header, Slice&& pdu) {
  if (header.command_id == CommandId::alert_notification) {
    const bool good = smpp::JudgePdu(header.command_id, pdu.bytes().subspan(smpp::kHeaderOctets)) ==
                      Status::ESME_ROK;
    metrics().Add(good ? Metric::alerts_received : Metric::pdu_errors);
    NotePdu(good);
    if (good) events_.OnAlert(*this, pdu);
    return;
  }
  ++owed_;
  // A supplier has no window of ours: what it may leave with us unanswered has a limit here.
  if (owed_ > limits().deliveries_owed_max) {
    metrics().Add(Metric::deliveries_owed_full);
    return AnswerDeliver(header.command_id, Status::ESME_RX_T_APPN, header.sequence_number);
  }
  events_.OnDelivery(*this, header, pdu);
  if (!std::exchange(malformed_, false)) NotePdu(true);
}

void SmscSession::AnswerMalformed(CommandId request, Status status, std::uint32_t sequence_number) {
  metrics().Add(Metric::pdu_errors);
  AnswerDeliver(request, status, sequence_number);
  malformed_ = true;
  NotePdu(false);
}

void SmscSession::AnswerDeliver(CommandId request, Status status, std::uint32_t sequence_number,
                                Bytes tlvs) {
  --owed_;
  if (state() == BindState::CLOSED) return;
  std::uint8_t pdu[smpp::kAnswerOctetsMax];
  const std::size_t octets =
      smpp::WriteMessageIdAnswer(pdu, smpp::ResponseOf(request), status, sequence_number, {});
  CountOut();
  tlvs.empty() ? stream().WriteCopy({pdu, octets}) : WriteAnswer({pdu, octets}, tlvs);
  LeaveWhenSettled();
}

// A client may say much with its answers, and its supplier's bind serves all others, too.
void SmscSession::WriteAnswer(Bytes answer, Bytes tlvs) {
  if (stream().queued_octets() > limits().stream.output_octets_high) {
    metrics().Add(Metric::mo_answer_tlvs_dropped);
    return stream().WriteCopy(answer);
  }
  std::vector<std::uint8_t> pdu(answer.begin(), answer.end());
  pdu.resize(answer.size() + tlvs.size());
  pdu.resize(answer.size() + smpp::CopyRelayedTlvs(tlvs, pdu.data() + answer.size()));
  smpp::WriteU32(pdu.data(), static_cast<std::uint32_t>(pdu.size()));
  stream().WriteCopy(pdu);
}

// --- the supplier's unbind -------------------------------------------------------------------------------------

// Its answers may be on their way, in this very read: a submit that is answered is not sent again elsewhere.
void SmscSession::OnPeerUnbind() {
  LeaveWhenSettled();  // else the last answer does it, or unbind_grace: then what remains fails over
}

void SmscSession::LeaveWhenSettled() {
  if (peer_unbinds() && outstanding() == 0 && owed_ == 0) FinishUnbind();
}

void SmscSession::OnDrained() {
  if (CanSubmit()) events_.OnSmscBound(*this);
}

void SmscSession::OnEntered(BindState from) {
  if (IsBound(state())) metrics().Add(Metric::binds_smsc);
  if (!IsBound(from) || IsBound(state())) return;
  metrics().Sub(Metric::binds_smsc);
  events_.OnSmscLeft(*this);
}

void SmscSession::OnEnded(CloseReason reason) {
  while (const std::optional<Outstanding> gone = given_up_.ForgetAny())
    events_.OnTimeoutForgotten(*this, *gone);
  events_.OnSmscEnded(*this, reason);
}

}  // namespace hub
