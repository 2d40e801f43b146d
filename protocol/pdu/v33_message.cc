#include "protocol/pdu/v33_message.h"

#include "protocol/pdu/write_view.h"

namespace smpp {
namespace {

constexpr std::size_t kReceiptMax = 254;

}  // namespace

Result<std::vector<std::uint8_t>, Status> WriteV33Delivery(const MessageView& view) {
  MessageView plain = view;
  plain.command_id = CommandId::deliver_sm;
  plain.short_message = view.text();
  if (view.is_receipt() && plain.short_message.size() > kReceiptMax)
    plain.short_message = plain.short_message.first(kReceiptMax);
  plain.tlvs = {};
  return WriteView(plain);
}

}  // namespace smpp
