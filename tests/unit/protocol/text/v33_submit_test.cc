// What a supplier without TLVs gets of a message: the same text on the handset, or a refusal.
#include "protocol/text/v33_submit.h"

#include <gtest/gtest.h>

#include "protocol/pdu/data_sm.h"
#include "protocol/pdu/message.h"
#include "protocol/pdu/pdu.h"
#include "protocol/text/segments.h"

namespace smpp {
namespace {

using Octets = std::vector<std::uint8_t>;

Octets Tlv(Tag tag, const Octets& value) {
  Octets tlv(4 + value.size());
  WriteU16(tlv.data(), static_cast<std::uint16_t>(tag));
  WriteU16(tlv.data() + 2, static_cast<std::uint16_t>(value.size()));
  std::copy(value.begin(), value.end(), tlv.begin() + 4);
  return tlv;
}

Octets operator+(Octets a, const Octets& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

Octets Sar(std::uint16_t ref, std::uint8_t total, std::uint8_t part) {
  return Tlv(Tag::sar_msg_ref_num,
             {static_cast<std::uint8_t>(ref >> 8), static_cast<std::uint8_t>(ref)}) +
         Tlv(Tag::sar_total_segments, {total}) + Tlv(Tag::sar_segment_seqnum, {part});
}

SubmitSm Submit(const std::string& text, const Octets& tlvs) {
  SubmitSm sm;
  sm.service_type = "CMT";
  sm.source_addr_ton = 5;
  sm.source_addr = "ACME";
  sm.dest_addr_ton = 1;
  sm.dest_addr_npi = 1;
  sm.destination_addr = "4915112345678";
  sm.esm_class = 0x03;
  sm.protocol_id = 2;
  sm.priority_flag = 1;
  sm.validity_period = "000001000000000R";
  sm.registered_delivery = 1;
  sm.replace_if_present_flag = 1;
  sm.sm_default_msg_id = 9;
  sm.short_message = AsBytes(text);
  sm.tlvs = tlvs;
  return sm;
}

struct Written {
  Status status = Status::ESME_ROK;
  Octets octets;
  MessageView view;

  explicit Written(const Octets& pdu) {
    MessageView came;
    EXPECT_EQ(ViewMessage(ReadHeader(pdu.data()).command_id, pdu, came), Status::ESME_ROK);
    const auto written = WriteV33Submit(came, came.data_coding);
    if (!written) {
      status = written.error();
      return;
    }
    octets = *written;
    EXPECT_EQ(ViewMessage(CommandId::submit_sm, octets, view), Status::ESME_ROK);
    EXPECT_TRUE(view.tlvs.empty());
  }
  std::string text() const { return std::string(AsText(view.short_message)); }
};

Written Of(const std::string& text, const Octets& tlvs) {
  return Written(Encode(Submit(text, tlvs), Status::ESME_ROK, 0));
}

TEST(V33Submit, LeavesOutTlvsAndNothingElse) {
  const Octets tlvs = Tlv(Tag::user_message_reference, {1, 2}) + Tlv(Tag{0x1401}, {0xFF});
  const Written written = Of("hello", tlvs);
  EXPECT_EQ(written.octets, Encode(Submit("hello", {}), Status::ESME_ROK, 0));
}

TEST(V33Submit, MovesAPayloadThatFits) {
  EXPECT_EQ(Of("", Tlv(Tag::message_payload, Octets(254, 'x'))).text(), std::string(254, 'x'));
  EXPECT_EQ(Of("", Tlv(Tag::message_payload, Octets(255, 'x'))).status, Status::ESME_RINVMSGLEN);
}

TEST(V33Submit, SaysAPartInItsHeader) {
  const Written small = Of("part", Sar(0x00FF, 3, 2));
  EXPECT_EQ(small.text(), std::string("\x05\x00\x03\xFF\x03\x02part", 10));
  EXPECT_EQ(small.view.esm_class, 0x43);
  EXPECT_EQ(ConcatOf(small.view), (Concat{0xFF, 3, 2}));
  const Written large = Of("part", Sar(0x0100, 3, 2));
  EXPECT_EQ(large.text(), std::string("\x06\x08\x04\x01\x00\x03\x02part", 11));
  EXPECT_EQ(ConcatOf(large.view), (Concat{0x100, 3, 2}));
}

struct PartCase {
  const char* name;
  std::uint8_t data_coding;
  std::uint16_t ref;
  std::size_t octets_max;
};

class V33Part : public testing::TestWithParam<PartCase> {};

TEST_P(V33Part, StaysOneShortMessage) {
  const PartCase& c = GetParam();
  const Octets sar = Sar(c.ref, 2, 1);
  for (const bool payload : {false, true}) {
    const auto of = [&](std::size_t octets) {
      SubmitSm sm = Submit("", sar);
      sm.data_coding = c.data_coding;
      const std::string text(octets, 'x');
      const Octets with_payload = sar + Tlv(Tag::message_payload, Octets(text.begin(), text.end()));
      if (payload) sm.tlvs = with_payload;
      if (!payload) sm.short_message = AsBytes(text);
      return Written(Encode(sm, Status::ESME_ROK, 0));
    };
    const Written fits = of(c.octets_max);
    EXPECT_EQ(fits.status, Status::ESME_ROK);
    EXPECT_EQ(SegmentCount(fits.view), 1u);
    EXPECT_EQ(of(c.octets_max + 1).status, Status::ESME_RINVMSGLEN);
  }
}

INSTANTIATE_TEST_SUITE_P(
    Alphabets, V33Part,
    testing::Values(PartCase{"Gsm", 0, 255, 153}, PartCase{"GsmLargeReference", 0, 256, 152},
                    PartCase{"Octets", 4, 255, 134}, PartCase{"OctetsLargeReference", 4, 256, 133},
                    PartCase{"Ucs2", 8, 255, 134}, PartCase{"Ucs2LargeReference", 8, 256, 132}),
    [](const auto& c) { return std::string(c.param.name); });

TEST(V33Submit, KeepsAHeaderThatStandsThere) {
  const Octets sar = Sar(1, 2, 1);
  SubmitSm sm = Submit("", sar);
  const std::string text("\x05\x00\x03\x07\x02\x01part", 10);
  sm.esm_class = 0x40;
  sm.short_message = AsBytes(text);
  EXPECT_EQ(Written(Encode(sm, Status::ESME_ROK, 0)).text(), text) << "with UDHI there is no SAR";
}

TEST(V33Submit, TakesAWholeMessageForOne) {
  EXPECT_EQ(Of("hello", Sar(1, 2, 3)).text(), "hello") << "part 3 of 2 is none";
}

TEST(V33Submit, RefusesWhatWouldBeAnotherMessage) {
  for (const Tag tag : {Tag::source_port, Tag::dest_port})
    EXPECT_EQ(Of("x", Tlv(tag, {0, 80})).status, Status::ESME_RTLVNOTALLWD);
  EXPECT_EQ(Of("x", Tlv(Tag::ussd_service_op, {1})).status, Status::ESME_RTLVNOTALLWD);
}

// The supplier calls UCS-2 GSM, or the other way round: the text is as long as it was.
TEST(V33Submit, JudgesAPartByTheAlphabetThatItIsWrittenIn) {
  const auto status_of = [](std::size_t octets, std::uint8_t written, std::uint8_t called) {
    const std::string text(octets, 'x');
    SubmitSm sm = Submit(text, {});
    const Octets sar = Sar(1, 2, 1);
    sm.tlvs = sar;
    sm.data_coding = called;
    const Octets pdu = Encode(sm, Status::ESME_ROK, 0);
    MessageView view;
    EXPECT_EQ(ViewMessage(CommandId::submit_sm, pdu, view), Status::ESME_ROK);
    const auto result = WriteV33Submit(view, written);
    return result ? Status::ESME_ROK : result.error();
  };
  EXPECT_EQ(status_of(153, 0, 8), Status::ESME_ROK);
  EXPECT_EQ(status_of(153, 8, 0), Status::ESME_RINVMSGLEN);
}

TEST(V33Submit, KeepsTheTimeThatADataSmMayLive) {
  const auto validity = [](CommandId id, const Octets& value) {
    const Octets tlvs = Tlv(Tag::qos_time_to_live, value) + Tlv(Tag::message_payload, {1});
    DataSm sm;
    sm.destination_addr = "4915112345678";
    sm.tlvs = tlvs;
    return std::string(
        id == CommandId::data_sm
            ? Written(Encode(sm, Status::ESME_ROK, 0)).view.validity_period
            : Written(Encode(Submit("", tlvs), Status::ESME_ROK, 0)).view.validity_period);
  };
  EXPECT_EQ(validity(CommandId::data_sm, {0, 4, 0x28, 0xC9}), "000003034305000R");  // 272,585 s
  EXPECT_EQ(validity(CommandId::data_sm, {0xFF, 0xFF, 0xFF, 0xFF}), "000031235959000R");
  EXPECT_EQ(validity(CommandId::submit_sm, {0, 0, 0, 1}), "000001000000000R") << "its own";
}

TEST(V33Submit, MakesASubmitSmOfADataSm) {
  DataSm sm;
  sm.source_addr = "ACME";
  sm.destination_addr = "4915112345678";
  sm.registered_delivery = 1;
  sm.data_coding = 4;
  const Octets payload = Tlv(Tag::message_payload, {1, 2, 3});
  sm.tlvs = payload;
  const Written written(Encode(sm, Status::ESME_ROK, 0));
  EXPECT_EQ(written.text(), "\x01\x02\x03");
  EXPECT_EQ(written.view.registered_delivery, 1);
  EXPECT_EQ(written.view.data_coding, 4);
  const std::string longer(21, '1');
  sm.destination_addr = longer;
  EXPECT_EQ(Written(Encode(sm, Status::ESME_ROK, 0)).status, Status::ESME_RINVDSTADR);
}

}  // namespace
}  // namespace smpp
