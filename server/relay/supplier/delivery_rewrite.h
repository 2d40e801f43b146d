// What a supplier with a profile sends us, in the form that everybody else, and its clients, use. Pure functions.
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

/// An MO with its numbers as clients have them: what a `prefix` rule for addresses makes of a number on its way to the supplier is undone, that of destination
/// rules in the source and that of source rules in the destination. Only where the number shows that it is in the supplier's form: by its
/// TON (2, 3, 4 or 6, that the rule sets) or by a 0 or + that it begins with. A number as the whole world writes it is never touched, nor is
/// a short code, nor a name. What two rules could have made of two numbers stays.
/// ton and npi become what the rule asks for in a message; 0, where it sets them and does not ask.
/// returns  the same octets, no copy, for a receipt, for what is no message, and where nothing changes
Slice WithNumbersOfClients(const store::SupplierProfile& profile, smpp::CommandId id,
                           const Slice& pdu);

/// A receipt on its way to the client, with the addresses of its message as the client has them, the other way round; as it
/// is when they do not fit into it.
Slice WithClientsAddresses(const Slice& pdu, smpp::CommandId id, const SentAs& sent);

}  // namespace hub::relay
