// The receipt of a final state that the hub itself decides.
#pragma once

#include "protocol/receipt/make.h"
#include "server/relay/mail.h"
#include "server/store/archive.h"

namespace hub::relay {

/// Whether the client asked for it: a final state of ours counts as a failure, UNKNOWN too.     SMPP v3.4 §5.2.17
constexpr bool WantsFailure(std::uint8_t registered_delivery) {
  const int asked = registered_delivery & 0x03;
  return asked == 1 || asked == 2;
}

/// `own` needs the message's addresses and dates; id, state and the rest are filled in here.
DeliverJob OwnReceiptJob(std::shared_ptr<ClientState> client, MessageId id,
                         smpp::MessageState state, smpp::OwnReceipt own);

/// Of a message that PostgreSQL described.
DeliverJob OwnReceiptJob(std::shared_ptr<ClientState> client, const store::OverdueMessage& message,
                         smpp::MessageState state, WallTime now);

}  // namespace hub::relay
