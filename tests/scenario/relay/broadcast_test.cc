// broadcast_sm: for clients of v5.0 that have a supplier and a price for it.
#include <gtest/gtest.h>

#include "tests/scenario/relay/broadcast_rig.h"
#include "tests/support/profile_rules.h"

namespace hub::test {
namespace {

using enum smpp::CommandId;
using enum smpp::Status;
using namespace std::chrono_literals;

TEST(BroadcastSm, GoesAsItCameAndIsAnsweredByItsSupplierWhateverAnswerSays) {
  BroadcastRig rig;
  SmppPeer& alpha = rig.alpha();
  SmppPeer acme = rig.Acme();
  acme.Send(Broadcast(7));
  const std::optional<Pdu> sent = alpha.Next();
  ASSERT_TRUE(sent);
  EXPECT_EQ(sent->octets, Broadcast(sent->sequence_number()));
  EXPECT_FALSE(acme.Next()) << "nobody took it yet";
  EXPECT_TRUE(rig.All<store::MessageRecord>().empty());
  alpha.Send(WithTlvs(IdAnswer(broadcast_sm_resp, ESME_ROK, sent->sequence_number(), "bc-1"),
                      kFailedArea));
  const auto rows = rig.All<store::MessageRecord>();
  ASSERT_EQ(rows.size(), 1u);
  const std::optional<Pdu> answer = acme.Next();
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->octets,
            WithTlvs(IdAnswer(broadcast_sm_resp, ESME_ROK, 7, std::to_string(rows[0].message_id)),
                     kFailedArea));
  EXPECT_FALSE(acme.Next());
  EXPECT_EQ(rows[0].message_class, store::kBroadcastClass);
  EXPECT_EQ(rows[0].source_addr, "ACME");
  EXPECT_EQ(rows[0].destination_addr, "");
  EXPECT_EQ(rows[0].supplier_id, 101);
  EXPECT_EQ(rows[0].segments, 1);
  EXPECT_EQ(rows[0].amount, kBroadcastPrice);
  EXPECT_EQ(rows[0].rate, kBroadcastPrice);
  EXPECT_EQ(rows[0].basis, store::ChargeBasis::kSubmit);
  EXPECT_EQ(rows[0].decision, "broadcast; alpha 0.2 #1");
  EXPECT_TRUE(rows[0].pdu.empty()) << "never ours to keep";
  const auto attempt = rig.Last<store::AttemptRecord>();
  EXPECT_EQ(attempt.cost, kBroadcastCost);
  EXPECT_EQ(attempt.upstream_id, "bc-1");
  EXPECT_TRUE(rig.All<store::OutcomeRecord>().empty());
  rig.ExpectMoneyBalances();
}

TEST(BroadcastSm, OkWaitsForTheDisk) {
  BroadcastRig rig;
  rig.alpha();
  SmppPeer acme = rig.Acme();
  rig.journal.slow = true;
  acme.Send(Broadcast(7));
  EXPECT_FALSE(rig.alpha().Next()) << "first it is written that the supplier may have it";
  rig.SyncDisk();
  const std::optional<Pdu> sent = rig.alpha().Next();
  ASSERT_TRUE(sent);
  rig.alpha().Send(IdAnswer(broadcast_sm_resp, ESME_ROK, sent->sequence_number(), "bc-1"));
  EXPECT_FALSE(acme.Next());
  rig.SyncDisk();
  EXPECT_TRUE(acme.Next());
}

// What keeps a client from broadcasting: then all three are as unknown as they are to v3.4.
struct NotOfferedCase {
  const char* name;
  void (*change)(store::Catalog& catalog);
  std::uint8_t version = 0x50;
};
void PrintTo(const NotOfferedCase& c, std::ostream* os) { *os << c.name; }
class BroadcastsNotOffered : public testing::TestWithParam<NotOfferedCase> {};

TEST_P(BroadcastsNotOffered, AreUnknown) {
  store::Catalog catalog = Broadcasting();
  GetParam().change(catalog);
  BroadcastRig rig(catalog);
  SmppPeer& alpha = rig.alpha();
  SmppPeer acme = rig.Customer("acme", bind_transceiver, GetParam().version);
  for (const Octets& request : {Broadcast(7), QueryBroadcast(7, "12"), CancelBroadcast(7, "12")}) {
    acme.Send(request);
    ExpectStatus(acme, generic_nack, 7, ESME_RINVCMDID);
  }
  EXPECT_FALSE(alpha.Next());
  EXPECT_TRUE(rig.All<store::RejectRecord>().empty());
  EXPECT_TRUE(acme.connected());
}

INSTANTIATE_TEST_SUITE_P(
    Reasons, BroadcastsNotOffered,
    testing::Values(
        NotOfferedCase{"NoTerms", [](auto& c) { c.clients[0].broadcast_supplier_id = 0; }},
        NotOfferedCase{"SupplierGone", [](auto& c) { c.clients[0].broadcast_supplier_id = 999; }},
        NotOfferedCase{"SupplierWithoutACost",
                       [](auto& c) { c.suppliers[0].broadcast_cost.reset(); }},
        NotOfferedCase{"OtherCurrency",
                       [](auto& c) { c.suppliers[0].currency = c.decks[1].currency = "USD"; }},
        NotOfferedCase{"SpeaksV34", [](auto&) {}, 0x34}),
    [](const auto& c) { return std::string(c.param.name); });

TEST(BroadcastSm, TermsThatGoWhileItWaitsForItsTurnAreNoTerms) {
  store::Catalog catalog = Broadcasting();
  catalog.clients[0].window_requests_max = 1;
  BroadcastRig rig(catalog);
  SmppPeer& alpha = rig.alpha();
  SmppPeer acme = rig.Acme();
  acme.Send(Broadcast(7));
  acme.Send(Broadcast(8));
  const std::optional<Pdu> first = alpha.Next();
  ASSERT_TRUE(first);
  catalog.clients[0].broadcast_supplier_id = 0;
  rig.Use(catalog);
  alpha.Send(IdAnswer(broadcast_sm_resp, ESME_ROK, first->sequence_number(), "bc-1"));
  EXPECT_EQ(AnswersTo(acme), (std::vector{ESME_ROK, ESME_RINVCMDID}));
  EXPECT_FALSE(alpha.Next());
  rig.ExpectMoneyBalances();
}

TEST(BroadcastSm, ItsSuppliersErrorIsTheAnswerAndCostsNothing) {
  BroadcastRig rig;
  SmppPeer& alpha = rig.alpha();
  SmppPeer acme = rig.Acme();
  acme.Send(Broadcast(7));
  alpha.Send(Bare(broadcast_sm_resp, alpha.Next()->sequence_number(), ESME_RINVBCASTAREAFMT));
  ExpectStatus(acme, broadcast_sm_resp, 7, ESME_RINVBCASTAREAFMT);
  EXPECT_TRUE(rig.All<store::MessageRecord>().empty());
  EXPECT_EQ(rig.Last<store::RejectRecord>().reason, "supplier");
  EXPECT_EQ(rig.Last<store::AttemptRecord>().cost, Nano{0});
  rig.ExpectMoneyBalances();
}

TEST(BroadcastSm, ASupplierThatIsSilentLeavesItUnknownAndUncharged) {
  BroadcastRig rig;
  SmppPeer& alpha = rig.alpha();
  SmppPeer acme = rig.Acme();
  acme.Send(Broadcast(7));
  ASSERT_TRUE(alpha.Next());
  rig.network.Advance(11s);
  ExpectStatus(acme, broadcast_sm_resp, 7, ESME_RSYSERR);
  EXPECT_EQ(rig.Last<store::AttemptRecord>().result, store::AttemptResult::kTimeout);
  rig.ExpectMoneyBalances();
}

TEST(BroadcastSm, ALinkThatIsLostUnderItLeavesItUnknownAndItIsNotSentAgain) {
  store::Catalog catalog = Broadcasting();
  catalog.supplier_binds.push_back(catalog.supplier_binds[0]);
  catalog.supplier_binds.back().bind_id = 209;
  catalog.supplier_binds.back().port = 1009;
  BroadcastRig rig(catalog);
  SmppPeer& alpha = rig.alpha();
  SmppPeer acme = rig.Acme();
  acme.Send(Broadcast(7));
  ASSERT_TRUE(alpha.Next());
  SmppPeer& second = rig.Supplier(1009);
  alpha.raw().Break();
  rig.network.Advance(1s);
  EXPECT_FALSE(second.Next()) << "two of them would be on the air";
  ExpectStatus(acme, broadcast_sm_resp, 7, ESME_RSYSERR);
  EXPECT_EQ(rig.Last<store::AttemptRecord>().result, store::AttemptResult::kLinkLost);
  rig.ExpectMoneyBalances();
}

TEST(BroadcastSm, TheMarginGuardJudgesItsPrice) {
  for (const store::GuardMode mode : {store::GuardMode::kBlock, store::GuardMode::kWarn}) {
    store::Catalog catalog = Broadcasting();
    catalog.suppliers[0].broadcast_cost = Nano{kBroadcastPrice.units + 1};
    catalog.clients[0].guard_mode = mode;
    BroadcastRig rig(catalog);
    rig.alpha();
    SmppPeer acme = rig.Acme();
    acme.Send(Broadcast(7));
    EXPECT_EQ(rig.alpha().Next().has_value(), mode == store::GuardMode::kWarn);
    if (mode == store::GuardMode::kWarn) continue;
    ExpectStatus(acme, broadcast_sm_resp, 7, ESME_RBCASTFAIL);
    EXPECT_EQ(rig.Last<store::RejectRecord>().reason, "margin_guard");
    EXPECT_EQ(rig.Count(Metric::rejected_margin), 1u);
    rig.ExpectMoneyBalances();
  }
}

TEST(BroadcastSm, WithoutCreditNothingLeaves) {
  BroadcastRig rig;
  rig.alpha();
  rig.desk.available = Nano{kBroadcastPrice.units - 1};
  SmppPeer acme = rig.Acme();
  acme.Send(Broadcast(7));
  ExpectStatus(acme, broadcast_sm_resp, 7, ESME_RSUBMITFAIL);
  EXPECT_FALSE(rig.alpha().Next());
}

TEST(BroadcastSm, GoesOverBindsOfV50Alone) {
  BroadcastRig rig(BroadcastingOverOneOfTwo());
  SmppPeer& before = rig.Supplier(1009);
  SmppPeer acme = rig.Acme();
  acme.Send(Broadcast(7));
  ExpectStatus(acme, broadcast_sm_resp, 7, ESME_RSYSERR);  // the other bind is down
  EXPECT_EQ(rig.Last<store::RejectRecord>().decision, "broadcast; alpha 0.2 link_down");
  for (std::uint32_t n = 8; n < 12; ++n) rig.Accepted(acme, Broadcast(n), "bc");
  EXPECT_FALSE(before.Next());
  rig.ExpectMoneyBalances();
}

TEST(BroadcastSm, ItsSourceAndCodingAreAsTheSuppliersProfileSays) {
  store::Catalog catalog = Broadcasting();
  store::SupplierProfile& profile = catalog.suppliers[0].profile;
  profile.source_rules = {AddressSpec{.prefix = "NO", .action = store::AddressAction::kRefuse},
                          AddressSpec{.action = store::AddressAction::kAddress, .to = "4670"}};
  profile.tlvs = store::SupplierTlvs::kNone;
  BroadcastRig rig(catalog);
  SmppPeer& alpha = rig.alpha();
  SmppPeer acme = rig.Acme();
  acme.Send(Broadcast(7));
  const std::optional<Pdu> sent = alpha.Next();
  ASSERT_TRUE(sent);
  EXPECT_EQ(sent->octets, Broadcast(sent->sequence_number(), "", "4670"));
  acme.Send(Broadcast(8, "", "NOBODY"));
  ExpectStatus(acme, broadcast_sm_resp, 8, ESME_RINVSRCADR);
  EXPECT_FALSE(alpha.Next());
}

TEST(BroadcastSm, ItsReceiptEndsItAsThatOfAnyMessage) {
  BroadcastRig rig;
  SmppPeer acme = rig.Acme();
  const std::string id = rig.Accepted(acme, Broadcast(7), "bc-1");
  rig.alpha().Send(Receipt(90, "bc-1", "1", "ACME", "DELIVRD"));
  rig.network.Advance(1s);
  const auto ends = rig.All<store::OutcomeRecord>();
  ASSERT_EQ(ends.size(), 1u);
  EXPECT_EQ(std::to_string(ends[0].message_id), id);
  EXPECT_FALSE(acme.Next()) << "nobody asked for it";
}

}  // namespace
}  // namespace hub::test
