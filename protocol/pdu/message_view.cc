#include "protocol/pdu/message_view.h"

#include <new>
#include <type_traits>

#include "protocol/pdu/data_sm.h"
#include "protocol/pdu/message.h"

namespace smpp {
namespace {

/// A decoder that leaves the tail to the view's own pass over it.
class ViewDecoder : public Decoder {
 public:
  using Decoder::Decoder;
  bool Tlvs(Bytes& stream) { return Extra(stream); }
};

/// The fields that both layouts have, and where they stand.
template <class P>
void TakeCommon(const P& p, const std::uint8_t* pdu, MessageView& view) {
  const auto at = [pdu](const void* octet) {
    return static_cast<std::uint32_t>(static_cast<const std::uint8_t*>(octet) - pdu);
  };
  view.command_id = P::kCommandId;
  view.service_type = p.service_type;
  view.source_addr_ton = p.source_addr_ton;
  view.source_addr_npi = p.source_addr_npi;
  view.source_addr = p.source_addr;
  view.dest_addr_ton = p.dest_addr_ton;
  view.dest_addr_npi = p.dest_addr_npi;
  view.destination_addr = p.destination_addr;
  view.esm_class = p.esm_class;
  view.registered_delivery = p.registered_delivery;
  view.data_coding = p.data_coding;
  view.tlvs = p.tlvs;
  view.offsets.source_addr = at(p.source_addr.data());
  view.offsets.source_addr_ton = view.offsets.source_addr - 2;
  view.offsets.destination_addr = at(p.destination_addr.data());
  view.offsets.dest_addr_ton = view.offsets.destination_addr - 2;
  view.offsets.esm_class = at(p.destination_addr.data() + p.destination_addr.size()) + 1;
  view.offsets.tlvs = at(p.tlvs.data());
}

void Take(const DataSm& p, const std::uint8_t* pdu, MessageView& view) {
  TakeCommon(p, pdu, view);
  view.offsets.registered_delivery = view.offsets.esm_class + 1;
  view.offsets.data_coding = view.offsets.esm_class + 2;
}

template <CommandId id>
void Take(const ShortMessage<id>& p, const std::uint8_t* pdu, MessageView& view) {
  TakeCommon(p, pdu, view);
  view.protocol_id = p.protocol_id;
  view.priority_flag = p.priority_flag;
  view.schedule_delivery_time = p.schedule_delivery_time;
  view.validity_period = p.validity_period;
  view.replace_if_present_flag = p.replace_if_present_flag;
  view.sm_default_msg_id = p.sm_default_msg_id;
  view.short_message = p.short_message;
  view.offsets.short_message = static_cast<std::uint32_t>(p.short_message.data() - pdu);
  view.offsets.sm_length = view.offsets.short_message - 1;
  view.offsets.data_coding = view.offsets.sm_length - 2;            // then sm_default_msg_id
  view.offsets.registered_delivery = view.offsets.data_coding - 2;  // then replace_if_present_flag
  view.offsets.validity_period =
      static_cast<std::uint32_t>(AsBytes(p.validity_period).data() - pdu);
}

template <class P>
Status View(Bytes pdu, MessageView& view) {
  P p;
  ViewDecoder decoder(pdu.subspan(kHeaderOctets));
  if (!P::Walk(p, decoder)) return decoder.status();
  const Status stream = ScanMessageTlvs(p.tlvs, view);
  if (stream != Status::ESME_ROK) return stream;
  Take(p, pdu.data(), view);
  return JudgeMessage(P::kCommandId, view.esm_class, view.source_addr, view.destination_addr,
                      view.short_message, view);
}

}  // namespace

static_assert(std::is_trivially_destructible_v<MessageView>);

Status ViewMessage(CommandId id, Bytes pdu, MessageView& view) {
  new (&view) MessageView;  // field by field: most of its octets are values that are not there
  if (pdu.size() < kHeaderOctets) return Status::ESME_RINVCMDLEN;
  switch (id) {
    case CommandId::submit_sm:
      return View<SubmitSm>(pdu, view);
    case CommandId::deliver_sm:
      return View<DeliverSm>(pdu, view);
    case CommandId::data_sm:
      return View<DataSm>(pdu, view);
    default:
      return Status::ESME_RINVCMDID;
  }
}

Result<MessageView, Status> ViewMessage(CommandId id, Bytes pdu) {
  MessageView view;
  const Status status = ViewMessage(id, pdu, view);
  if (status != Status::ESME_ROK) return Err{status};
  return view;
}

}  // namespace smpp
