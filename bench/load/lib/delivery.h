// A deliver_sm that a simulated SMSC owes a client: a receipt, or a message from a handset.
#pragma once

#include <array>
#include <string>

#include "bench/load/lib/id_format.h"
#include "protocol/pdu/message_view.h"
#include "protocol/receipt/message_state.h"
#include "server/base/clock.h"

namespace hub::load {

struct Delivery {
  bool is_receipt = true;
  std::uint64_t id = 0;  // of the message, for a receipt
  std::string from;      // the handset
  std::string to;
  std::uint8_t from_ton = 1, from_npi = 1;
  std::uint8_t to_ton = 1, to_npi = 1;
  std::string text;  // of the MO; for a receipt the first 20 octets of the message
  WallTime submitted{};
  smpp::MessageState state = smpp::MessageState::DELIVERED;
  std::uint32_t tries = 0;
};

/// Room for any delivery: 254 octets of text, the fields, two TLVs.
using DeliveryBuffer = std::array<std::uint8_t, 640>;

/// The receipt for a message: its addresses turned round.
Delivery ReceiptFor(const smpp::MessageView& message, std::uint64_t id, smpp::MessageState state,
                    WallTime now);

/// True when registered_delivery asks for a final receipt with this outcome.            SMPP v3.4 §5.2.17
bool WantsReceipt(std::uint8_t registered_delivery, smpp::MessageState state);

/// Writes the deliver_sm; the octets borrow from `buffer`. A receipt has the text of Appendix B and the TLVs
/// receipted_message_id and message_state.
smpp::Bytes EncodeDelivery(const Delivery& delivery, IdFormat id_format, WallTime now,
                           std::uint32_t sequence_number, DeliveryBuffer& buffer);

}  // namespace hub::load
