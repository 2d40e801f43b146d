// A whole receipt of our own: for a final state that no supplier told.
// SMPP v3.4 §4.6.1, §5.2.12, §5.3.2.12, .35, Appendix B
#pragma once

#include <vector>

#include "protocol/receipt/receipt_text.h"
#include "protocol/wire/bytes.h"

namespace smpp {

/// One side of a message. Borrowed.
struct ReceiptParty {
  std::uint8_t ton = 0, npi = 0;
  std::string_view addr = {};
};

/// What the hub decided about a message, and the message as the client sent it: the receipt goes
/// the other way round.
struct OwnReceipt {
  std::string_view message_id = {};        // as the client was given it, 1..64 characters, no NUL
  ReceiptParty source, destination;        // of the client's message
  std::chrono::sys_seconds submit_date{};  // when it was accepted, UTC
  std::chrono::sys_seconds done_date{};    // when the hub gave up, UTC
  MessageState state = MessageState::UNDELIVERABLE;  // final
  unsigned err = 0;  // `err:`, three digits: 0..999, larger ones are written as 999
  bool tlvs = true;  // false for a peer below v3.4: it must not get any (§3.4)
};

/// A deliver_sm with esm_class 0x04, data_coding 0, the text of Appendix B with sub:001 and an
/// empty text (a message's text is never repeated), dlvrd:001 only when DELIVERED, and the TLVs
/// receipted_message_id (with its NUL) and message_state. service_type, priority, times and
/// registered_delivery are empty: it asks for nothing. An address that a deliver_sm cannot hold
/// (over 20 characters, from a data_sm) is left out with its TON and NPI: the id names the message,
/// and a receipt without an address is better than none.
///
/// sequence_number  0 for a receipt that is stored and numbered when it is sent
/// returns  the whole PDU, at most 16 + 60 + 190 + 74 octets; empty when message_id cannot stand in
///          it or the state is not final: our mistake, nothing a peer can cause
/// cost     one allocation for the text, one for the PDU
std::vector<std::uint8_t> MakeReceipt(const OwnReceipt& receipt, std::uint32_t sequence_number);

}  // namespace smpp
