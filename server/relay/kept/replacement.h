// What replace_sm makes of a message of ours.                                        SMPP v3.4 §4.10
#pragma once

#include "protocol/pdu/replace_sm.h"
#include "server/relay/message.h"

namespace hub::relay {

struct Replacement {
  Slice pdu;  // the message's own request from now on
  WallTime next_at{}, expires_at{};
};

/// The submit_sm of `message` with the text, times, registered_delivery and sm_default_msg_id of `request`. Times that it does
/// not tell stay. `row`: the client's.
///
/// returns  ESME_ROK
///          ESME_RREPLACEFAIL   it costs another price (other segments), or a text stands in message_payload; no submit_sm;
///                              the message has UDHI, and the text no header
///          ESME_RINVSCHED, ESME_RINVEXPIRY   a time that is malformed or past
///          or what a submit_sm with that text would be refused with
/// times    validity_period and schedule_delivery_time count from now; message_ttl_s from when it was accepted
smpp::Status MakeReplacement(const smpp::ReplaceSm& request, const Message& message,
                             const store::ClientRow& row, WallTime now, Replacement* to);

}  // namespace hub::relay
