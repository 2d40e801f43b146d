#include "server/relay/supplier/broadcast_rewrite.h"

#include <gtest/gtest.h>

#include "protocol/pdu/broadcast_sm.h"
#include "tests/support/pdu_layout.h"
#include "tests/support/profile_rules.h"

namespace hub::test {
namespace {

using relay::RewriteBroadcast;
using smpp::Status;
using store::AddressAction;
using store::SupplierProfile;

std::vector<std::uint8_t> Broadcast(std::string_view source, std::uint8_t ton,
                                    std::uint8_t data_coding) {
  smpp::BroadcastSm broadcast;
  broadcast.source_addr = source;
  broadcast.source_addr_ton = ton;
  broadcast.message_id = "up-1";
  broadcast.data_coding = data_coding;
  broadcast.tlvs = smpp::test::layout::kBroadcast;
  return smpp::Encode(broadcast, Status::ESME_ROK, 0);
}

TEST(BroadcastRewrite, WhatNoRuleIsAboutStays) {
  EXPECT_TRUE(RewriteBroadcast(nullptr, Broadcast("ACME", 5, 1)).pdu.empty());
  SupplierProfile profile;
  profile.source_rules = {AddressSpec{.ton = 1, .action = AddressAction::kAddress, .to = "4670"}};
  profile.data_codings = {{8, 24}};
  profile.tlvs = store::SupplierTlvs::kNone;
  profile.tlv_rules = {TlvSpec{.tag = 0x0606}};
  const relay::Rewritten same = RewriteBroadcast(&profile, Broadcast("ACME", 5, 1));
  EXPECT_EQ(same.status, Status::ESME_ROK);
  EXPECT_TRUE(same.pdu.empty());
}

TEST(BroadcastRewrite, SourceAndCodingAreAsTheSupplierHasThem) {
  SupplierProfile profile;
  profile.source_rules = {
      AddressSpec{.ton = 5, .action = AddressAction::kAddress, .to = "4670", .to_ton = 3}};
  profile.data_codings = {{1, 3}};
  const relay::Rewritten sent = RewriteBroadcast(&profile, Broadcast("ACME", 5, 1));
  EXPECT_EQ(sent.status, Status::ESME_ROK);
  const smpp::Bytes octets = sent.pdu.bytes();
  EXPECT_EQ(std::vector(octets.begin(), octets.end()), Broadcast("4670", 3, 3));
}

TEST(BroadcastRewrite, ASourceThatIsRefusedOrDoesNotFitIsUnfit) {
  SupplierProfile profile;
  profile.source_rules = {AddressSpec{.prefix = "NO", .action = AddressAction::kRefuse},
                          AddressSpec{.prefix = "", .action = AddressAction::kPrefix, .to = "00"}};
  EXPECT_EQ(RewriteBroadcast(&profile, Broadcast("NOBODY", 5, 0)).status, Status::ESME_RINVSRCADR);
  const std::string twenty(20, '1');
  EXPECT_EQ(RewriteBroadcast(&profile, Broadcast(twenty, 1, 0)).status, Status::ESME_RINVSRCADR);
  EXPECT_EQ(RewriteBroadcast(&profile, Broadcast(twenty.substr(2), 1, 0)).status, Status::ESME_ROK);
}

}  // namespace
}  // namespace hub::test
