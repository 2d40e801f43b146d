// Why sessions end.
#pragma once

#include <cstdint>
#include <string_view>

#include "server/net/stream.h"

namespace hub {

/// Why a session ended. Goes to the log and to `hubctl binds`.
enum class CloseReason : std::uint8_t {
  peer_closed,
  socket_error,
  connect_failed,
  slow_reader,        // output_octets_max passed
  tls_failed,         // the handshake, or a record after it
  bad_frame,          // command_length out of bounds: framing is lost
  not_bound_in_time,  // session_init_timeout
  bind_refused,
  link_dead,     // enquire_link not answered
  pdu_assembly,  // an unfinished PDU for too long
  inactive,
  unbound,  // orderly, either side
  too_many_bad_pdus,
  too_many_unsolicited,  // responses to nothing that we asked
  displaced,             // not bound, and a new connection of its address needed the room
  shutdown,
  outbind,          // an SMSC asked us to bind to it: we do so on a connection of ours
  bad_bind,         // a bind, or an answer to ours, that SMPP does not know
  bind_unwritable,  // a field of our bind is longer than SMPP, or a supplier, lets it be
};
std::string_view Name(CloseReason reason);

/// The same of a stream that ended without us.
CloseReason ReasonOf(net::CloseCause cause);

}  // namespace hub
