#include "protocol/receipt/rewrite.h"

#include <gtest/gtest.h>

#include "protocol/pdu/message.h"
#include "tests/unit/protocol/vectors.h"

namespace smpp::test {
namespace {

constexpr std::string_view kHubId = "7261234567890123456";

Octets Rewritten(const Octets& pdu, const ReceiptRewrite& rewrite) {
  const MessageView view = ViewMessage(ReadHeader(pdu.data()).command_id, pdu).value();
  return RewriteReceipt(view, ReadReceipt(view), pdu, rewrite);
}

MessageView Viewed(const Octets& pdu) {
  return ViewMessage(ReadHeader(pdu.data()).command_id, pdu).value();
}

/// The octets with every `from` replaced: what a receipt must look like but for its lengths.
std::string Replaced(std::string text, std::string_view from, std::string_view to) {
  for (std::size_t at = text.find(from); at != text.npos; at = text.find(from, at + to.size())) {
    text.replace(at, from.size(), to);
  }
  return text;
}

TEST(Rewrite, ReplacesTheIdInTextAndTlvAndNothingElse) {  // D04: both
  const Octets pdu = VectorPdu("D04");
  const Octets out = Rewritten(pdu, {.message_id = kHubId});
  const MessageView before = Viewed(pdu), after = Viewed(out);
  EXPECT_EQ(AsText(after.short_message),
            Replaced(std::string(AsText(before.short_message)), "0123456789", kHubId));
  EXPECT_EQ(after.receipted_message_id, kHubId);
  EXPECT_EQ(FindTlv(after.tlvs, Tag::receipted_message_id)->value.size(),
            kHubId.size() + 1);  // with its NUL
  EXPECT_EQ(after.message_state, before.message_state);
  EXPECT_EQ(ToHex(Bytes(out).subspan(4, before.offsets.sm_length - 4)),
            ToHex(Bytes(pdu).subspan(4, before.offsets.sm_length - 4)));
  EXPECT_EQ(out.size(), pdu.size() + 2 * (kHubId.size() - 10));
  EXPECT_EQ(ReadHeader(out.data()).command_length, out.size());
}

TEST(Rewrite, BringsTheOldOctetsBackWhenDoneTwice) {
  for (const char* vector : {"D04", "D11", "D12", "D14", "D15", "D16", "D19"}) {
    const Octets pdu = VectorPdu(vector);
    const std::string old_id(ReadReceipt(Viewed(pdu)).id);
    const Octets there = Rewritten(pdu, {.message_id = kHubId});
    EXPECT_EQ(ReadReceipt(Viewed(there)).id, kHubId) << vector;
    EXPECT_EQ(ToHex(Rewritten(there, {.message_id = old_id})), ToHex(pdu)) << vector;
  }
}

TEST(Rewrite, ReplacesTwoFormsOfTheIdByOne) {  // D13: hexadecimal in the TLV, decimal in the text
  const Octets out = Rewritten(VectorPdu("D13"), {.message_id = kHubId});
  const Receipt receipt = ReadReceipt(Viewed(out));
  EXPECT_EQ(receipt.id, kHubId);
  EXPECT_EQ(receipt.fields.id.value, kHubId);
}

/// A receipt made here.
Octets Receipt3(std::string_view text, std::string_view tlvs) {
  const Octets tail = FromHex(tlvs);
  return Encode(DeliverSm{.esm_class = 0x04, .short_message = AsBytes(text), .tlvs = tail},
                Status::ESME_ROK, 1);
}

TEST(Rewrite, KeepsATlvWithoutNulWithoutOne) {
  const Octets out = Rewritten(Receipt3("", "001e0003616263"), {.message_id = "12345"});
  EXPECT_EQ(ToHex(Viewed(out).tlvs), "001e00053132333435");
}

TEST(Rewrite, CutsTheTailOfTheTextWhenTheIdIsTooLong) {
  const std::string head = "id:1 stat:DELIVRD err:000 text:";
  const std::string text = head + std::string(254 - head.size(), 'x');
  const Octets pdu = Receipt3(text, "");
  const Octets out = Rewritten(pdu, {.message_id = kHubId});
  const std::string expected =
      Replaced(text, "id:1 ", "id:" + std::string(kHubId) + " ").substr(0, 254);
  EXPECT_EQ(AsText(Viewed(out).short_message), expected);
  EXPECT_EQ(Viewed(Rewritten(pdu, {.message_id = kHubId, .short_message_octets_max = 255}))
                .short_message.size(),
            255u);
}

TEST(Rewrite, FailsWhenThereIsNoRoomForTheId) {
  const std::string text = std::string(240, 'x') + " id:1";
  EXPECT_TRUE(Rewritten(Receipt3(text, ""), {.message_id = kHubId}).empty());
  EXPECT_FALSE(Rewritten(Receipt3(text, ""), {.message_id = "12345678"}).empty());
}

TEST(Rewrite, RefusesAnIdThatNoFieldCanHold) {
  const Octets pdu = VectorPdu("D04");
  EXPECT_TRUE(Rewritten(pdu, {.message_id = ""}).empty());
  EXPECT_TRUE(Rewritten(pdu, {.message_id = std::string(65, '1')}).empty());
  EXPECT_TRUE(Rewritten(pdu, {.message_id = std::string_view("1\0002", 3)}).empty());
  EXPECT_FALSE(Rewritten(pdu, {.message_id = std::string(64, '1')}).empty());
}

TEST(Rewrite, LeavesAMessageWithoutIdsAlone) {
  const Octets pdu = VectorPdu("D01");
  EXPECT_EQ(ToHex(Rewritten(pdu, {.message_id = kHubId})), ToHex(pdu));
}

TEST(Rewrite, LeavesATextThatCannotBeReadAlone) {  // UCS-2: no `id:` in sight
  const Octets text = FromHex("00690064003a00310020");
  const Octets pdu = Encode(DeliverSm{.esm_class = 0x04, .data_coding = 8, .short_message = text},
                            Status::ESME_ROK, 1);
  EXPECT_EQ(ToHex(Rewritten(pdu, {.message_id = kHubId})), ToHex(pdu));
}

}  // namespace
}  // namespace smpp::test
