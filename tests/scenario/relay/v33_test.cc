// A customer of SMPP v3.3 knows no TLV: none reaches it, and nothing is lost by that.
#include <gtest/gtest.h>

#include "tests/scenario/relay/relay_rig.h"

namespace hub::test {
namespace {

using enum smpp::CommandId;
using enum smpp::Status;

struct V33Rig : RelayRig {
  V33Rig() { alpha(); }
  SmppPeer acme = Customer("acme", bind_transceiver, 0x33);
};

Octets PayloadTlv(std::size_t octets) {
  Octets tlv = {0x04, 0x24, static_cast<std::uint8_t>(octets >> 8),
                static_cast<std::uint8_t>(octets)};
  tlv.resize(4 + octets, 'x');
  return tlv;
}

// As suppliers of v3.4 send it: receipted_message_id and message_state beside the text.
Octets FullReceipt(std::uint32_t sequence_number, std::string_view upstream_id) {
  Octets pdu = Receipt(sequence_number, upstream_id, "4915112345678", "ACME");
  const auto id_octets = static_cast<std::uint8_t>(upstream_id.size() + 1);
  pdu.insert(pdu.end(), {0x00, 0x1E, 0x00, id_octets});
  pdu.insert(pdu.end(), upstream_id.begin(), upstream_id.end());
  pdu.insert(pdu.end(), {0x00, 0x04, 0x27, 0x00, 0x01, 0x02});
  smpp::WriteU32(pdu.data(), static_cast<std::uint32_t>(pdu.size()));
  return pdu;
}

TEST(V33Customer, GetsReceiptsAsTextAlone) {
  V33Rig rig;
  rig.acme.Send(Submit(2));
  rig.alpha().Answer(*rig.alpha().Next(), ESME_ROK, "1A2B");
  const std::string id = rig.acme.Next()->message_id();
  rig.alpha().Send(FullReceipt(900, "1A2B"));
  const Pdu receipt = *rig.acme.Next();
  EXPECT_EQ(receipt.id(), deliver_sm);
  EXPECT_EQ(receipt.receipt_id(), id);
  EXPECT_TRUE(receipt.view().tlvs.empty());
  EXPECT_TRUE(receipt.view().is_receipt());
  rig.acme.Answer(receipt, ESME_ROK, "");
  EXPECT_EQ(rig.alpha().Next()->status(), ESME_ROK);
  EXPECT_EQ(rig.Count(Metric::receipts_delivered), 1u);
}

TEST(V33Customer, AnotherOfItsVersionGetsTheTlvsStill) {
  V33Rig rig;
  SmppPeer other = rig.Customer("other");
  other.Send(Submit(2));
  rig.alpha().Answer(*rig.alpha().Next(), ESME_ROK, "1A2B");
  EXPECT_EQ(other.Next()->status(), ESME_ROK);
  rig.alpha().Send(FullReceipt(900, "1A2B"));
  EXPECT_FALSE(other.Next()->view().tlvs.empty());
}

TEST(V33Customer, GetsAPayloadAsItsShortMessage) {
  V33Rig rig;
  rig.alpha().Send(Message(deliver_sm, 900, "4915112345678", "1000", "", 0, PayloadTlv(200)));
  const Pdu mo = *rig.acme.Next();
  EXPECT_EQ(smpp::AsText(mo.view().short_message), std::string(200, 'x'));
  EXPECT_TRUE(mo.view().tlvs.empty());
  rig.acme.Answer(mo, ESME_ROK, "");
  EXPECT_EQ(rig.alpha().Next()->status(), ESME_ROK);
}

TEST(V33Customer, WhatItCannotBeToldTheSupplierHearsOf) {
  V33Rig rig;
  rig.alpha().Send(Message(deliver_sm, 900, "4915112345678", "1000", "", 0, PayloadTlv(300)));
  EXPECT_FALSE(rig.acme.Next());
  const Pdu answer = *rig.alpha().Next();
  EXPECT_EQ(answer.id(), deliver_sm_resp);
  EXPECT_EQ(answer.status(), ESME_RINVMSGLEN);
}

}  // namespace
}  // namespace hub::test
