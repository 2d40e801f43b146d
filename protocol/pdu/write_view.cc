#include "protocol/pdu/write_view.h"

#include "protocol/pdu/data_sm.h"
#include "protocol/pdu/message.h"
#include "protocol/pdu/pdu.h"

namespace smpp {
namespace {

constexpr std::size_t kShortMessageMax = 255;  // v3.4 says 254, and takes what a peer sent

/// The fields that both layouts have.
template <class P>
P Common(const MessageView& view) {
  P p;
  p.service_type = view.service_type;
  p.source_addr_ton = view.source_addr_ton;
  p.source_addr_npi = view.source_addr_npi;
  p.source_addr = view.source_addr;
  p.dest_addr_ton = view.dest_addr_ton;
  p.dest_addr_npi = view.dest_addr_npi;
  p.destination_addr = view.destination_addr;
  p.esm_class = view.esm_class;
  p.registered_delivery = view.registered_delivery;
  p.data_coding = view.data_coding;
  p.tlvs = view.tlvs;
  return p;
}

template <CommandId id>
std::vector<std::uint8_t> WriteShort(const MessageView& view) {
  auto p = Common<ShortMessage<id>>(view);
  p.protocol_id = view.protocol_id;
  p.priority_flag = view.priority_flag;
  p.schedule_delivery_time = view.schedule_delivery_time;
  p.validity_period = view.validity_period;
  p.replace_if_present_flag = view.replace_if_present_flag;
  p.sm_default_msg_id = view.sm_default_msg_id;
  p.short_message = view.short_message;
  return Encode(p, Status::ESME_ROK, 0);
}

}  // namespace

Result<std::vector<std::uint8_t>, Status> WriteView(const MessageView& view) {
  const bool is_data = view.command_id == CommandId::data_sm;
  const std::size_t address_max = is_data ? kLongAddrOctetsMax : kAddrOctetsMax;
  if (view.source_addr.size() >= address_max) return Err{Status::ESME_RINVSRCADR};
  if (view.destination_addr.size() >= address_max) return Err{Status::ESME_RINVDSTADR};
  if (view.short_message.size() > (is_data ? 0 : kShortMessageMax))
    return Err{Status::ESME_RINVMSGLEN};
  switch (view.command_id) {
    case CommandId::submit_sm:
      return WriteShort<CommandId::submit_sm>(view);
    case CommandId::deliver_sm:
      return WriteShort<CommandId::deliver_sm>(view);
    case CommandId::data_sm:
      return Encode(Common<DataSm>(view), Status::ESME_ROK, 0);
    default:
      return Err{Status::ESME_RINVCMDID};
  }
}

}  // namespace smpp
