// A profile's rules, one by one, and that the octets of the message stay as they were.
#include "server/relay/supplier/submit_rewrite.h"

#include <gtest/gtest.h>

#include "tests/support/profile_rules.h"
#include "tests/support/smpp_peer.h"

namespace hub::test {
namespace {

using relay::RewriteSubmit;
using relay::Rewritten;
using store::AddressAction;
using store::AddressRule;
using store::AddressSide;
using store::SupplierProfile;
using store::TlvAction;
using enum smpp::CommandId;
using enum smpp::Status;

// user_message_reference, a vendor's twice, alert_on_message_delivery.
const Octets kTlvs = {0x02, 0x04, 0,    2, 1, 2,    0x14, 0x01, 0, 1,
                      7,    0x14, 0x01, 0, 0, 0x13, 0x0C, 0,    0};

class SubmitRewrite : public testing::Test {
 protected:
  /// The message as the supplier gets it; the original when nothing changes.
  Pdu Send(const Octets& pdu, bool takes_tlvs = true) {
    const Octets before = pdu;
    smpp::MessageView view;
    EXPECT_EQ(smpp::ViewMessage(smpp::ReadHeader(pdu.data()).command_id, pdu, view), ESME_ROK);
    const Rewritten rewritten = RewriteSubmit(&profile_, takes_tlvs, view);
    status_ = rewritten.status;
    copied_ = !rewritten.pdu.empty();
    EXPECT_EQ(pdu, before);
    if (!copied_) return {pdu};
    const smpp::Bytes octets = rewritten.pdu.bytes();
    return {Octets(octets.begin(), octets.end())};
  }
  Octets TlvsOf(const Pdu& pdu) {
    const smpp::Bytes tlvs = pdu.view().tlvs;
    return {tlvs.begin(), tlvs.end()};
  }

