// What cancel_sm and replace_sm have in common, and what a supplier gets of them.
#pragma once

#include "protocol/pdu/replace_sm.h"
#include "server/base/slab.h"
#include "server/store/archive.h"

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

/// `pdu`: a whole cancel_sm or replace_sm that the session has judged.
ChangeRequest ReadChange(smpp::Bytes pdu);
smpp::ReplaceSm ReadReplace(smpp::Bytes pdu);

/// A text of another length may cost more, there and here: it needs another message.
bool CostsTheSame(const smpp::ReplaceSm& request, const store::ChangeableMessage& message);

/// The same request with the id that the supplier knows. Everything else stays, octet for octet, but for the
/// registered_delivery of a replace_sm: what submit_sm asked for holds, for our own tables go by it.
Slice ForSupplier(smpp::Bytes pdu, const store::ChangeableMessage& message);

}  // namespace hub::relay
