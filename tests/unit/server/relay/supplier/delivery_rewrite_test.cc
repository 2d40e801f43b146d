// A supplier's own way to write receipts, read as everybody else's; what is none stays octet for octet.
#include "server/relay/supplier/delivery_rewrite.h"

#include <gtest/gtest.h>

#include "protocol/receipt/receipt.h"
#include "tests/support/profile_rules.h"
#include "tests/support/smpp_peer.h"

namespace hub::test {
namespace {

using relay::AsReceipt;
using smpp::MessageState;
using enum smpp::CommandId;
using enum smpp::Status;

class DeliveryRewrite : public testing::Test {
 protected:
  Pdu Read(const Octets& pdu) {
    const Slice came = Slice::CopyOf(pdu);
    const Slice read = AsReceipt(profile_, smpp::ReadHeader(pdu.data()).command_id, came);
    copied_ = read.data() != came.data();
    const smpp::Bytes octets = read.bytes();
    return {Octets(octets.begin(), octets.end())};
  }
  static Octets Deliver(std::uint8_t esm_class, std::string_view text, const Octets& tlvs = {}) {
    smpp::DeliverSm sm;
    sm.source_addr = "49151";
    sm.destination_addr = "ACME";
    sm.esm_class = esm_class;
    sm.short_message = smpp::AsBytes(text);
    sm.tlvs = tlvs;
    return smpp::Encode(sm, ESME_ROK, 7);
  }
  static std::string TextOf(const Pdu& pdu) { return std::string(smpp::AsText(pdu.view().text())); }

