// A message for a supplier that takes no TLVs.                          SMPP v3.4 §3.4, v5.0 §2.8
#pragma once

#include <vector>

#include "protocol/pdu/message_view.h"

namespace smpp {

/// Writes the submit_sm or data_sm that `view` shows as a submit_sm without TLVs:
///   message_payload  becomes the short_message
///   the SAR TLVs     become a concatenation element in front of the text, UDHI set: with an 8-bit
///                    reference where the number fits, else with a 16-bit one   3GPP TS 23.040 §9.2.3.24.1
///   qos_time_to_live of a data_sm becomes the validity_period, 32 days less a second at most
///   all others       are left out, for the handset shows the same text without them
/// All other fields stay. A part stays one short message: what an element more would cut is refused.
///
/// text_coding  the data_coding that the text is written in, whatever view.data_coding calls it to the supplier
/// returns  the whole PDU, with sequence_number 0, or why it cannot be said without TLVs:
///          ESME_RINVMSGLEN                   a payload of more than 254 octets, a part that has no
///                                            room for its element
///          ESME_RTLVNOTALLWD                 ports or an USSD operation: without them it is another message
///          ESME_RINVSRCADR, ESME_RINVDSTADR  an address of a data_sm of more than 20 characters
/// cost     one allocation, two for a part
Result<std::vector<std::uint8_t>, Status> WriteV33Submit(const MessageView& view,
                                                         std::uint8_t text_coding);

}  // namespace smpp
