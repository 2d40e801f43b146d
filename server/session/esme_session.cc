#include "server/session/esme_session.h"

#include "protocol/pdu/any_pdu.h"
#include "protocol/pdu/bind.h"
#include "protocol/pdu/response_tlvs.h"
#include "server/base/check.h"
#include "server/telemetry/log.h"

namespace hub {
namespace {

using smpp::CommandId;
using smpp::Status;

// The version we support, told to peers that know TLVs.                      SMPP v3.4 §5.3.2.25
constexpr std::uint8_t kOurInterfaceVersion = 0x50;

// 0x00-0x33 is v3.3 or earlier, 0x35-0x4F is taken for v3.4, what we do not know for the highest that we have.
std::uint8_t VersionOf(std::uint8_t claimed) {
  if (claimed < 0x34) return 0x33;
  return claimed < 0x50 ? 0x34 : 0x50;
}

}  // namespace

EsmeSession::EsmeSession(net::Network& network, net::Stream& stream, const SessionLimits& limits,
                         Metrics& metrics, std::string name, EsmeEvents& events)
    : Session(network, limits, metrics, std::move(name)),
      events_(events),
      pace_timer_(network.timers(), [this] {
        has_turn_ = true;
        StartWaiting();
      }) {
  Attach(stream);
}

Status EsmeSession::Judge(CommandId pdu) const { return JudgeEsme(state(), pdu); }

void EsmeSession::OnRequest(const smpp::Header& header, Slice&& pdu) {
  const Bytes body = pdu.bytes().subspan(smpp::kHeaderOctets);
  switch (header.command_id) {
    case CommandId::bind_transmitter:
    case CommandId::bind_receiver:
    case CommandId::bind_transceiver:
      return OnBindRequest(header, body);
    case CommandId::outbind:
      return OnOutbindRequest(body);
    case CommandId::submit_sm:
    case CommandId::data_sm:
      waiting_.push_back({header, std::move(pdu)});
      return StartWaiting();
    default:
      break;
  }
  const Status defect = smpp::JudgePdu(header.command_id, body);
  if (defect != Status::ESME_ROK)
    SendAnswer(smpp::ResponseOf(header.command_id), defect, header.sequence_number);
  NotePdu(defect == Status::ESME_ROK);
  if (defect != Status::ESME_ROK) return;
  if (IsOffered(header.command_id)) {
    waiting_.push_back({header, std::move(pdu)});
    return StartWaiting();
  }
  // Known to SMPP, not offered here; judged all the same, so that its sender learns of a defect first.
  SendAnswer(CommandId::generic_nack, Status::ESME_RINVCMDID, header.sequence_number);
  events_.OnUnoffered(*this, header.command_id);
}

bool EsmeSession::IsOffered(CommandId command) {
  switch (command) {
    case CommandId::query_sm:
    case CommandId::cancel_sm:
    case CommandId::replace_sm:
    case CommandId::submit_multi:
      return true;
    case CommandId::broadcast_sm:
    case CommandId::query_broadcast_sm:
    case CommandId::cancel_broadcast_sm:
      return interface_version_ >= kBroadcastVersion && events_.TakesBroadcasts(*this);
    default:
      return false;
  }
}

// --- bind ------------------------------------------------------------------------------------------------------

void EsmeSession::OnBindRequest(const smpp::Header& header, Bytes body) {
  metrics().Add(Metric::bind_attempts);
  bind_command_ = header.command_id;
  bind_sequence_ = header.sequence_number;
  // The three binds share their layout; the struct's command does not matter to the decoder.
  const auto bind = smpp::Decode<smpp::BindTransceiver>(body);
  if (!bind) return EndBind(bind.error(), CloseReason::bad_bind);
  judging_ = true;
  StopInitTimer();
  HoldForJudge();
  interface_version_ = VersionOf(bind->interface_version);
  system_id_ = bind->system_id;
  events_.OnBind(*this, {header.command_id, system_id_, Secret(bind->password),
                         std::string(bind->system_type), interface_version_});
}

void EsmeSession::AcceptBind(std::string_view our_system_id, std::uint32_t requests_max) {
  if (state() != BindState::OPEN || !judging_) return;  // it hung up while it was judged
  judging_ = false;
  requests_max_ = requests_max;
  smpp::BindTransceiverResp response;
  response.system_id = our_system_id;
  const std::uint8_t version[] = {0x02, 0x10, 0x00, 0x01, kOurInterfaceVersion};
  if (speaks_tlvs()) response.tlvs = version;
  std::uint8_t pdu[64];
  const std::size_t octets =
      smpp::EncodeInto(smpp::MutableBytes(pdu), response, Status::ESME_ROK, bind_sequence_);
  HUB_CHECK(octets > 0 && octets <= sizeof pdu);
  smpp::WriteU32(pdu + 4, static_cast<std::uint32_t>(smpp::ResponseOf(bind_command_)));
  CountOut();
  stream().WriteCopy({pdu, octets});
  Enter(BoundStateOf(bind_command_));
  Log(Event::bind_accepted, {{"sess", name()},
                             {"peer", peer()},
                             {"system_id", system_id_},
                             {"mode", Name(state())},
                             {"tls", tls().version},
                             {"cipher", tls().cipher}});
  HoldFrames(false);
}

void EsmeSession::RefuseBind(Status status) { EndBind(status, CloseReason::bind_refused); }

void EsmeSession::EndBind(Status status, CloseReason reason) {
  if (state() != BindState::OPEN) return;
  judging_ = false;
  metrics().Add(Metric::bind_refused);
  SendAnswer(smpp::ResponseOf(bind_command_), status, bind_sequence_);
  CloseAfterFlush(reason);
}

// It has no response, good or bad.                                             SMPP v3.4 §4.1.7
void EsmeSession::OnOutbindRequest(Bytes body) {
  metrics().Add(Metric::outbinds_received);
  const auto outbind = smpp::Decode<smpp::Outbind>(body);
  NotePdu(outbind.ok());
  if (!outbind) return;
  events_.OnOutbind(*this, outbind->system_id, outbind->password);
  Close(CloseReason::outbind);
}

void EsmeSession::OnInitTimeout() {
  metrics().Add(Metric::init_timeouts);
  Log(Event::bind_timeout, {{"sess", name()}, {"peer", peer()}});
  Close(CloseReason::not_bound_in_time);
}

// --- answers ---------------------------------------------------------------------------------------------------

void EsmeSession::Answer(Bytes response) {
  if (state() != BindState::CLOSED) {
    CountOut();
    stream().WriteCopy(response);
  }
  Settled();
}

void EsmeSession::AnswerStatus(CommandId request, Status status, std::uint32_t sequence_number) {
  SendAnswer(smpp::ResponseOf(request), status, sequence_number);
  Settled();
}

void EsmeSession::AnswerMalformed(CommandId request, Status status, std::uint32_t sequence_number) {
  metrics().Add(Metric::pdu_errors);
  AnswerStatus(request, status, sequence_number);
  NotePdu(false);
}

void EsmeSession::Settled() {
  HUB_CHECK(owed_ > 0);
  --owed_;
  StartWaiting();
}

void EsmeSession::StartWaiting() {
  if (starting_) return;  // an answer given at once comes back here
  starting_ = true;
  while (owed_ < requests_max_ && !waiting_.empty() && state() != BindState::CLOSED && HasTurn()) {
    auto [header, pdu] = waiting_.Pop();
    ++owed_;
    events_.OnMessage(*this, header, std::move(pdu));
  }
  starting_ = false;
  // While our unbind is not answered, what the peer says to our deliveries may be on its way.
  if (state() == BindState::UNBINDING && goodbye_said() && owes_nothing()) return FinishUnbind();
  // Unbinding, too: what it answered to our deliveries stands behind what waits.
  if (ever_bound() && state() != BindState::CLOSED) Hold();
}

void EsmeSession::UseWindow(std::uint32_t requests_max) {
  requests_max_ = requests_max;
  if (IsBound(state())) StartWaiting();
}

void EsmeSession::LeaveTurn() {
  const bool has_one = pace_timer_.armed() || has_turn_;
  pace_timer_.Stop();
  has_turn_ = false;
  if (has_one) events_.GiveBackTurn(*this);
}

void EsmeSession::PaceAnew() {
  if (!pace_timer_.armed()) return;
  LeaveTurn();
  pace_timer_.Start(events_.Pace(*this, waiting_.front().first, waiting_.front().second));
}

bool EsmeSession::HasTurn() {
  if (pace_timer_.armed()) return false;
  if (std::exchange(has_turn_, false)) return true;
  const auto& [header, pdu] = waiting_.front();
  const Duration wait = events_.Pace(*this, header, pdu);
  if (wait > Duration{0}) pace_timer_.Start(wait);
  return wait == Duration{0};
}

void EsmeSession::OnDrained() {
  if (!ever_bound() || state() == BindState::CLOSED) return;
  Hold();
  if (IsBound(state())) events_.OnDrained(*this);
}

void EsmeSession::OnPeerUnbind() {
  if (owes_nothing()) FinishUnbind();  // else the last Answer, or unbind_grace, does it
}

void EsmeSession::OnUnbindAnswered() {
  if (owes_nothing()) FinishUnbind();  // else the last Answer, or unbind_grace, does it
}

// --- deliveries ------------------------------------------------------------------------------------------------

void EsmeSession::OnResponse(const Outstanding& request, const smpp::Header& header,
                             const Slice& pdu) {
  // A generic_nack or a response of another type fails the delivery, never counts as success.
  const bool fits = header.command_id == smpp::ResponseOf(request.command_id);
  Status status = header.command_status;
  if (!fits && status == Status::ESME_ROK) status = Status::ESME_RUNKNOWNERR;
  Slice tlvs;
  if (fits) {
    const Bytes tail = smpp::ResponseTlvs(pdu.bytes());
    const auto octets = static_cast<std::uint32_t>(tail.size());
    if (octets != 0) tlvs = pdu.Sub(pdu.size() - octets, octets);
  }
  events_.OnDeliverEnd(*this, request.token, DeliverEnd::kAnswered, status, tlvs);
}

void EsmeSession::OnResponseTimeout(const Outstanding& request) {
  events_.OnDeliverEnd(*this, request.token, DeliverEnd::kTimeout, Status::ESME_ROK, {});
}

void EsmeSession::OnLost(const Outstanding& request) {
  if (!IsMessage(request.command_id)) return;  // the session's own
  events_.OnDeliverEnd(*this, request.token, DeliverEnd::kLinkLost, Status::ESME_ROK, {});
}

// --- the end ---------------------------------------------------------------------------------------------------

void EsmeSession::OnEntered(BindState from) {
  if (state() == BindState::CLOSED) LeaveTurn();
  if (IsBound(state())) metrics().Add(Metric::binds_esme);
  if (!IsBound(from) || IsBound(state())) return;
  metrics().Sub(Metric::binds_esme);
  events_.OnLeft(*this);
}

void EsmeSession::OnEnded(CloseReason reason) { events_.OnEsmeEnded(*this, reason); }

}  // namespace hub
