// What a peer of v3.3 gets of a delivery: no TLV, no data_sm, the text where it looks for it.
#include "protocol/pdu/v33_message.h"

#include <gtest/gtest.h>

#include "protocol/pdu/data_sm.h"
#include "protocol/pdu/message.h"
#include "protocol/pdu/pdu.h"

namespace smpp {
namespace {

using Octets = std::vector<std::uint8_t>;

Octets PayloadTlv(const std::string& text) {
  Octets tlv = {0x04, 0x24, static_cast<std::uint8_t>(text.size() >> 8),
                static_cast<std::uint8_t>(text.size())};
  tlv.insert(tlv.end(), text.begin(), text.end());
  return tlv;
}

DeliverSm Delivery() {
  DeliverSm sm;
  sm.service_type = "CMT";
  sm.source_addr_ton = 1;
  sm.source_addr_npi = 1;
  sm.source_addr = "4915112345678";
  sm.dest_addr_ton = 5;
  sm.destination_addr = "ACME";
  sm.protocol_id = 3;
  sm.priority_flag = 2;
  sm.data_coding = 8;
  sm.short_message = AsBytes("hello");
  return sm;
}

struct Written {
  explicit Written(const Octets& pdu) : octets(pdu) {
    const auto header = ReadHeader(octets.data());
    EXPECT_EQ(header.command_id, CommandId::deliver_sm);
    EXPECT_EQ(header.command_length, octets.size());
    const auto view = ViewMessage(CommandId::deliver_sm, octets);
    EXPECT_TRUE(view);
    if (view) sm = *view;
  }
  Octets octets;
  MessageView sm;
};

Result<Octets, Status> Convert(CommandId id, const Octets& pdu) {
  const auto view = ViewMessage(id, pdu);
  EXPECT_TRUE(view);
  return WriteV33Delivery(*view);
}

TEST(V33Message, AMessageWithoutTlvsIsTheSameOctets) {
  const Octets pdu = Encode(Delivery(), Status::ESME_ROK, 0);
  const auto plain = Convert(CommandId::deliver_sm, pdu);
  ASSERT_TRUE(plain);
  EXPECT_EQ(*plain, pdu);
  EXPECT_TRUE(FitsV33(*ViewMessage(CommandId::deliver_sm, pdu)));
}

TEST(V33Message, TlvsGoAndFieldsStay) {
  DeliverSm sm = Delivery();
  const Octets without = Encode(sm, Status::ESME_ROK, 0);
  const Octets tlvs = {0x02, 0x04, 0x00, 0x02, 0x12, 0x34, 0x14, 0x01, 0x00, 0x01, 0xff};
  sm.tlvs = tlvs;
  const Octets pdu = Encode(sm, Status::ESME_ROK, 0);
  EXPECT_FALSE(FitsV33(*ViewMessage(CommandId::deliver_sm, pdu)));
  EXPECT_EQ(*Convert(CommandId::deliver_sm, pdu), without);
}

TEST(V33Message, APayloadBecomesTheShortMessage) {
  DeliverSm sm = Delivery();
  sm.short_message = {};
  const Octets tlv = PayloadTlv(std::string(255, 'x'));
  sm.tlvs = tlv;
  const auto plain = Convert(CommandId::deliver_sm, Encode(sm, Status::ESME_ROK, 0));
  ASSERT_TRUE(plain);
  const Written written(*plain);
  EXPECT_EQ(AsText(written.sm.short_message), std::string(255, 'x'));
  EXPECT_TRUE(written.sm.tlvs.empty());
}

TEST(V33Message, APayloadThatIsTooLongIsRefused) {
  DeliverSm sm = Delivery();
  sm.short_message = {};
  const Octets tlv = PayloadTlv(std::string(256, 'x'));
  sm.tlvs = tlv;
  const auto plain = Convert(CommandId::deliver_sm, Encode(sm, Status::ESME_ROK, 0));
  ASSERT_FALSE(plain);
  EXPECT_EQ(plain.error(), Status::ESME_RINVMSGLEN);
}

TEST(V33Message, AReceiptThatIsTooLongLosesTheTailOfItsText) {
  DeliverSm sm = Delivery();
  sm.esm_class = 0x04;
  sm.short_message = {};
  const std::string text = "id:1 stat:DELIVRD text:" + std::string(300, 'x');
  const Octets tlv = PayloadTlv(text);
  sm.tlvs = tlv;
  const auto plain = Convert(CommandId::deliver_sm, Encode(sm, Status::ESME_ROK, 0));
  ASSERT_TRUE(plain);
  EXPECT_EQ(AsText(Written(*plain).sm.short_message), text.substr(0, 254));
}

DataSm Data(std::string_view source_addr, std::string_view destination_addr, const Octets& tlvs) {
  DataSm sm;
  sm.source_addr = source_addr;
  sm.destination_addr = destination_addr;
  sm.esm_class = 0x04;
  sm.data_coding = 4;
  sm.tlvs = tlvs;
  return sm;
}

TEST(V33Message, ADataSmBecomesADeliverSm) {
  const Octets tlv = PayloadTlv("id:1 stat:DELIVRD");
  const Octets pdu = Encode(Data("4915112345678", "ACME", tlv), Status::ESME_ROK, 0);
  EXPECT_FALSE(FitsV33(*ViewMessage(CommandId::data_sm, pdu)));
  const auto plain = Convert(CommandId::data_sm, pdu);
  ASSERT_TRUE(plain);
  const Written written(*plain);
  EXPECT_EQ(written.sm.source_addr, "4915112345678");
  EXPECT_EQ(written.sm.destination_addr, "ACME");
  EXPECT_EQ(written.sm.esm_class, 0x04);
  EXPECT_EQ(written.sm.data_coding, 4);
  EXPECT_EQ(AsText(written.sm.short_message), "id:1 stat:DELIVRD");
}

TEST(V33Message, AddressesOfADataSmMustFit) {
  const Octets tlv = PayloadTlv("x");
  const std::string longest(20, '1'), longer(21, '1');
  EXPECT_TRUE(
      Convert(CommandId::data_sm, Encode(Data(longest, longest, tlv), Status::ESME_ROK, 0)));
  EXPECT_EQ(
      Convert(CommandId::data_sm, Encode(Data(longer, longest, tlv), Status::ESME_ROK, 0)).error(),
      Status::ESME_RINVSRCADR);
  EXPECT_EQ(
      Convert(CommandId::data_sm, Encode(Data(longest, longer, tlv), Status::ESME_ROK, 0)).error(),
      Status::ESME_RINVDSTADR);
}

}  // namespace
}  // namespace smpp
