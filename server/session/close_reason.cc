#include "server/session/close_reason.h"

namespace hub {
namespace {

constexpr std::string_view kReasonNames[] = {
    "peer_closed",       "socket_error",
    "connect_failed",    "slow_reader",
    "tls_failed",        "bad_frame",
    "not_bound_in_time", "bind_refused",
    "link_dead",         "pdu_assembly",
    "inactive",          "unbound",
    "too_many_bad_pdus", "too_many_unsolicited",
    "displaced",         "shutdown",
    "outbind",           "bad_bind",
    "bind_unwritable",
};

}  // namespace

std::string_view Name(CloseReason reason) { return kReasonNames[static_cast<std::size_t>(reason)]; }

CloseReason ReasonOf(net::CloseCause cause) {
  switch (cause) {
    case net::CloseCause::kPeerClosed:
      return CloseReason::peer_closed;
    case net::CloseCause::kConnectFailed:
      return CloseReason::connect_failed;
    case net::CloseCause::kOutputLimit:
      return CloseReason::slow_reader;
    case net::CloseCause::kTlsFailed:
      return CloseReason::tls_failed;
    case net::CloseCause::kError:
    case net::CloseCause::kOurs:
      break;
  }
  return CloseReason::socket_error;
}

}  // namespace hub
