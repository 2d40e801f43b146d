// What a supplier with a profile sends us, in the form that everybody else uses. Pure functions.
#pragma once

#include "protocol/pdu/message_view.h"
#include "server/base/slab.h"
#include "server/relay/supplier/sent_as.h"
#include "server/store/supplier_profile.h"

namespace hub::relay {

/// The delivery as receipts are read here:
///   receipts_by_text  a message of type 0 that reads like a receipt (an id, a state and a done date in its text, or
///                     receipted_message_id and message_state) is one: esm_class 0x04
///   receipt_states    a word of the supplier's in `stat:` becomes the specification's for its state, in text and in
///                     message_state; without a word message_state counts as its word
/// What is no message or no receipt, and what no rule is about, is returned as it is: the same octets, no copy.
Slice AsReceipt(const store::SupplierProfile& profile, smpp::CommandId id, const Slice& pdu);

/// A receipt on its way to the client, with the addresses of its message as the client has them, the other way round; as it
/// is when they do not fit into it.
Slice WithClientsAddresses(const Slice& pdu, smpp::CommandId id, const SentAs& sent);

}  // namespace hub::relay
