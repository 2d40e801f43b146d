#include "protocol/pdu/message_view.h"

#include <gtest/gtest.h>

#include "protocol/pdu/any_pdu.h"
#include "tests/unit/protocol/field_map.h"

namespace smpp::test {
namespace {

bool IsMessage(const Json& vector) {
  return vector["pdu"] == "submit_sm" || vector["pdu"] == "deliver_sm" ||
         vector["pdu"] == "data_sm";
}

std::vector<Json> Messages() {
  std::vector<Json> messages;
  for (const Json& vector : ValidVectors()) {
    if (IsMessage(vector)) messages.push_back(vector);
  }
  return messages;
}

class GoldenMessage : public testing::TestWithParam<Json> {
 protected:
  const Octets pdu_ = FromHex(GetParam()["hex"].get<std::string>());
  const CommandId id_ = ReadHeader(pdu_.data()).command_id;
};

TEST_P(GoldenMessage, IsViewedAsItIsDecoded) {
  const Result<MessageView, Status> result = ViewMessage(id_, pdu_);
  ASSERT_TRUE(result.ok()) << StatusName(result.error());
  const MessageView& view = *result;
  const Json& fields = GetParam()["fields"];
  const auto number = [&](const char* name) { return fields.value(name, 0); };
  const auto text = [&](const char* name) { return fields.value(name, std::string()); };
  EXPECT_EQ(view.command_id, id_);
  EXPECT_EQ(view.service_type, text("service_type"));
  EXPECT_EQ(view.source_addr_ton, number("source_addr_ton"));
  EXPECT_EQ(view.source_addr_npi, number("source_addr_npi"));
  EXPECT_EQ(view.source_addr, text("source_addr"));
  EXPECT_EQ(view.dest_addr_ton, number("dest_addr_ton"));
  EXPECT_EQ(view.dest_addr_npi, number("dest_addr_npi"));
  EXPECT_EQ(view.destination_addr, text("destination_addr"));
  EXPECT_EQ(view.esm_class, number("esm_class"));
  EXPECT_EQ(view.protocol_id, number("protocol_id"));
  EXPECT_EQ(view.priority_flag, number("priority_flag"));
  EXPECT_EQ(view.schedule_delivery_time, text("schedule_delivery_time"));
  EXPECT_EQ(view.validity_period, text("validity_period"));
  EXPECT_EQ(view.registered_delivery, number("registered_delivery"));
  EXPECT_EQ(view.replace_if_present_flag, number("replace_if_present_flag"));
  EXPECT_EQ(view.data_coding, number("data_coding"));
  EXPECT_EQ(view.sm_default_msg_id, number("sm_default_msg_id"));
  if (fields.contains("short_message")) {
    EXPECT_EQ(ToHex(view.short_message), fields["short_message"]["hex"].get<std::string>());
  }
}

TEST_P(GoldenMessage, KnowsWhereItsFieldsStand) {
  const MessageView view = ViewMessage(id_, pdu_).value();
  const MessageView::Offsets& at = view.offsets;
  const auto text_at = [&](std::size_t offset, std::size_t n) {
    return AsText(Bytes(pdu_).subspan(offset, n));
  };
  EXPECT_EQ(text_at(at.source_addr, view.source_addr.size() + 1),
            std::string(view.source_addr) + '\0');
  EXPECT_EQ(text_at(at.destination_addr, view.destination_addr.size()), view.destination_addr);
  EXPECT_EQ(pdu_[at.source_addr_ton], view.source_addr_ton);
  EXPECT_EQ(pdu_[at.dest_addr_ton], view.dest_addr_ton);
  EXPECT_EQ(pdu_[at.dest_addr_ton + 1], view.dest_addr_npi);
  EXPECT_EQ(pdu_[at.esm_class], view.esm_class);
  EXPECT_EQ(pdu_[at.registered_delivery], view.registered_delivery);
  EXPECT_EQ(pdu_[at.data_coding], view.data_coding);
  EXPECT_EQ(Bytes(pdu_).subspan(at.tlvs).size(), view.tlvs.size());
  if (id_ == CommandId::data_sm) return;
  EXPECT_EQ(pdu_[at.sm_length], view.short_message.size());
  EXPECT_EQ(at.sm_length + 1, at.short_message);
  EXPECT_EQ(at.short_message + view.short_message.size(), at.tlvs);
  EXPECT_EQ(text_at(at.validity_period, view.validity_period.size()), view.validity_period);
}

TEST_P(GoldenMessage, ReadsTheTlvsThatTheHubNeeds) {
  const MessageView view = ViewMessage(id_, pdu_).value();
  for (const Json& tlv : GetParam()["tlvs"]) {
    const std::string hex = tlv["hex"];
    if (tlv["name"] == "message_payload") {
      EXPECT_EQ(ToHex(*view.message_payload), hex);
      EXPECT_EQ(ToHex(view.text()), hex);
    } else if (tlv["name"] == "receipted_message_id") {
      EXPECT_EQ(*view.receipted_message_id, tlv["value"].get<std::string>());
    } else if (tlv["name"] == "message_state") {
      EXPECT_EQ(view.message_state, tlv["value"].get<int>());
    } else if (tlv["name"] == "user_message_reference") {
      EXPECT_EQ(view.user_message_reference, tlv["value"].get<int>());
    } else if (tlv["name"] == "sar_msg_ref_num") {
      EXPECT_EQ(view.sar_msg_ref_num, tlv["value"].get<int>());
    } else if (tlv["name"] == "sar_total_segments") {
      EXPECT_EQ(view.sar_total_segments, tlv["value"].get<int>());
    } else if (tlv["name"] == "sar_segment_seqnum") {
      EXPECT_EQ(view.sar_segment_seqnum, tlv["value"].get<int>());
    } else if (tlv["name"] == "network_error_code") {
      EXPECT_EQ(ToHex(*view.network_error_code), hex);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Golden, GoldenMessage, testing::ValuesIn(Messages()),
                         [](const auto& param) { return VectorName(param); });

/// A message made from a struct, viewed.
template <class P>
Status Judged(const P& message) {
  const Octets pdu = Encode(message, Status::ESME_ROK, 1);
  const Result<MessageView, Status> view = ViewMessage(P::kCommandId, pdu);
  EXPECT_EQ(view.ok() ? Status::ESME_ROK : view.error(),
            JudgePdu(P::kCommandId, Bytes(pdu).subspan(16)));
  return view.ok() ? Status::ESME_ROK : view.error();
}

const Octets kPayload = FromHex("0424000161");

TEST(MessageRules, RefuseTwoBodiesFromAClientAndTakeThemFromASupplier) {
  SubmitSm submit{.destination_addr = "46", .short_message = AsBytes("x"), .tlvs = kPayload};
  EXPECT_EQ(Judged(submit), Status::ESME_RINVTLVVAL);
  submit.short_message = {};
  EXPECT_EQ(Judged(submit), Status::ESME_ROK);
  const Octets twice = FromHex("04240001610424000162");
  submit.tlvs = twice;
  EXPECT_EQ(Judged(submit), Status::ESME_RINVTLVVAL);
  const DeliverSm deliver{.short_message = AsBytes("x"), .tlvs = twice};
  EXPECT_EQ(Judged(deliver), Status::ESME_ROK);
  const Octets pdu = Encode(deliver, Status::ESME_ROK, 1);
  EXPECT_EQ(AsText(ViewMessage(CommandId::deliver_sm, pdu)->text()),
            "a");  // the first payload counts
}

TEST(MessageRules, RefuseAddressesThatAreNotPrintable) {
  SubmitSm submit{.source_addr = "AC\nME", .destination_addr = "46"};
  EXPECT_EQ(Judged(submit), Status::ESME_RINVSRCADR);
  submit = {.source_addr = "ACME", .destination_addr = "46\xC3\xA9"};
  EXPECT_EQ(Judged(submit), Status::ESME_RINVDSTADR);
  submit = {.source_addr = "A B~", .destination_addr = "+46"};
  EXPECT_EQ(Judged(submit), Status::ESME_ROK);
  EXPECT_EQ(Judged(DeliverSm{.source_addr = "\x01", .destination_addr = ""}), Status::ESME_ROK);
}

TEST(MessageRules, RefuseASarTlvOfAWrongLengthAndIgnoreOthers) {
  const Octets wrong_sar = FromHex("020c0001aa");
  EXPECT_EQ(Judged(SubmitSm{.destination_addr = "46", .tlvs = wrong_sar}), Status::ESME_RINVTLVLEN);
  EXPECT_EQ(Judged(DeliverSm{.tlvs = wrong_sar}), Status::ESME_ROK);
  const Octets wrong_state = FromHex(
      "042700020102"
      "02040001aa");
  const SubmitSm submit{.destination_addr = "46", .tlvs = wrong_state};
  EXPECT_EQ(Judged(submit), Status::ESME_ROK);
  const Octets pdu = Encode(submit, Status::ESME_ROK, 1);
  EXPECT_EQ(ViewMessage(CommandId::submit_sm, pdu)->message_state, std::nullopt);
  EXPECT_EQ(ViewMessage(CommandId::submit_sm, pdu)->user_message_reference, std::nullopt);
}

TEST(MessageRules, WantAPayloadInADataSmUnlessItIsAReceipt) {
  DataSm data{.destination_addr = "46"};
  EXPECT_EQ(Judged(data), Status::ESME_RMISSINGTLV);
  data.esm_class = 0x04;
  EXPECT_EQ(Judged(data), Status::ESME_ROK);
  data.esm_class = 0x20;
  EXPECT_EQ(Judged(data), Status::ESME_ROK);
  data = {.destination_addr = "46", .tlvs = kPayload};
  EXPECT_EQ(Judged(data), Status::ESME_ROK);
}

TEST(MessageView, TellsReceiptsByTheWholeTypeField) {  // §5.2.12: not by bit 2 alone
  EXPECT_TRUE(IsReceipt(0x04));
  EXPECT_TRUE(IsReceipt(0x44));  // with UDHI
  EXPECT_TRUE(IsReceipt(0x07));  // mode bits do not matter
  EXPECT_FALSE(IsReceipt(0x0C));
  EXPECT_FALSE(IsReceipt(0x24));
  EXPECT_TRUE(IsIntermediate(0x20));
  EXPECT_FALSE(IsIntermediate(0x24));
  EXPECT_TRUE(HasUdhi(0xC0));
}

TEST(MessageView, IsOnlyForMessages) {
  EXPECT_EQ(ViewMessage(CommandId::query_sm, VectorPdu("O01")).error(), Status::ESME_RINVCMDID);
  EXPECT_EQ(ViewMessage(CommandId::submit_sm, FromHex("0000")).error(), Status::ESME_RINVCMDLEN);
}

}  // namespace
}  // namespace smpp::test
