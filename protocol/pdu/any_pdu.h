// Any PDU by its command_id: print, judge, round trip, or visit with a type.
#pragma once

#include <string>

#include "protocol/pdu/alert_notification.h"
#include "protocol/pdu/bind.h"
#include "protocol/pdu/broadcast_sm.h"
#include "protocol/pdu/cancel_sm.h"
#include "protocol/pdu/data_sm.h"
#include "protocol/pdu/header_only.h"
#include "protocol/pdu/message.h"
#include "protocol/pdu/query_sm.h"
#include "protocol/pdu/replace_sm.h"
#include "protocol/pdu/submit_multi.h"

namespace smpp {

/// Calls `visit.operator()<SubmitSm>()` and so on for the struct of `id`, as pdu_table.def says.
/// False, and no call, when `id` has none.
template <class Visitor>
bool VisitPdu(CommandId id, Visitor&& visit) {
  switch (id) {
#define PDU(command, type)             \
  case CommandId::command:             \
    visit.template operator()<type>(); \
    return true;
#include "protocol/pdu/pdu_table.def"
#undef PDU
  }
  return false;
}

/// What a request deserves before anyone looks at the session: ESME_ROK, ESME_RINVCMDID for an id
/// without a struct (answer generic_nack), or the status for its own response. `body` is what
/// stands behind the header. Also judges responses, for tests and tools; a hub never answers one.
Status JudgePdu(CommandId id, Bytes body);

/// Decodes and encodes a whole PDU (command_length octets) again: the same octets. Empty when it is
/// not well formed.
std::vector<std::uint8_t> RoundTrip(Bytes pdu);

/// One line for a log or a person: "submit_sm len=53 seq=2 service_type="" ... short_message=5
/// octets". Passwords are blanked, texts are replaced by their length, addresses by their last
/// digits, what is not printable is escaped. A PDU that does not decode says so: "submit_sm len=19
/// seq=10 malformed ESME_RINVCMDLEN".
std::string PrintPdu(Bytes pdu);

}  // namespace smpp
