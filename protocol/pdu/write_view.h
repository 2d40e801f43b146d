// A message written anew from its view: for peers that want some of its fields otherwise.
#pragma once

#include <vector>

#include "protocol/pdu/message_view.h"

namespace smpp {

/// Writes the submit_sm, deliver_sm or data_sm (by view.command_id) whose fields, short_message and
/// raw `tlvs` the view names; what was read out of the TLVs is not looked at. A view as
/// ViewMessage made it gives the octets that it was made of, but for sequence_number 0 and status 0.
///
/// returns  the whole PDU, or what its layout cannot hold:
///          ESME_RINVSRCADR, ESME_RINVDSTADR  an address of more than 20 characters (64 in a data_sm)
///          ESME_RINVMSGLEN                   a short_message of more than 255 octets, or of a data_sm
///          ESME_RINVCMDID                    another PDU
/// cost     one allocation
Result<std::vector<std::uint8_t>, Status> WriteView(const MessageView& view);

}  // namespace smpp
