#include "server/relay/message.h"

#include "protocol/pdu/response_tlvs.h"
#include "protocol/text/segments.h"

namespace hub::relay {

void Message::TakeView(const smpp::MessageView& view) {
  source_addr = view.source_addr;
  source_ton = view.source_addr_ton;
  source_npi = view.source_addr_npi;
  dest_ton = view.dest_addr_ton;
  dest_npi = view.dest_addr_npi;
  data_coding = view.data_coding;
  registered_delivery = view.registered_delivery;
  esm_class = view.esm_class;
  segments = static_cast<std::int32_t>(smpp::SegmentCount(view));
}

bool Message::AwaitsReceipt(const PlannedRoute& route) const {
  if (upstream_key.empty()) return false;  // none can name it
  if (is_broadcast() || IsAskedFor(registered_delivery, MovesMoney(row))) return true;
  const SupplierEntry& supplier = LinksOf(route);
  return (supplier.profile != nullptr && supplier.profile->force_receipts) ||
         supplier.state->tells_unasked_since_us.load(std::memory_order_relaxed) != 0;
}

bool Message::NoteRefusal(smpp::Status status, smpp::Bytes tlvs) {
  last_status = status;
  response_tlvs = {};
  if (tlvs.empty() || answered || multi != 0) return true;
  if (tlvs.size() > kRefusalTlvOctetsMax) return false;
  const Slice room = Slice::New(static_cast<std::uint32_t>(tlvs.size()));
  response_tlvs = room.Sub(0, static_cast<std::uint32_t>(smpp::CopyRelayedTlvs(tlvs, room.data())));
  return true;
}

}  // namespace hub::relay
