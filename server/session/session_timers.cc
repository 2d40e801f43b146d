// What time alone does to a session: requests that nobody answers, a peer that is quiet, a PDU that does not become whole.
#include <algorithm>

#include "server/session/session.h"
#include "server/telemetry/log.h"

namespace hub {

using smpp::CommandId;
using smpp::Status;

// What the peer said while we chose not to read it has not come too late; but who never answers must not be waited for as long as
// it goes on talking.
Duration Session::WaitedFor(TimePoint sent_at) {
  static constexpr int kTimeoutsUnread = 5;
  const TimePoint readable = unread_ ? now() : read_again_at_;
  const TimePoint latest = sent_at + kTimeoutsUnread * limits_.response_timeout;
  return now() - std::max(sent_at, std::min(readable, latest));
}

void Session::OnResponseTimer() {
  while (state_ != BindState::CLOSED) {
    const Outstanding* oldest = window_.oldest();
    if (oldest == nullptr) return;
    const Duration waited = WaitedFor(oldest->sent_at);
    if (waited < limits_.response_timeout)
      return response_timer_.Start(limits_.response_timeout - waited);
    const Outstanding late = *window_.Close(oldest->sequence_number);
    ++timed_out_;
    if (late.command_id == CommandId::enquire_link) {
      OnEnquireMissed(late.sent_at);
    } else if (late.command_id == CommandId::unbind) {
      unbind_answered_ = true;  // as far as we wait for it: what is owed has unbind_timer_
      OnUnbindAnswered();
    } else {
      OnResponseTimeout(late);
    }
  }
}

void Session::OnEnquireTimer() {
  const Duration quiet = now() - stream_->last_received();
  if (quiet < limits_.enquire_link_interval) {
    return enquire_timer_.StartPatiently(limits_.enquire_link_interval - quiet);
  }
  SendEnquire();
}

// Any octet counts as life: v3.4 lets the peer answer with "any valid SMPP primitive". Who is not read is not dead because of it.
void Session::OnEnquireMissed(TimePoint sent_at) {
  if (unread_ || read_again_at_ >= sent_at || stream_->last_received() > sent_at) {
    enquire_misses_ = 0;
    return;
  }
  metrics_.Add(Metric::enquire_link_misses);
  if (++enquire_misses_ < limits_.enquire_link_misses_max) return SendEnquire();
  metrics_.Add(Metric::enquire_link_timeouts);
  Log(Event::enquire_link_timeout, {{"sess", name_}, {"peer", peer_}});
  Close(CloseReason::link_dead);
}

void Session::SendEnquire() {
  std::uint8_t pdu[smpp::kHeaderOctets];
  smpp::WriteHeader(pdu, {smpp::kHeaderOctets, CommandId::enquire_link, Status::ESME_ROK, 0});
  metrics_.Add(Metric::enquire_links_sent);
  window_.Rest();
  OnQuiet();
  SendLinkRequest(pdu, CommandId::enquire_link);
  enquire_timer_.StartPatiently(limits_.enquire_link_interval);
}

void Session::OnAssemblyTimer() {
  metrics_.Add(Metric::pdu_assembly_timeouts);
  Close(CloseReason::pdu_assembly);
}

void Session::OnInactivityTimer() {
  const TimePoint read = unread_ ? now() : read_again_at_;
  const Duration idle = now() - std::max(last_message_, read);
  if (idle < limits_.inactivity_timeout) {
    return inactivity_timer_.StartPatiently(limits_.inactivity_timeout - idle);
  }
  metrics_.Add(Metric::inactivity_timeouts);
  Log(Event::inactivity_timeout, {{"sess", name_}, {"peer", peer_}});
  SendUnbind();
}

void Session::OnUnbindTimer() {
  if (peer_unbind_) return FinishUnbind();
  Close(CloseReason::unbound);
}

}  // namespace hub
