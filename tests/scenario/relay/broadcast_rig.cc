#include "tests/scenario/relay/broadcast_rig.h"

#include <gtest/gtest.h>

#include "protocol/pdu/broadcast_sm.h"
#include "protocol/pdu/query_sm.h"
#include "tests/support/pdu_layout.h"

namespace hub::test {

using enum smpp::CommandId;
using enum smpp::Status;

namespace {

template <class Request>
Octets About(std::uint32_t sequence_number, std::string_view message_id,
             std::string_view source_addr) {
  const Octets tlvs = {0x02, 0x04, 0, 2, 0, 9};  // user_message_reference
  Request request;
  request.message_id = message_id;
  request.source_addr_ton = 5;
  request.source_addr = source_addr;
  request.tlvs = tlvs;
  return smpp::Encode(request, ESME_ROK, sequence_number);
}

}  // namespace

Octets Broadcast(std::uint32_t sequence_number, std::string_view replaces,
                 std::string_view source_addr) {
  smpp::BroadcastSm broadcast;
  broadcast.service_type = "CBS";
  broadcast.source_addr_ton = 5;
  broadcast.source_addr = source_addr;
  broadcast.message_id = replaces;
  broadcast.priority_flag = 4;
  broadcast.replace_if_present_flag = replaces.empty() ? 0 : 1;
  Octets tlvs = smpp::test::layout::kBroadcast;
  tlvs.insert(tlvs.end(), {0x04, 0x24, 0, 2, 'h', 'i', 0x14, 0x01, 0, 1, 7});
  broadcast.tlvs = tlvs;
  return smpp::Encode(broadcast, ESME_ROK, sequence_number);
}

Octets QueryBroadcast(std::uint32_t sequence_number, std::string_view message_id,
                      std::string_view source_addr) {
  return About<smpp::QueryBroadcastSm>(sequence_number, message_id, source_addr);
}

Octets CancelBroadcast(std::uint32_t sequence_number, std::string_view message_id) {
  return About<smpp::CancelBroadcastSm>(sequence_number, message_id, "ACME");
}

Octets WithTlvs(Octets pdu, const Octets& tlvs) {
  pdu.insert(pdu.end(), tlvs.begin(), tlvs.end());
  smpp::WriteU32(pdu.data(), static_cast<std::uint32_t>(pdu.size()));
  return pdu;
}

void ExpectStatus(SmppPeer& peer, smpp::CommandId response, std::uint32_t sequence_number,
                  smpp::Status status) {
  const std::optional<Pdu> answer = peer.Next();
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->octets, Bare(response, sequence_number, status))
      << smpp::StatusName(answer->status());
  EXPECT_FALSE(peer.Next());
}

store::Catalog Broadcasting() {
  store::Catalog catalog = AlphaAlone();
  catalog.suppliers[0].broadcast_cost = kBroadcastCost;
  catalog.supplier_binds[0].interface_version = 0x50;
  catalog.clients[0].broadcast_supplier_id = 101;
  catalog.clients[0].broadcast_price = kBroadcastPrice;
  return catalog;
}

store::Catalog BroadcastingOverOneOfTwo() {
  store::Catalog catalog = Broadcasting();
  store::SupplierBindRow old = catalog.supplier_binds[0];
  old.bind_id = 209;
  old.port = 1009;
  old.interface_version = 0x34;
  catalog.supplier_binds.insert(catalog.supplier_binds.begin(), old);
  return catalog;
}

std::string BroadcastRig::Accepted(SmppPeer& customer, const Octets& broadcast,
                                   std::string_view upstream_id) {
  alpha();
  customer.Send(broadcast);
  const std::optional<Pdu> sent = alpha().Next();
  EXPECT_TRUE(sent && sent->id() == broadcast_sm);
  if (!sent) return {};
  alpha().Send(IdAnswer(broadcast_sm_resp, ESME_ROK, sent->sequence_number(), upstream_id));
  const std::optional<Pdu> answer = customer.Next();
  EXPECT_TRUE(answer && answer->status() == ESME_ROK && answer->id() == broadcast_sm_resp);
  return answer ? answer->message_id() : "";
}

}  // namespace hub::test
