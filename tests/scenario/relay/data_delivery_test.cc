// data_sm of a supplier: as MO and as receipt it reaches the client as data_sm, or as deliver_sm where its session knows none.
#include <gtest/gtest.h>

#include "protocol/pdu/data_sm.h"
#include "protocol/receipt/receipt.h"
#include "tests/scenario/relay/relay_rig.h"

namespace hub::test {
namespace {

using enum smpp::CommandId;
using enum smpp::Status;

constexpr std::string_view kPhone = "4915112345678";

Octets Tlv(std::uint16_t tag, std::string_view value) {
  Octets tlv = {static_cast<std::uint8_t>(tag >> 8), static_cast<std::uint8_t>(tag),
                static_cast<std::uint8_t>(value.size() >> 8),
                static_cast<std::uint8_t>(value.size())};
  tlv.insert(tlv.end(), value.begin(), value.end());
  return tlv;
}

Octets operator+(Octets left, const Octets& right) {
  left.insert(left.end(), right.begin(), right.end());
  return left;
}

Octets Data(std::uint32_t sequence_number, std::string_view from, std::string_view to,
            const Octets& tlvs, std::uint8_t esm_class = 0) {
  smpp::DataSm data;
  data.service_type = "WAP";
  data.source_addr_ton = data.source_addr_npi = 1;
  data.source_addr = from;
  data.destination_addr = to;
  data.esm_class = esm_class;
  data.data_coding = 4;
  data.tlvs = tlvs;
  return smpp::Encode(data, ESME_ROK, sequence_number);
}

Octets Mo(std::uint32_t sequence_number, std::string_view text = "hello") {
  return Data(sequence_number, kPhone, "1000",
              Tlv(0x3FFF, "vendor") + Tlv(0x0424, text) + Tlv(0x1401, ""));
}

std::string ReceiptText(std::string_view id) {
  return "id:" + std::string(id) +
         " sub:001 dlvrd:001 submit date:2611201200 done date:2611201201 stat:DELIVRD err:000 "
         "text:Hello";
}

Octets DataReceipt(std::uint32_t sequence_number, std::string_view upstream_id) {
  const std::string id = std::string(upstream_id) + '\0';
  return Data(sequence_number, kPhone, "ACME",
              Tlv(0x0424, ReceiptText(upstream_id)) + Tlv(0x001E, id) + Tlv(0x0427, "\x02"), 0x04);
}

struct DataRig : RelayRig {
  explicit DataRig(std::uint8_t version = 0x34)
      : acme((alpha(), Customer("acme", bind_transceiver, version))) {}
  // Sends a message that gets the supplier's id; what the client calls it.
  std::string Submitted(std::string_view upstream_id) {
    acme.Send(Submit(2));
    alpha().Answer(*alpha().Next(), ESME_ROK, upstream_id);
    return acme.Next()->message_id();
  }
  // The supplier's data_sm `sequence_number` has this answer, and nothing else came.
  void ExpectAnswer(std::uint32_t sequence_number, smpp::Status status) {
    const std::optional<Pdu> answer = alpha().Next();
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->octets, IdAnswer(data_sm_resp, status, sequence_number, ""));
    EXPECT_FALSE(alpha().Next());
  }

