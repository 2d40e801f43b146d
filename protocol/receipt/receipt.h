// Delivery receipts: what a supplier says became of a message.
// SMPP v3.4 Appendix B, §5.3.2.12, .35
#pragma once

#include "protocol/pdu/message_view.h"
#include "protocol/receipt/message_state.h"

namespace smpp {

/// One `key:value` of a receipt's text.
struct ReceiptField {
  std::string_view value;    // as it came: dates of 10, 12 or 14 digits, `err` of any length
  std::uint32_t offset = 0;  // of the value, from the first octet of the text
  bool present = false;
};

/// The fields of "id:IIIIIIIIII sub:SSS dlvrd:DDD submit date:YYMMDDhhmm done date:YYMMDDhhmm
/// stat:DDDDDDD err:EEE text:...". Borrowed from the text.
struct ReceiptText {
  ReceiptField id, sub, dlvrd, submit_date, done_date, stat, err, text;
};

/// Reads a receipt's text by key: any order, any case, every field optional, the first of a
/// repeated key counts. A value ends at white space; `text:` takes all the rest, so that a message
/// cannot forge fields by quoting them. Only when `text:` stands before both `id:` and `stat:` are
/// keys looked for behind it. One pass, no allocation.
ReceiptText ParseReceiptText(std::string_view text);

/// A receipt with its TLVs weighed against its text.
struct Receipt {
  /// The supplier's: of the TLV if there is one, else of the text; "" if neither. `fields.id` is
  /// that of the text, which may be the same number in another form.
  std::string_view id;
  /// Of the TLV if its value is known, else by `stat:`, else by esm_class: ENROUTE or UNKNOWN.
  MessageState state{};
  std::string_view stat;          // the word as it came, "" if none
  std::string_view err;           // of the text, as it came
  ReceiptText fields;             // the text's own
  std::uint32_t text_offset = 0;  // where view.text() begins to be read: behind a user data header
};

/// Reads a message whose esm_class says receipt or intermediate notification. Works on any message:
/// one that carries neither field nor TLV gives an empty id.
Receipt ReadReceipt(const MessageView& view);

}  // namespace smpp
