// What cancel_sm, replace_sm, query_broadcast_sm and cancel_broadcast_sm have in common, and what a supplier gets of them.
#pragma once

#include "protocol/pdu/replace_sm.h"
#include "server/base/slab.h"
#include "server/store/archive.h"
#include "server/store/supplier_profile.h"

namespace hub::relay {

/// Which message a request is about. Borrows from the PDU.
struct ChangeRequest {
  std::string_view message_id;
  std::uint8_t source_addr_ton = 0, source_addr_npi = 0;
  std::string_view source_addr;       // "": not told
  std::string_view destination_addr;  // of a cancel_sm; "": not told

  /// A source that is told must be that of the message.                 SMPP v3.4 §4.9.1
  bool IsFrom(std::uint8_t ton, std::uint8_t npi, std::string_view source) const {
    return source_addr.empty() ||
           (source_addr_ton == ton && source_addr_npi == npi && source_addr == source);
  }
};

/// `pdu`: a whole request of these, or a broadcast_sm that names the one it replaces; the session has judged it.
ChangeRequest ReadChange(smpp::Bytes pdu);
smpp::ReplaceSm ReadReplace(smpp::Bytes pdu);

/// Whether the text can stand for that of a message at a supplier. One of another length may cost more, there and here: it needs
/// another message. One in message_payload never can: v3.4 knows no TLV of replace_sm, so a supplier might take the empty
/// short_message beside it for the text. And replace_sm has no esm_class: where the message has UDHI its new text is read behind
/// a header too, so it must have one. Of a message that an earlier version wrote nobody knows, and its text is counted as text.
bool CanReplace(const smpp::ReplaceSm& request, const store::ChangeableMessage& message);

/// How the supplier wants it.
struct ChangeForm {
  const store::SupplierProfile* profile = nullptr;  // null: it says nothing
  bool takes_tlvs = false;                          // of such a request
};

/// The same request with the id that the supplier knows, and the addresses that are told as the supplier has them. Everything
/// else stays, octet for octet, but for the registered_delivery of a replace_sm: what submit_sm asked for holds, for our own
/// tables go by it. Empty: a rule of the profile refuses an address.
Slice ForSupplier(smpp::Bytes pdu, const store::ChangeableMessage& message, const ChangeForm& form);

/// A broadcast_sm that names what it replaces as the supplier does; what else the profile wants comes with RewriteBroadcast.
Slice ReplacingBroadcast(smpp::Bytes pdu, std::string_view upstream_id);

}  // namespace hub::relay