  SmppPeer acme;
};

TEST(DataDelivery, AnMoReachesTheClientOctetForOctet) {
  DataRig rig;
  rig.alpha().Send(Mo(900));
  const std::optional<Pdu> got = rig.acme.Next();
  ASSERT_TRUE(got);
  EXPECT_EQ(got->octets, Mo(got->sequence_number()));
  EXPECT_FALSE(rig.alpha().Next()) << "its answer is the client's";
  rig.acme.Answer(*got, ESME_ROK, "");
  rig.ExpectAnswer(900, ESME_ROK);
  EXPECT_EQ(rig.Count(Metric::mo_delivered), 1u);
}

TEST(DataDelivery, TheClientsRefusalIsTheAnswer) {
  DataRig rig;
  rig.alpha().Send(Mo(901));
  rig.acme.Answer(*rig.acme.Next(), ESME_RX_R_APPN, "");
  rig.ExpectAnswer(901, ESME_RX_R_APPN);
  rig.alpha().Send(Mo(902));  // answered as if it were a deliver_sm: that is no answer to it
  rig.acme.Send(IdAnswer(deliver_sm_resp, ESME_ROK, rig.acme.Next()->sequence_number(), ""));
  rig.ExpectAnswer(902, ESME_RUNKNOWNERR);
}

TEST(DataDelivery, WithoutABindTheSupplierKeepsIt) {
  DataRig rig;
  rig.acme.raw().Hangup();
  rig.network.RunUntilQuiet();
  rig.alpha().Send(Mo(903));
  rig.ExpectAnswer(903, ESME_RX_T_APPN);
  rig.alpha().Send(Data(904, kPhone, "99912345", Tlv(0x0424, "x")));
  rig.ExpectAnswer(904, ESME_RINVDSTADR);
}

TEST(DataDelivery, AReceiptHasTheClientsIdAndItsAnswerWaitsForTheDisk) {
  DataRig rig;
  const std::string id = rig.Submitted("1A2B");
  rig.journal.slow = true;
  rig.alpha().Send(DataReceipt(905, "1A2B"));
  EXPECT_FALSE(rig.alpha().Next());
  rig.SyncDisk();
  rig.ExpectAnswer(905, ESME_ROK);
  const std::optional<Pdu> got = rig.acme.Next();
  ASSERT_TRUE(got);
  EXPECT_EQ(got->octets, DataReceipt(got->sequence_number(), id));
  rig.acme.Answer(*got, ESME_ROK, "");
  EXPECT_FALSE(rig.alpha().Next());
  rig.SyncDisk();
  EXPECT_EQ(rig.Count(Metric::receipts_delivered), 1u);
  EXPECT_EQ(rig.All<store::OutcomeRecord>().size(), 1u);
}

TEST(DataDelivery, AClientOfV33GetsAnMoAsDeliverSm) {
  DataRig rig(0x33);
  rig.alpha().Send(Mo(906));
  const std::optional<Pdu> got = rig.acme.Next();
  ASSERT_TRUE(got);
  EXPECT_EQ(got->id(), deliver_sm);
  const smpp::MessageView mo = got->view();
  EXPECT_EQ(smpp::AsText(mo.short_message), "hello");
  EXPECT_TRUE(mo.tlvs.empty());
  EXPECT_EQ(mo.source_addr, kPhone);
  EXPECT_EQ(mo.destination_addr, "1000");
  EXPECT_EQ(mo.service_type, "WAP");
  EXPECT_EQ(mo.data_coding, 4);
  rig.acme.Answer(*got, ESME_ROK, "");
  rig.ExpectAnswer(906, ESME_ROK);
  rig.alpha().Send(Mo(907));
  rig.acme.Answer(*rig.acme.Next(), ESME_RX_P_APPN, "");
  rig.ExpectAnswer(907, ESME_RX_P_APPN);
}

TEST(DataDelivery, AClientOfV33GetsAReceiptAsText) {
  DataRig rig(0x33);
  const std::string id = rig.Submitted("1A2B");
  rig.alpha().Send(DataReceipt(908, "1A2B"));
  rig.ExpectAnswer(908, ESME_ROK);
  const std::optional<Pdu> got = rig.acme.Next();
  ASSERT_TRUE(got);
  EXPECT_EQ(got->id(), deliver_sm);
  EXPECT_TRUE(got->view().is_receipt());
  EXPECT_TRUE(got->view().tlvs.empty());
  EXPECT_EQ(smpp::AsText(got->view().short_message), ReceiptText(id));
  rig.acme.Answer(*got, ESME_ROK, "");
  EXPECT_EQ(rig.Count(Metric::receipts_delivered), 1u);
}

TEST(DataDelivery, WhatAClientOfV33CannotBeToldTheSupplierHearsOf) {
  DataRig rig(0x33);
  rig.alpha().Send(Mo(909, std::string(300, 'x')));
  rig.ExpectAnswer(909, ESME_RINVMSGLEN);
  rig.alpha().Send(Data(910, "1234567890123456789012345", "1000", Tlv(0x0424, "x")));
  rig.ExpectAnswer(910, ESME_RINVSRCADR);
  EXPECT_FALSE(rig.acme.Next());
}

TEST(DataDelivery, AnotherBindOfTheClientMayKnowIt) {
  DataRig rig(0x33);
  SmppPeer modern = rig.Customer();
  for (std::uint32_t n = 0; n < 4; ++n) {
    rig.alpha().Send(Mo(911 + n, std::string(300, 'x')));
    const std::optional<Pdu> got = modern.Next();
    ASSERT_TRUE(got);
    EXPECT_EQ(got->id(), data_sm);
    modern.Answer(*got, ESME_ROK, "");
    rig.ExpectAnswer(911 + n, ESME_ROK);
  }
  EXPECT_FALSE(rig.acme.Next());
}

TEST(DataDelivery, AMalformedOneIsAnsweredAsWhatItIs) {
  DataRig rig;
  Octets torn = Mo(915);
  torn.pop_back();
  smpp::WriteU32(torn.data(), static_cast<std::uint32_t>(torn.size()));
  rig.alpha().Send(torn);
  const std::optional<Pdu> answer = rig.alpha().Next();
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->id(), data_sm_resp);
  EXPECT_EQ(answer->sequence_number(), 915u);
  EXPECT_EQ(answer->status(), ESME_RINVTLVSTREAM);
  EXPECT_FALSE(rig.acme.Next());
}

}  // namespace
}  // namespace hub::test