  const Octets plain_ = Message(submit_sm, 7, "ACME", "4915112345678", "hello", 0x10, kTlvs);
  SupplierProfile profile_;
  smpp::Status status_{};
  bool copied_ = false;
};

TEST_F(SubmitRewrite, CopiesNothingWithoutAReason) {
  profile_.tlv_rules = {TlvSpec{.tag = 0x1500, .action = TlvAction::kDrop}};
  profile_.source_rules = {AddressSpec{.prefix = "+"}};
  profile_.data_codings = {{8, 24}};
  Send(plain_);
  EXPECT_FALSE(copied_);
  Send(Message(submit_sm, 7, "ACME", "4915112345678", "hello"), false);
  EXPECT_FALSE(copied_) << "there is no TLV to leave out";
  EXPECT_EQ(status_, ESME_ROK);
}

TEST_F(SubmitRewrite, DropsMapsAndAddsTlvs) {
  profile_.tlv_rules = {
      TlvSpec{.tag = 0x0005, .action = TlvAction::kAdd, .has_value = true, .value = {9}},
      TlvSpec{.tag = 0x0204,
              .action = TlvAction::kAdd,
              .to_tag = 0,
              .has_value = true,
              .value = {3, 3}},
      TlvSpec{.tag = 0x130C, .action = TlvAction::kDrop},
      TlvSpec{.tag = 0x1401, .action = TlvAction::kMap, .to_tag = 0x1402}};
  const Pdu sent = Send(plain_);
  EXPECT_EQ(TlvsOf(sent), (Octets{0x02, 0x04, 0,    2, 1, 2,    0x14, 0x02, 0, 1,
                                  7,    0x14, 0x02, 0, 0, 0x00, 0x05, 0,    1, 9}))
      << "in order; what is there is not added; what is added stands last";
  EXPECT_EQ(sent.view().destination_addr, "4915112345678");
  EXPECT_EQ(smpp::AsText(sent.view().short_message), "hello");
  EXPECT_EQ(sent.view().registered_delivery, 0x10);
}

TEST_F(SubmitRewrite, MapsATlvToAnotherValue) {
  profile_.tlv_rules = {TlvSpec{.tag = 0x1401,
                                .action = TlvAction::kMap,
                                .to_tag = 0x1401,
                                .has_value = true,
                                .value = {5, 6}}};
  EXPECT_EQ(TlvsOf(Send(plain_)), (Octets{0x02, 0x04, 0,    2, 1, 2, 0x14, 0x01, 0,    2, 5,
                                          6,    0x14, 0x01, 0, 2, 5, 6,    0x13, 0x0C, 0, 0}));
}

TEST_F(SubmitRewrite, LeavesTlvsOutLast) {
  profile_.tlv_rules = {
      TlvSpec{.tag = 0x0005, .action = TlvAction::kAdd, .has_value = true, .value = {9}},
      TlvSpec{.tag = 0x020A, .action = TlvAction::kDrop}};
  const Octets port = {0x02, 0x0A, 0, 2, 0, 80};
  const Octets pdu = Message(submit_sm, 7, "ACME", "4915112345678", "hello", 0, port);
  EXPECT_TRUE(TlvsOf(Send(pdu, false)).empty());
  EXPECT_EQ(status_, ESME_ROK) << "a rule may drop what would be refused";
  profile_ = {};
  Send(pdu, false);
  EXPECT_EQ(status_, ESME_RTLVNOTALLWD);
}

TEST_F(SubmitRewrite, AsksForAReceipt) {
  profile_.force_receipts = true;
  EXPECT_EQ(Send(plain_).view().registered_delivery, 0x11);
}

TEST_F(SubmitRewrite, RenamesADataCoding) {
  profile_.data_codings = {{0, 3}, {3, 0}};
  const Pdu sent = Send(plain_);
  EXPECT_EQ(sent.view().data_coding, 3) << "once: not back again";
  EXPECT_EQ(smpp::AsText(sent.view().short_message), "hello");
}

struct AddressCase {
  const char* name;
  AddressRule rule;
  const char *came, *sent;
  int ton = 1, npi = 1;
};

class AddressRules : public testing::TestWithParam<AddressCase> {};

TEST_P(AddressRules, FirstMatchCounts) {
  const AddressCase& c = GetParam();
  // The second never counts where the first does.
  const std::vector<AddressRule> rules = {
      c.rule,
      AddressSpec{.prefix = c.rule.prefix, .action = AddressAction::kAddress, .to = "second"}};
  relay::SentAs::Party party{1, 1, c.came};
  EXPECT_TRUE(relay::MapAddress(rules, &party));
  EXPECT_EQ(party.address, c.sent);
  EXPECT_EQ(party.ton, c.ton);
  EXPECT_EQ(party.npi, c.npi);
}

INSTANTIATE_TEST_SUITE_P(
    Rules, AddressRules,
    testing::Values(
        AddressCase{"StripsPlus", AddressSpec{.prefix = "+", .action = AddressAction::kPrefix},
                    "+46", "46"},
        AddressCase{"AddsZeros", AddressSpec{.action = AddressAction::kPrefix, .to = "00"}, "46",
                    "0046"},
        AddressCase{"National",
                    AddressSpec{.ton = 1,
                                .prefix = "46",
                                .action = AddressAction::kPrefix,
                                .to = "0",
                                .to_ton = 2,
                                .to_npi = 8},
                    "46701", "0701", 2, 8},
        AddressCase{"NumbersAlone", AddressSpec{.npi = 1, .to_ton = 0, .to_npi = 0}, "46", "46", 0,
                    0},
        AddressCase{"Default",
                    AddressSpec{.action = AddressAction::kAddress, .to = "1234", .to_ton = 3},
                    "ACME", "1234", 3, 1},
        AddressCase{"OfTheCentre", AddressSpec{.action = AddressAction::kAddress}, "ACME", ""},
        AddressCase{"AnotherTon", AddressSpec{.ton = 5, .action = AddressAction::kRefuse}, "46",
                    "second"},
        AddressCase{"AnotherNpi", AddressSpec{.npi = 0, .action = AddressAction::kRefuse}, "46",
                    "second"}),
    [](const auto& c) { return std::string(c.param.name); });

TEST_F(SubmitRewrite, GivesBothSidesTheirRules) {
  profile_.source_rules = {
      AddressSpec{.ton = 5, .action = AddressAction::kAddress, .to = "46", .to_ton = 1}};
  profile_.destination_rules = {
      AddressSpec{.prefix = "49", .action = AddressAction::kPrefix, .to = "+49"}};
  const Pdu sent = Send(plain_);
  EXPECT_EQ(sent.view().source_addr, "46");
  EXPECT_EQ(sent.view().source_addr_ton, 1);
  EXPECT_EQ(sent.view().destination_addr, "+4915112345678");
  EXPECT_EQ(TlvsOf(sent), kTlvs);
}

TEST_F(SubmitRewrite, RefusesWhatARuleRefusesOrNoFieldHolds) {
  profile_.source_rules = {AddressSpec{.ton = 5, .action = AddressAction::kRefuse}};
  Send(plain_);
  EXPECT_EQ(status_, ESME_RINVSRCADR);
  profile_ = {};
  profile_.destination_rules = {AddressSpec{.action = AddressAction::kPrefix, .to = "12345678"}};
  Send(plain_);
  EXPECT_EQ(status_, ESME_RINVDSTADR) << "21 characters";
  profile_.destination_rules = {
      AddressSpec{.prefix = "4915112345678", .action = AddressAction::kPrefix}};
  Send(plain_);
  EXPECT_EQ(status_, ESME_RINVDSTADR) << "none is left";
}

}  // namespace
}  // namespace hub::test
