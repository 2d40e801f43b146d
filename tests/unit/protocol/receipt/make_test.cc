#include "protocol/receipt/make.h"

#include <gtest/gtest.h>

#include "protocol/receipt/receipt.h"
#include "tests/unit/protocol/vectors.h"

namespace smpp::test {
namespace {

using namespace std::chrono_literals;

constexpr std::chrono::sys_seconds kSubmitted =
    std::chrono::sys_days(2026y / std::chrono::November / 20) + 12h;

OwnReceipt Expired() {
  return {.message_id = "42",
          .source = {.ton = 5, .npi = 0, .addr = "INFO"},
          .destination = {.ton = 1, .npi = 1, .addr = "447700900123"},
          .submit_date = kSubmitted,
          .done_date = kSubmitted + 90s,
          .state = MessageState::EXPIRED,
          .err = 7};
}

MessageView Viewed(const Octets& pdu) {
  MessageView view;
  EXPECT_EQ(ViewMessage(CommandId::deliver_sm, pdu, view), Status::ESME_ROK);
  return view;
}

TEST(MakeReceipt, WritesTheseOctets) {  // SMPP v3.4 Table 4-18, Appendix B
  const std::string text =
      "id:42 sub:001 dlvrd:000 submit date:2611201200 done date:2611201201 stat:EXPIRED err:007 "
      "text:";
  EXPECT_EQ(ToHex(MakeReceipt(Expired(), 7)),
            "0000009b"
            "00000005"
            "00000000"
            "00000007"  // header
            "00"        // service_type
            "01"
            "01"
            "34343737303039303031323300"  // source: where the message went
            "05"
            "00"
            "494e464f00"  // destination: who sent it
            "04"
            "00"
            "00"  // esm_class, protocol_id, priority_flag
            "00"
            "00"  // no times
            "00"
            "00"
            "00"
            "00"  // registered_delivery ... sm_default_msg_id
            "5e" +
                ToHex(AsBytes(text)) +
                "001e"
                "0003"
                "343200"  // receipted_message_id
                "0427"
                "0001"
                "03");  // message_state
}

TEST(MakeReceipt, HasNoTlvsForAPeerBelow34) {
  OwnReceipt receipt = Expired();
  receipt.tlvs = false;
  const Octets pdu = MakeReceipt(receipt, 7);
  const Octets with = MakeReceipt(Expired(), 7);
  EXPECT_TRUE(Viewed(pdu).tlvs.empty());
  EXPECT_EQ(pdu.size(), with.size() - 12);
  EXPECT_EQ(ReadReceipt(Viewed(pdu)).id, "42");
  EXPECT_EQ(ReadReceipt(Viewed(pdu)).state, MessageState::EXPIRED);
}

struct StateCase {
  MessageState state;
  const char* stat;
  const char* dlvrd;
};
constexpr StateCase kStates[] = {
    {MessageState::DELIVERED, "DELIVRD", "001"}, {MessageState::EXPIRED, "EXPIRED", "000"},
    {MessageState::DELETED, "DELETED", "000"},   {MessageState::UNDELIVERABLE, "UNDELIV", "000"},
    {MessageState::ACCEPTED, "ACCEPTD", "000"},  {MessageState::UNKNOWN, "UNKNOWN", "000"},
    {MessageState::REJECTED, "REJECTD", "000"},
};
class MakeReceiptState : public testing::TestWithParam<StateCase> {};
TEST_P(MakeReceiptState, IsReadBackAsItWasMade) {
  OwnReceipt receipt = Expired();
  receipt.message_id = "9223372036854775807";
  receipt.state = GetParam().state;
  for (const bool tlvs : {true, false}) {
    receipt.tlvs = tlvs;
    const Octets pdu = MakeReceipt(receipt, 1);
    const MessageView view = Viewed(pdu);
    EXPECT_TRUE(view.is_receipt());
    EXPECT_EQ(view.source_addr, "447700900123");
    EXPECT_EQ(view.destination_addr, "INFO");
    EXPECT_EQ(view.registered_delivery, 0);
    const Receipt read = ReadReceipt(view);
    EXPECT_EQ(read.id, receipt.message_id);
    EXPECT_EQ(read.fields.id.value, receipt.message_id);
    EXPECT_EQ(read.state, receipt.state);
    EXPECT_EQ(read.stat, GetParam().stat);
    EXPECT_EQ(read.fields.sub.value, "001");
    EXPECT_EQ(read.fields.dlvrd.value, GetParam().dlvrd);
    EXPECT_EQ(read.fields.submit_date.value, "2611201200");
    EXPECT_EQ(read.fields.done_date.value, "2611201201");
    EXPECT_EQ(read.fields.text.value, "");
  }
}
INSTANTIATE_TEST_SUITE_P(Final, MakeReceiptState, testing::ValuesIn(kStates),
                         [](const auto& c) { return std::string(StateName(c.param.state)); });

TEST(MakeReceipt, WritesThreeDigitsOfErr) {
  const std::pair<unsigned, const char*> cases[] = {{0, "000"},   {9, "009"},   {45, "045"},
                                                    {120, "120"}, {999, "999"}, {70'000, "999"}};
  for (const auto& [err, digits] : cases) {
    OwnReceipt receipt = Expired();
    receipt.err = err;
    const Octets pdu = MakeReceipt(receipt, 1);
    EXPECT_EQ(ReadReceipt(Viewed(pdu)).err, digits);
  }
}

TEST(MakeReceipt, TakesTheLongestIdAndAddresses) {
  const std::string id(64, '9'), source(20, 's'), destination(20, '7');
  OwnReceipt receipt = Expired();
  receipt.message_id = id;
  receipt.source.addr = source;
  receipt.destination.addr = destination;
  const Octets pdu = MakeReceipt(receipt, 1);
  EXPECT_EQ(ReadReceipt(Viewed(pdu)).id, id);
  EXPECT_EQ(ReadReceipt(Viewed(pdu)).fields.id.value, id);
  EXPECT_EQ(Viewed(pdu).source_addr, destination);
  EXPECT_EQ(Viewed(pdu).destination_addr, source);
}

TEST(MakeReceipt, LeavesOutAnAddressThatADeliverSmCannotHold) {  // c65 in data_sm, c21 here
  const std::string longer(21, '7');
  OwnReceipt receipt = Expired();
  receipt.destination.addr = longer;
  const Octets pdu = MakeReceipt(receipt, 1);
  const MessageView view = Viewed(pdu);
  EXPECT_EQ(view.source_addr, "");
  EXPECT_EQ(view.source_addr_ton, 0);
  EXPECT_EQ(view.source_addr_npi, 0);
  EXPECT_EQ(view.destination_addr, "INFO");
  EXPECT_EQ(ReadReceipt(view).id, "42");
}

TEST(MakeReceipt, MakesNoneWithoutAnIdOrAFinalState) {
  const std::string longest(65, '9');
  const std::string_view ids[] = {"", longest, {"4\0002", 3}};
  for (const std::string_view id : ids) {
    OwnReceipt receipt = Expired();
    receipt.message_id = id;
    EXPECT_TRUE(MakeReceipt(receipt, 1).empty());
  }
  for (const MessageState state :
       {MessageState::SCHEDULED, MessageState::ENROUTE, static_cast<MessageState>(77)}) {
    OwnReceipt receipt = Expired();
    receipt.state = state;
    EXPECT_TRUE(MakeReceipt(receipt, 1).empty());
  }
}

}  // namespace
}  // namespace smpp::test
