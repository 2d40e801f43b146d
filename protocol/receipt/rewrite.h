// Receipt on its way to the client: the supplier's id becomes the hub's, and nothing else changes.
#pragma once

#include <vector>

#include "protocol/pdu/splice.h"
#include "protocol/receipt/receipt.h"

namespace smpp {

struct ReceiptRewrite {
  /// The id that the client was given, 1..64 characters; borrowed until the splice is written.
  std::string_view message_id = {};
  std::uint8_t short_message_octets_max = 254;  // 255 to a v5.0 peer
};

/// Plans the edits: the value of `id:` in the text (short_message or message_payload) and
/// receipted_message_id, which keeps its NUL or its lack of one. sm_length and TLV lengths follow.
/// When short_message would exceed its limit, its tail is cut: that is the text field, which stands
/// last.
///
/// view     of the whole PDU `splice` was made of; no other edit may be in the splice yet
/// receipt  ReadReceipt(view)
/// returns  false when the id cannot be put in: it is empty, over 64 characters or holds a NUL, or
/// there would be no room
///          for it; the splice is then of no use
/// cost     no pass over the text, no allocation; at most five edits
[[nodiscard]] bool PlanReceiptRewrite(const MessageView& view, const Receipt& receipt,
                                      const ReceiptRewrite& rewrite, Splice& splice);

/// The same, copied into a vector: the whole new PDU; empty when it cannot be done.
std::vector<std::uint8_t> RewriteReceipt(const MessageView& view, const Receipt& receipt, Bytes pdu,
                                         const ReceiptRewrite& rewrite);

}  // namespace smpp
