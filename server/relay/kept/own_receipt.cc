#include "server/relay/kept/own_receipt.h"

#include "server/base/short_id.h"

namespace hub::relay {

DeliverJob OwnReceiptJob(std::shared_ptr<ClientState> client, MessageId id,
                         smpp::MessageState state, smpp::OwnReceipt own) {
  const ClientText text(id);
  own.message_id = text;
  own.state = state;
  DeliverJob job;
  job.client = std::move(client);
  job.command_id = smpp::CommandId::deliver_sm;
  job.receipt.message_id = id;
  job.receipt.is_final = true;
  job.pdu = Slice::CopyOf(smpp::MakeReceipt(own, 0));
  return job;
}

DeliverJob OwnReceiptJob(std::shared_ptr<ClientState> client, const store::OverdueMessage& message,
                         smpp::MessageState state, WallTime now) {
  smpp::OwnReceipt own;
  own.source = {message.source_addr_ton, message.source_addr_npi, message.source_addr};
  own.destination = {message.dest_addr_ton, message.dest_addr_npi, message.destination_addr};
  own.submit_date = std::chrono::floor<std::chrono::seconds>(FromMicros(message.accepted_at_us));
  own.done_date = std::chrono::floor<std::chrono::seconds>(now);
  return OwnReceiptJob(std::move(client), message.message_id, state, std::move(own));
}

}  // namespace hub::relay