  store::SupplierProfile profile_;
  bool copied_ = false;
};

constexpr const char* kText =
    "id:1 sub:001 dlvrd:001 submit date:2611201200 done date:2611201201 stat:OK err:000 "
    "text:stat:OK";

TEST_F(DeliveryRewrite, LeavesAloneWhatNoRuleIsAbout) {
  profile_.receipt_states = {{"DONE", 2}};
  for (const Octets& pdu : {Deliver(4, kText), Deliver(0, kText), Deliver(0, "hello")}) {
    EXPECT_EQ(Read(pdu).octets, pdu);
    EXPECT_FALSE(copied_);
  }
  profile_.receipts_by_text = true;
  for (const Octets& pdu :
       {Deliver(4, kText), Deliver(0, "hello"), Deliver(0, "id:1 stat:OK"), Deliver(8, kText),
        Deliver(0, "stat:OK done date:2611201200"), Deliver(0, "x", {0x04, 0x27, 0, 1, 2})}) {
    EXPECT_EQ(Read(pdu).octets, pdu);
    EXPECT_FALSE(copied_);
  }
}

TEST_F(DeliveryRewrite, ChangesTheWordAndNothingElse) {
  profile_.receipt_states = {{"OK", 2}};
  const Pdu read = Read(Deliver(4, kText));
  std::string expected = kText;
  expected.replace(expected.find("stat:OK"), 7, "stat:DELIVRD");
  EXPECT_EQ(TextOf(read), expected);
  EXPECT_EQ(read.view().source_addr, "49151");
  EXPECT_EQ(smpp::ReadReceipt(read.view()).state, MessageState::DELIVERED);
}

TEST_F(DeliveryRewrite, TheWordGoesBeforeTheTlv) {
  profile_.receipt_states = {{"OK", 1}};
  const Octets tlvs = {0x14, 0, 0, 1, 9, 0x04, 0x27, 0, 1, 2};
  const Pdu read = Read(Deliver(4, kText, tlvs));
  EXPECT_EQ(read.view().message_state, 1);
  EXPECT_EQ(smpp::ReadReceipt(read.view()).state, MessageState::ENROUTE);
  EXPECT_EQ(read.view().tlvs.size(), tlvs.size());
}

TEST_F(DeliveryRewrite, ATlvAloneCountsAsItsWord) {
  profile_.receipt_states = {{"ACCEPTD", 1}};
  const Octets tlvs = {0x00, 0x1E, 0, 2, '1', 0, 0x04, 0x27, 0, 1, 6};
  EXPECT_EQ(smpp::ReadReceipt(Read(Deliver(4, "", tlvs)).view()).state, MessageState::ENROUTE);
}

TEST_F(DeliveryRewrite, ATextInAPayloadIsReadToo) {
  profile_.receipt_states = {{"OK", 5}};
  Octets tlvs = {0x04, 0x24, 0, static_cast<std::uint8_t>(std::string_view(kText).size())};
  tlvs.insert(tlvs.end(), kText, kText + std::string_view(kText).size());
  tlvs.insert(tlvs.end(), {0x14, 0, 0, 0});
  const Pdu read = Read(Deliver(4, "", tlvs));
  EXPECT_NE(TextOf(read).find("stat:UNDELIV err:000"), std::string::npos);
  EXPECT_TRUE(read.view().short_message.empty());
  EXPECT_EQ(read.view().tlvs.size(), tlvs.size() + 5);
}

TEST_F(DeliveryRewrite, ALongerWordCutsTheQuotedText) {
  profile_.receipt_states = {{"OK", 2}};
  std::string text = kText;
  text.resize(254, 'x');
  const std::string read = TextOf(Read(Deliver(4, text)));
  EXPECT_EQ(read.size(), 254u);
  EXPECT_NE(read.find("stat:DELIVRD"), std::string::npos);
}

TEST_F(DeliveryRewrite, FlagsAReceiptThatReadsLikeOne) {
  profile_.receipts_by_text = true;
  const Pdu read = Read(Deliver(0x40, std::string("\x01\x24", 2) + kText));
  EXPECT_EQ(read.view().esm_class, 0x44) << "its header stays";
  EXPECT_EQ(Read(Deliver(0x03, kText)).view().esm_class, 0x07);
  const Octets tlvs = {0x00, 0x1E, 0, 2, '1', 0, 0x04, 0x27, 0, 1, 2};
  EXPECT_TRUE(Read(Deliver(0, "", tlvs)).view().is_receipt());
}

TEST_F(DeliveryRewrite, FlagsAndTranslatesAtOnce) {
  profile_.receipts_by_text = true;
  profile_.receipt_states = {{"OK", 2}};
  const Pdu read = Read(Deliver(0, kText));
  EXPECT_TRUE(read.view().is_receipt());
  EXPECT_EQ(smpp::ReadReceipt(read.view()).state, MessageState::DELIVERED);
}

TEST_F(DeliveryRewrite, AReceiptNamesTheClientsAddresses) {
  const Octets pdu = Deliver(4, kText, {0x14, 0, 0, 0});
  const Slice came = Slice::CopyOf(pdu);
  const relay::SentAs sent{{5, 0, "ACME INC"}, {1, 1, "+46701"}, "0701"};
  const Slice changed = relay::WithClientsAddresses(came, deliver_sm, sent);
  const smpp::Bytes octets = changed.bytes();
  const Pdu read{Octets(octets.begin(), octets.end())};
  EXPECT_EQ(read.view().source_addr, "+46701");
  EXPECT_EQ(read.view().source_addr_ton, 1);
  EXPECT_EQ(read.view().destination_addr, "ACME INC");
  EXPECT_EQ(read.view().dest_addr_ton, 5);
  EXPECT_EQ(TextOf(read), kText);
  const relay::SentAs longer{{5, 0, std::string(21, 'x')}, {1, 1, "1"}, "1"};
  EXPECT_EQ(relay::WithClientsAddresses(came, deliver_sm, longer).data(), came.data());
}

// --- numbers of MO -------------------------------------------------------------------------------------------------

using store::AddressAction;

constexpr std::int16_t kAny = store::kAnyTonNpi;

struct NumberCase {
  const char* name;
  std::vector<AddressSpec> rules;
  std::uint8_t ton;
  const char* came;
  std::uint8_t ton_told;
  const char* told;
};

class Numbers : public testing::TestWithParam<NumberCase> {};

// The same rules for both sides, and the number on both.
TEST_P(Numbers, AreThoseOfClientsWhereTheyShowTheSuppliersForm) {
  const NumberCase& c = GetParam();
  store::SupplierProfile profile;
  for (const AddressSpec& rule : c.rules) {
    profile.source_rules.push_back(rule);
    profile.destination_rules.push_back(rule);
  }
  smpp::DeliverSm sm;
  sm.source_addr_ton = sm.dest_addr_ton = c.ton;
  sm.source_addr = sm.destination_addr = c.came;
  sm.short_message = smpp::AsBytes("hello");
  const Slice came = Slice::CopyOf(smpp::Encode(sm, ESME_ROK, 7));
  const Slice got = relay::WithNumbersOfClients(profile, deliver_sm, came);
  sm.source_addr_ton = sm.dest_addr_ton = c.ton_told;
  sm.source_addr = sm.destination_addr = c.told;
  Octets octets(got.bytes().begin(), got.bytes().end());
  smpp::PatchSequenceNumber(octets.data(), 7);  // nobody reads it: who asked is told by Origin
  EXPECT_EQ(octets, smpp::Encode(sm, ESME_ROK, 7));
  EXPECT_EQ(got.data() == came.data(), std::string_view(c.came) == c.told) << "a copy for a change";
}

AddressSpec Prefix(const char* prefix, const char* to, std::int16_t to_ton = kAny,
                   std::int16_t ton = kAny) {
  return {
      .ton = ton, .prefix = prefix, .action = AddressAction::kPrefix, .to = to, .to_ton = to_ton};
}

INSTANTIATE_TEST_SUITE_P(
    Rules, Numbers,
    testing::Values(
        NumberCase{"National", {Prefix("46", "0", 2)}, 2, "0709876543", 0, "46709876543"},
        NumberCase{"NationalOfARuleThatAsksForATon",
                   {Prefix("46", "0", 2, 1)},
                   2,
                   "0709876543",
                   1,
                   "46709876543"},
        NumberCase{"NationalWithoutATon", {Prefix("46", "0")}, 1, "0709876543", 1, "46709876543"},
        NumberCase{
            "NationalByItsTonAlone", {Prefix("46", "", 2)}, 2, "709876543", 0, "46709876543"},
        NumberCase{"AnotherTon", {Prefix("46", "0", 2)}, 1, "0709876543", 1, "0709876543"},
        NumberCase{"International", {Prefix("46", "0", 2)}, 1, "46709876543", 1, "46709876543"},
        NumberCase{
            "InternationalByItsZeros", {Prefix("46", "0")}, 0, "0049151123456", 0, "0049151123456"},
        NumberCase{"ZerosOfARule", {Prefix("", "00")}, 0, "0049151123456", 0, "49151123456"},
        NumberCase{"TheLongestDidIt",
                   {Prefix("46", "0"), Prefix("", "00")},
                   0,
                   "0049151123456",
                   0,
                   "49151123456"},
        NumberCase{"PlusAdded", {Prefix("", "+")}, 1, "+49151123456", 1, "49151123456"},
        NumberCase{"PlusTakenAway", {Prefix("+", "")}, 1, "49151123456", 1, "49151123456"},
        NumberCase{"ARoutingPrefix", {Prefix("", "77")}, 1, "77012345678", 1, "77012345678"},
        NumberCase{"TwoCountries",
                   {Prefix("46", "0"), Prefix("47", "0")},
                   0,
                   "0709876543",
                   0,
                   "0709876543"},
        NumberCase{
            "ARuleBeforeItTakesThatNumber",
            {AddressSpec{.prefix = "4670", .action = AddressAction::kKeep}, Prefix("46", "0")},
            0,
            "0709876543",
            0,
            "0709876543"},
        NumberCase{"ShortCode", {Prefix("46", "", 2)}, 2, "10000", 2, "10000"},
        NumberCase{"Name", {Prefix("", "0")}, 5, "0nline-shop", 5, "0nline-shop"},
        NumberCase{"WhatWasThereIsGone",
                   {AddressSpec{.action = AddressAction::kAddress, .to = "0709876543"}},
                   0,
                   "0709876543",
                   0,
                   "0709876543"},
        NumberCase{"TooLongForTheField",
                   {Prefix("46123", "0")},
                   0,
                   "012345678901234567",
                   0,
                   "012345678901234567"}),
    [](const auto& each) { return std::string(each.param.name); });

TEST(NumbersOfMo, AReceiptKeepsItsOwn) {
  store::SupplierProfile profile;
  profile.destination_rules = {Prefix("46", "0", 2)};
  smpp::DeliverSm sm;
  sm.source_addr_ton = 2;
  sm.source_addr = "0709876543";
  sm.esm_class = 0x04;
  const Slice came = Slice::CopyOf(smpp::Encode(sm, ESME_ROK, 7));
  EXPECT_EQ(relay::WithNumbersOfClients(profile, deliver_sm, came).data(), came.data());
}

}  // namespace
}  // namespace hub::test
