#include "protocol/receipt/receipt.h"

#include <gtest/gtest.h>

#include "protocol/pdu/message.h"
#include "protocol/receipt/receipt_text.h"
#include "tests/unit/protocol/vectors.h"

namespace smpp::test {
namespace {

TEST(ReceiptText, ReadsAppendixB) {
  const ReceiptText r = ParseReceiptText(
      "id:0123456789 sub:001 dlvrd:002 submit date:2501021530 done date:2501021531 stat:DELIVRD "
      "err:003 text:Hello you");
  EXPECT_EQ(r.id.value, "0123456789");
  EXPECT_EQ(r.id.offset, 3u);
  EXPECT_EQ(r.sub.value, "001");
  EXPECT_EQ(r.dlvrd.value, "002");
  EXPECT_EQ(r.submit_date.value, "2501021530");
  EXPECT_EQ(r.done_date.value, "2501021531");
  EXPECT_EQ(r.stat.value, "DELIVRD");
  EXPECT_EQ(r.err.value, "003");
  EXPECT_EQ(r.text.value, "Hello you");
}

struct TextCase {
  const char* name;
  std::string text;
  const char *id, *stat, *err, *rest;  // nullptr: the field is not there
};
const TextCase kTexts[] = {
    {"AnyCase", "ID:1 Stat:delivrd ERR:000 Text:Hi", "1", "delivrd", "000", "Hi"},
    {"OtherOrder", "stat:EXPIRED err:0032 id:abc", "abc", "EXPIRED", "0032", nullptr},
    {"NoSpaceInDates", "id:1 submitdate:2501021530 donedate:250102153100 stat:UNDELIV", "1",
     "UNDELIV", nullptr, nullptr},
    {"EmptyErr", "id:1 stat:FAILED err: text:", "1", "FAILED", "", ""},
    {"SpaceBehindColon", "id: 42 stat: DELIVRD", "42", "DELIVRD", nullptr, nullptr},
    {"Uuid", "id:6f9619ff-8b86-d011-b42d-00cf4fc964ff stat:DELIVRD",
     "6f9619ff-8b86-d011-b42d-00cf4fc964ff", "DELIVRD", nullptr, nullptr},
    {"ForgedInText", "id:1 stat:DELIVRD text:id:2 stat:EXPIRED err:9", "1", "DELIVRD", nullptr,
     "id:2 stat:EXPIRED err:9"},
    {"TextFirst", "text:Hi id:7 stat:DELIVRD", "7", "DELIVRD", nullptr, "Hi id:7 stat:DELIVRD"},
    {"RepeatedKey", "id:1 id:2", "1", nullptr, nullptr, nullptr},
    {"KeyInsideAWord", "paid:9 id:1", "1", nullptr, nullptr, nullptr},
    {"NoReceipt", "Hello, how are you?", nullptr, nullptr, nullptr, nullptr},
    {"Empty", "", nullptr, nullptr, nullptr, nullptr},
    {"OnlyAKey", "id:", "", nullptr, nullptr, nullptr},
    {"Newlines", "id:1\r\nstat:DELIVRD\r\n", "1", "DELIVRD", nullptr, nullptr},
    {"Binary", std::string("\xff\xfe\0id:1 stat:\x80", 15), "1", "\x80", nullptr, nullptr},
};
class ReceiptTextCase : public testing::TestWithParam<TextCase> {};
TEST_P(ReceiptTextCase, IsReadByKey) {
  const TextCase& c = GetParam();
  const ReceiptText r = ParseReceiptText(c.text);
  const auto expect = [&](const ReceiptField& field, const char* value) {
    ASSERT_EQ(field.present, value != nullptr);
    if (value == nullptr) return;
    EXPECT_EQ(field.value, value);
    EXPECT_EQ(c.text.substr(field.offset, field.value.size()), field.value);
  };
  expect(r.id, c.id);
  expect(r.stat, c.stat);
  expect(r.err, c.err);
  expect(r.text, c.rest);
}
INSTANTIATE_TEST_SUITE_P(Seen, ReceiptTextCase, testing::ValuesIn(kTexts),
                         [](const auto& c) { return std::string(c.param.name); });

struct GoldenReceipt {
  const char* vector;
  const char* id;
  MessageState state;
};
constexpr GoldenReceipt kGolden[] = {
    {"D04", "0123456789", MessageState::DELIVERED},
    {"D05", "0123456789", MessageState::EXPIRED},
    {"D06", "0123456789", MessageState::DELETED},
    {"D07", "0123456789", MessageState::UNDELIVERABLE},
    {"D08", "0123456789", MessageState::ACCEPTED},
    {"D09", "0123456789", MessageState::UNKNOWN},
    {"D10", "0123456789", MessageState::REJECTED},
    {"D11", "0123456789", MessageState::DELIVERED},   // text only
    {"D12", "0123456789", MessageState::DELIVERED},   // TLVs only
    {"D13", "1A2B3C4D", MessageState::DELIVERED},     // the TLV wins over the text's decimal
    {"D14", "abc-123", MessageState::UNDELIVERABLE},  // in message_payload
    {"D15", "6f9619ff-8b86-d011-b42d-00cf4fc964ff", MessageState::DELIVERED},
    {"D16", "0123456789", MessageState::ENROUTE},
    {"D19", "0123456789", MessageState::DELIVERED},  // data_sm
};
class GoldenReceiptTest : public testing::TestWithParam<GoldenReceipt> {};
TEST_P(GoldenReceiptTest, GivesIdAndState) {
  const Octets pdu = VectorPdu(GetParam().vector);
  const MessageView view = ViewMessage(ReadHeader(pdu.data()).command_id, pdu).value();
  EXPECT_TRUE(view.is_receipt() || view.is_intermediate());
  const Receipt receipt = ReadReceipt(view);
  EXPECT_EQ(receipt.id, GetParam().id);
  EXPECT_EQ(receipt.state, GetParam().state) << StateName(receipt.state);
}
INSTANTIATE_TEST_SUITE_P(Golden, GoldenReceiptTest, testing::ValuesIn(kGolden),
                         [](const auto& c) { return std::string(c.param.vector); });

/// A deliver_sm of this class, text and tail, read as a receipt.
MessageState StateIn(std::uint8_t esm_class, std::string_view text, std::string_view tlvs) {
  const Octets tail = FromHex(tlvs);
  const DeliverSm deliver{.esm_class = esm_class, .short_message = AsBytes(text), .tlvs = tail};
  const Octets pdu = Encode(deliver, Status::ESME_ROK, 1);
  return ReadReceipt(ViewMessage(CommandId::deliver_sm, pdu).value()).state;
}

TEST(Receipt, WeighsTlvOverTextOverClass) {
  EXPECT_EQ(StateIn(0x04, "id:1 stat:UNDELIV", "0427000102"), MessageState::DELIVERED);
  EXPECT_EQ(StateIn(0x04, "id:1 stat:UNDELIV", "04270001ff"),
            MessageState::UNDELIVERABLE);  // no such state
  EXPECT_EQ(StateIn(0x04, "id:1 stat:UNDELIV", "0427000202ff"),
            MessageState::UNDELIVERABLE);  // wrong length
  EXPECT_EQ(StateIn(0x04, "id:1 stat:WHATEVER", ""), MessageState::UNKNOWN);
  EXPECT_EQ(StateIn(0x20, "", ""), MessageState::ENROUTE);
}

TEST(Receipt, ReadsBehindAUserDataHeader) {
  const std::string text = std::string("\x05\0\x03\x2a\x01\x01", 6) + "id:77 stat:DELIVRD";
  const DeliverSm deliver{.esm_class = 0x44, .short_message = AsBytes(text)};
  const Octets pdu = Encode(deliver, Status::ESME_ROK, 1);
  const Receipt receipt = ReadReceipt(ViewMessage(CommandId::deliver_sm, pdu).value());
  EXPECT_EQ(receipt.id, "77");
  EXPECT_EQ(receipt.text_offset, 6u);
}

TEST(MessageState, KnowsItsWordsAndTheirAliases) {
  EXPECT_EQ(StateOfStat("DELIVRD"), MessageState::DELIVERED);
  EXPECT_EQ(StateOfStat("delivered"), MessageState::DELIVERED);
  EXPECT_EQ(StateOfStat("FAILED"), MessageState::UNDELIVERABLE);
  EXPECT_EQ(StateOfStat("BUFFRED"), MessageState::ENROUTE);
  EXPECT_EQ(StateOfStat("DELIVR"), std::nullopt);
  EXPECT_EQ(StateOfStat(""), std::nullopt);
  EXPECT_EQ(StateOf(9), MessageState::SKIPPED);
  EXPECT_EQ(StateOf(10), std::nullopt);
  EXPECT_EQ(StateName(MessageState::UNDELIVERABLE), "UNDELIVERABLE");
  EXPECT_EQ(StatOf(static_cast<MessageState>(77)), "UNKNOWN");
  EXPECT_FALSE(IsFinal(MessageState::ENROUTE));
  EXPECT_FALSE(IsFinal(MessageState::SCHEDULED));
  EXPECT_TRUE(IsFinal(MessageState::REJECTED));
  for (std::uint8_t i = 0; i < 10; ++i) EXPECT_EQ(StateOfStat(StatOf(*StateOf(i))), StateOf(i));
}

TEST(BuildReceiptText, WritesAppendixB) {
  using namespace std::chrono;
  const sys_seconds done = sys_days(year(2025) / 1 / 2) + hours(15) + minutes(31);
  const std::string text = BuildReceiptText({.id = "0123456789",
                                             .submit_date = done - minutes(1),
                                             .done_date = done,
                                             .text = "Hello, this is more than twenty"});
  EXPECT_EQ(text,
            "id:0123456789 sub:001 dlvrd:001 submit date:2501021530 done date:2501021531 "
            "stat:DELIVRD err:000 "
            "text:Hello, this is more ");
  const std::string failed = BuildReceiptText({.id = std::string_view("x"),
                                               .submitted = 1000,
                                               .delivered = 0,
                                               .state = MessageState::UNDELIVERABLE,
                                               .err = "21b"});
  EXPECT_EQ(failed,
            "id:x sub:999 dlvrd:000 submit date:7001010000 done date:7001010000 stat:UNDELIV "
            "err:21b text:");
  EXPECT_EQ(ParseReceiptText(failed).err.value, "21b");
}

}  // namespace
}  // namespace smpp::test
