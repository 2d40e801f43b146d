#include "server/session/session.h"

#include <algorithm>
#include <utility>

#include "server/base/check.h"
#include "server/telemetry/log.h"

namespace hub {
namespace {

using smpp::CommandId;
using smpp::Status;

// What may wait in the stream behind a bind that is being judged. Who sends more is not read, and its end not noticed, before the
// verdict: the end stands behind what it sent.
constexpr std::size_t kHeldOctetsMax = 4'096;

bool HasResponse(CommandId request) {
  return request != CommandId::outbind && request != CommandId::alert_notification;
}

}  // namespace

Session::Session(net::Network& network, const SessionLimits& limits, Metrics& metrics,
                 std::string name)
    : network_(network),
      limits_(limits),
      metrics_(metrics),
      name_(std::move(name)),
      since_(network.timers().now()),
      window_(limits.window_requests_max),
      last_message_(since_),
      init_timer_(network.timers(), [this] { OnInitTimeout(); }),
      response_timer_(network.timers(), [this] { OnResponseTimer(); }),
      enquire_timer_(network.timers(), [this] { OnEnquireTimer(); }),
      assembly_timer_(network.timers(), [this] { OnAssemblyTimer(); }),
      inactivity_timer_(network.timers(), [this] { OnInactivityTimer(); }),
      unbind_timer_(network.timers(), [this] { OnUnbindTimer(); }) {}

void Session::Attach(net::Stream& stream) {
  HUB_CHECK(stream_ == nullptr);
  stream_ = &stream;
  peer_ = stream.peer();
  init_timer_.Start(limits_.session_init_timeout);
}

void Session::Enter(BindState next) {
  const BindState from = state_;
  HUB_CHECK(from != BindState::CLOSED && next != BindState::OPEN);
  state_ = next;
  if (IsBound(next)) {
    init_timer_.Stop();
    ever_bound_ = true;
    since_ = last_message_ = now();
    if (limits_.enquire_link_interval > Duration{0})
      enquire_timer_.StartPatiently(limits_.enquire_link_interval);
    if (limits_.inactivity_timeout > Duration{0})
      inactivity_timer_.StartPatiently(limits_.inactivity_timeout);
  }
  if (next == BindState::CLOSED) {
    for (Timer* timer : {&init_timer_, &response_timer_, &enquire_timer_, &assembly_timer_,
                         &inactivity_timer_, &unbind_timer_}) {
      timer->Stop();
    }
  }
  OnEntered(from);
}

// --- octets in -------------------------------------------------------------------------------------------------

std::size_t Session::OnOctets(const Slice& octets) {
  std::size_t taken = 0;
  std::uint32_t frames = 0;
  std::size_t unfinished = 0;
  while (state_ != BindState::CLOSED && !held_) {
    const Bytes rest = octets.bytes().subspan(taken);
    const smpp::FrameCut cut = smpp::CutFrame(rest, limits_.pdu_octets_max);
    if (cut.cut == smpp::Cut::kNeedMore) {
      unfinished = rest.size();
      break;
    }
    if (cut.cut != smpp::Cut::kPdu) {
      LoseFraming(cut);
      break;
    }
    if (frames++ == limits_.frames_per_turn_max) {
      metrics_.Add(Metric::turns_cut);
      stream_->ReadMore();
      break;
    }
    ++pdus_in_;
    metrics_.Add(Metric::pdus_in);
    Slice pdu = octets.Sub(static_cast<std::uint32_t>(taken), cut.length);
    taken += cut.length;
    Dispatch(smpp::ReadHeader(pdu.data()), std::move(pdu));
  }
  if (taken != 0) WatchAssembly(0);  // time and reads count from the first octet of each PDU
  WatchAssembly(unfinished);
  if (held_ && octets.size() - taken > kHeldOctetsMax && state_ != BindState::CLOSED) {
    stream_->PauseReading();
  }
  return state_ == BindState::CLOSED ? octets.size() : taken;
}

void Session::WatchAssembly(std::size_t unfinished) {
  if (state_ == BindState::CLOSED) return;
  const bool more = std::exchange(unfinished_octets_, unfinished) != unfinished;
  if (unfinished == 0) {
    unfinished_reads_ = 0;
    return assembly_timer_.Stop();
  }
  if (!assembly_timer_.armed()) assembly_timer_.Start(limits_.pdu_assembly_timeout);
  // What is given again because a hold ended was read before.
  if (!more || ++unfinished_reads_ < limits_.pdu_reads_max) return;
  metrics_.Add(Metric::pdu_reads_closed);
  Close(CloseReason::pdu_assembly);
}

void Session::HoldFrames(bool hold, bool by_choice) {
  const bool was_unread = std::exchange(unread_, hold && by_choice);
  if (was_unread && !unread_) read_again_at_ = now();
  if (!was_unread && unread_) metrics_.Add(Metric::window_stalls);
  if (held_ == hold || state_ == BindState::CLOSED) return;
  held_ = hold;
  if (hold) return stream_->PauseReading();
  stream_->ResumeReading();
  stream_->ReadMore();
}

void Session::LoseFraming(const smpp::FrameCut& cut) {
  metrics_.Add(Metric::pdu_errors);
  SendAnswer(CommandId::generic_nack, Status::ESME_RINVCMDLEN, cut.sequence_number);
  CloseAfterFlush(CloseReason::bad_frame);
}

bool Session::Dispatch(const smpp::Header& header, Slice&& pdu) {
  if (smpp::IsResponse(header.command_id)) {
    DispatchResponse(header, pdu);
    return true;
  }
  const Status verdict = Judge(header.command_id);
  if (verdict != Status::ESME_ROK) {
    RefuseRequest(header.command_id, verdict, header.sequence_number);
    return false;
  }
  switch (header.command_id) {
    case CommandId::enquire_link:
      SendAnswer(CommandId::enquire_link_resp, Status::ESME_ROK, header.sequence_number);
      break;
    case CommandId::unbind:
      OnUnbindRequest(header.sequence_number);
      break;
    default:
      last_message_ = now();
      OnRequest(header, std::move(pdu));
  }
  return true;
}

void Session::OnUnbindRequest(std::uint32_t sequence_number) {
  if (peer_unbind_) {  // it asked before: one unbind_resp is on its way, and is the last that we say
    return RefuseRequest(CommandId::unbind, Status::ESME_RINVBNDSTS, sequence_number);
  }
  peer_unbind_ = sequence_number;
  if (state_ != BindState::UNBINDING) {  // else it crossed ours, and the grace is running
    Enter(BindState::UNBINDING);
    unbind_timer_.Start(limits_.unbind_grace);
  }
  OnPeerUnbind();
}

void Session::RefuseRequest(CommandId id, Status status, std::uint32_t sequence_number) {
  const bool unknown = status == Status::ESME_RINVCMDID;
  metrics_.Add(unknown ? Metric::pdu_errors : Metric::wrong_state);
  Log(Event::pdu_unexpected, {{"sess", name_},
                              {"peer", peer_},
                              {"command_id", static_cast<std::uint32_t>(id)},
                              {"state", Name(state_)},
                              {"status", smpp::StatusName(status)}});
  if (HasResponse(id))
    SendAnswer(unknown ? CommandId::generic_nack : smpp::ResponseOf(id), status, sequence_number);
  // What crosses an unbind is no offence: a client that pipelines has a window of it on its way, and the answers that it is owed must
  // not be lost by that. The grace and the output limit bound it.
  if (unknown || state_ != BindState::UNBINDING) NotePdu(false);
}

void Session::NotePdu(bool good) {
  bad_pdus_in_a_row_ = good ? 0 : bad_pdus_in_a_row_ + 1;
  const std::uint32_t most = ever_bound_ ? limits_.bad_pdus_max : limits_.unbound_bad_pdus_max;
  if (bad_pdus_in_a_row_ < most || state_ == BindState::CLOSED) return;
  metrics_.Add(Metric::bad_pdus_closed);
  CloseAfterFlush(CloseReason::too_many_bad_pdus);
}

void Session::DispatchResponse(const smpp::Header& header, const Slice& pdu) {
  const std::optional<Outstanding> request = window_.Close(header.sequence_number);
  if (!request && !OnUnmatched(header, pdu)) return NoteUnsolicited();
  unsolicited_in_a_row_ = bad_pdus_in_a_row_ = 0;
  if (!request) {  // late: the one that it had free
    timed_out_ -= timed_out_ > 0 ? 1 : 0;
    return;
  }
  if (request->command_id == CommandId::enquire_link) {
    enquire_misses_ = 0;
    if (window_.oldest() == nullptr) response_timer_.Stop();  // else it wakes the loop for nothing
    return;
  }
  if (request->command_id == CommandId::unbind) {
    unbind_answered_ = true;
    return OnUnbindAnswered();
  }
  last_message_ = now();
  OnResponse(*request, header, pdu);
}

// Late, duplicate or invented: never answered (§7 of the conformance notes). A supplier that stood still and then answers a whole
// window at once does nothing wrong: each request that timed out has one answer free.
void Session::NoteUnsolicited() {
  metrics_.Add(Metric::answers_too_late);
  if (timed_out_ > 0) {
    --timed_out_;
    return;
  }
  if (++unsolicited_in_a_row_ < limits_.unsolicited_responses_max) return;
  metrics_.Add(Metric::unsolicited_closed);
  CloseAfterFlush(CloseReason::too_many_unsolicited);
}

// --- octets out ------------------------------------------------------------------------------------------------

void Session::SendAnswer(CommandId id, Status status, std::uint32_t sequence_number) {
  if (state_ == BindState::CLOSED) return;
  if (id == CommandId::generic_nack) metrics_.Add(Metric::generic_nacks_sent);
  std::uint8_t pdu[smpp::kHeaderOctets];
  smpp::WriteHeader(pdu, {smpp::kHeaderOctets, id, status, sequence_number});
  CountOut();
  stream_->WriteCopy(pdu);
}

std::uint32_t Session::SendMessage(Slice pdu, CommandId id, std::uint64_t token) {
  const std::uint32_t number = window_.OpenMessage(id, token, now());
  smpp::PatchSequenceNumber(pdu.data(), number);
  last_message_ = now();
  CountOut();
  stream_->Write(std::move(pdu));
  ArmResponseTimer();
  return number;
}

bool Session::SendUnanswered(const Slice& pdu) {
  const std::optional<std::uint32_t> number = window_.PassNumber(now());
  if (!number) return false;
  smpp::PatchSequenceNumber(pdu.data(), *number);
  CountOut();
  stream_->Write(pdu);
  ++timed_out_;  // who does not know it may say so by a generic_nack
  return true;
}

void Session::SendLinkRequest(smpp::MutableBytes pdu, CommandId id) {
  const std::optional<std::uint32_t> number = window_.OpenLinkRequest(id, now());
  if (!number) return;  // the ring is full of unanswered requests: the response timer will speak
  smpp::PatchSequenceNumber(pdu.data(), *number);
  CountOut();
  stream_->WriteCopy(pdu);
  if (state_ != BindState::OPEN) ArmResponseTimer();
}

void Session::ArmResponseTimer() {
  if (!response_timer_.armed()) response_timer_.Start(limits_.response_timeout);
}

void Session::SendUnbind() {
  if (state_ == BindState::UNBINDING) return;  // it is on its way already
  if (!IsBound(state_)) return Close(CloseReason::shutdown);
  std::uint8_t pdu[smpp::kHeaderOctets];
  smpp::WriteHeader(pdu, {smpp::kHeaderOctets, CommandId::unbind, Status::ESME_ROK, 0});
  SendLinkRequest(pdu, CommandId::unbind);
  Enter(BindState::UNBINDING);
  unbind_timer_.Start(limits_.unbind_grace);
}

void Session::FinishUnbind() {
  if (state_ == BindState::CLOSED) return;
  if (peer_unbind_) SendAnswer(CommandId::unbind_resp, Status::ESME_ROK, *peer_unbind_);
  CloseAfterFlush(CloseReason::unbound);
}

// --- the end ---------------------------------------------------------------------------------------------------

void Session::Close(CloseReason reason) {
  if (state_ == BindState::CLOSED) return;
  reason_ = reason;
  Enter(BindState::CLOSED);
  stream_->Close();  // OnClosed comes at the end of this turn
}

void Session::CloseAfterFlush(CloseReason reason) {
  if (state_ == BindState::CLOSED) return;
  reason_ = reason;
  Enter(BindState::CLOSED);
  stream_->CloseAfterFlush();
}

void Session::OnClosed(net::CloseCause cause, int system_errno) {
  if (state_ != BindState::CLOSED) {
    reason_ = ReasonOf(cause);
    Enter(BindState::CLOSED);
    if (reason_ == CloseReason::slow_reader) {
      metrics_.Add(Metric::output_overflow);
      Log(Event::output_overflow, {{"sess", name_}, {"peer", peer_}});
    }
  }
  if (cause == net::CloseCause::kTlsFailed)
    Log(Event::tls_failed, {{"sess", name_}, {"peer", peer_}, {"why", tls().failure}});
  Log(Event::session_closed, {{"sess", name_},
                              {"peer", peer_},
                              {"why", Name(reason_)},
                              {"errno", static_cast<std::int64_t>(system_errno)}});
  while (const Outstanding* oldest = window_.oldest()) {
    OnLost(*window_.Close(oldest->sequence_number));
  }
  stream_ = nullptr;
  OnEnded(reason_);
}

}  // namespace hub
