#include "protocol/pdu/v33_message.h"

#include "protocol/pdu/message.h"
#include "protocol/pdu/pdu.h"

namespace smpp {
namespace {

constexpr std::size_t kShortMessageMax = 255;  // v3.4 says 254, and takes what a peer sent
constexpr std::size_t kReceiptMax = 254;

}  // namespace

Result<std::vector<std::uint8_t>, Status> WriteV33Delivery(const MessageView& view) {
  Bytes text = view.text();
  if (view.is_receipt() && text.size() > kReceiptMax) text = text.first(kReceiptMax);
  if (text.size() > kShortMessageMax) return Err{Status::ESME_RINVMSGLEN};
  if (view.source_addr.size() >= kAddrOctetsMax) return Err{Status::ESME_RINVSRCADR};
  if (view.destination_addr.size() >= kAddrOctetsMax) return Err{Status::ESME_RINVDSTADR};
  DeliverSm plain;
  plain.service_type = view.service_type;
  plain.source_addr_ton = view.source_addr_ton;
  plain.source_addr_npi = view.source_addr_npi;
  plain.source_addr = view.source_addr;
  plain.dest_addr_ton = view.dest_addr_ton;
  plain.dest_addr_npi = view.dest_addr_npi;
  plain.destination_addr = view.destination_addr;
  plain.esm_class = view.esm_class;
  plain.protocol_id = view.protocol_id;
  plain.priority_flag = view.priority_flag;
  plain.schedule_delivery_time = view.schedule_delivery_time;
  plain.validity_period = view.validity_period;
  plain.registered_delivery = view.registered_delivery;
  plain.replace_if_present_flag = view.replace_if_present_flag;
  plain.data_coding = view.data_coding;
  plain.sm_default_msg_id = view.sm_default_msg_id;
  plain.short_message = text;
  return Encode(plain, Status::ESME_ROK, 0);
}

}  // namespace smpp
