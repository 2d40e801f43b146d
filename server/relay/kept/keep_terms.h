// What a message of ours (answer = accepted) is kept by: class, priority, and its times.
#pragma once

#include "protocol/pdu/message_view.h"
#include "server/relay/message.h"

namespace hub::relay {

/// Fills class, priority, next_at and expires_at from the view, the client's row and `now`. A schedule_delivery_time is
/// ours to keep, so it leaves the PDU (a copy): a supplier would wait for it once more, or find it past.
///
/// returns  ESME_ROK, ESME_RINVSCHED (malformed, or past its validity), ESME_RINVEXPIRY (malformed or past)
/// times    validity_period and message_ttl_s count from now; the shorter holds          SMPP v3.4 §5.2.15, .16, §7.1.1
smpp::Status TakeKeepTerms(const smpp::MessageView& view, WallTime now, Message* message);

/// A relative validity_period would begin anew at the supplier: one that was held goes on as the absolute time that it
/// named when we accepted it. Patches the PDU in place, which must be the message's own.
void FixValidity(const smpp::MessageView& view, Message* message);

}  // namespace hub::relay
