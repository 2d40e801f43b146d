// A delivery for a peer of v3.3, which knows neither TLVs nor data_sm.      SMPP v3.4 §3.4, v5.0 §2.8
#pragma once

#include <vector>

#include "protocol/pdu/message_view.h"

namespace smpp {

/// Writes the message that `view` shows as a deliver_sm without TLVs. A message_payload becomes the
/// short_message; where it is a receipt of more than 254 octets, the tail of its text is cut, for that
/// is the quoted message. All other fields stay.
///
/// returns  the whole PDU, with sequence_number 0, or the status that the sender of a message deserves
///          that the peer cannot be told:
///          ESME_RINVMSGLEN                  a text of more than 255 octets
///          ESME_RINVSRCADR, ESME_RINVDSTADR an address of a data_sm of more than 20 characters
/// cost     one allocation
Result<std::vector<std::uint8_t>, Status> WriteV33Delivery(const MessageView& view);

/// Whether the octets of `view` may go to such a peer as they are.
inline bool FitsV33(const MessageView& view) {
  return view.command_id != CommandId::data_sm && view.tlvs.empty();
}

}  // namespace smpp
