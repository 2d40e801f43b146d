// broadcast_sm, query_broadcast_sm and cancel_broadcast_sm: for clients of v5.0 that have a supplier and a price for them.
#include <gtest/gtest.h>

#include "protocol/pdu/broadcast_sm.h"
#include "protocol/pdu/query_sm.h"
#include "tests/scenario/relay/change_rig.h"
#include "tests/support/pdu_layout.h"
#include "tests/support/profile_rules.h"

namespace hub::test {
namespace {

using enum smpp::CommandId;
using enum smpp::Status;
using namespace std::chrono_literals;

constexpr Nano kPrice{500'000'000}, kCost{200'000'000};

// broadcast_error_status and the failed area.
const Octets kFailedArea = {0x06, 0x07, 0, 4, 0, 0, 1, 9, 0x06, 0x06, 0, 2, 0, 'A'};
// message_state and the success of an area.
const Octets kProgress = {0x04, 0x27, 0, 1, 1, 0x06, 0x06, 0, 2, 0, 'A', 0x06, 0x08, 0, 1, 90};

Octets Broadcast(std::uint32_t sequence_number, std::string_view replaces = "",
                 std::string_view source_addr = "ACME") {
  smpp::BroadcastSm broadcast;
  broadcast.service_type = "CBS";
  broadcast.source_addr_ton = 5;
  broadcast.source_addr = source_addr;
  broadcast.message_id = replaces;
  broadcast.priority_flag = 4;
  broadcast.replace_if_present_flag = replaces.empty() ? 0 : 1;
  Octets tlvs = smpp::test::layout::kBroadcast;
  tlvs.insert(tlvs.end(), {0x04, 0x24, 0, 2, 'h', 'i', 0x14, 0x01, 0, 1, 7});
  broadcast.tlvs = tlvs;
  return smpp::Encode(broadcast, ESME_ROK, sequence_number);
}

template <class Request>
Octets About(std::uint32_t sequence_number, std::string_view message_id) {
  const Octets tlvs = {0x02, 0x04, 0, 2, 0, 9};  // user_message_reference
  Request request;
  request.message_id = message_id;
  request.source_addr_ton = 5;
  request.source_addr = "ACME";
  request.tlvs = tlvs;
  return smpp::Encode(request, ESME_ROK, sequence_number);
}
const auto Query = About<smpp::QueryBroadcastSm>;
const auto CancelBroadcast = About<smpp::CancelBroadcastSm>;

Octets WithTlvs(Octets pdu, const Octets& tlvs) {
  pdu.insert(pdu.end(), tlvs.begin(), tlvs.end());
  smpp::WriteU32(pdu.data(), static_cast<std::uint32_t>(pdu.size()));
  return pdu;
}

// Alpha speaks v5.0 and carries broadcasts; acme may send some, and its `answer` is accepted.
store::Catalog Broadcasting() {
  store::Catalog catalog = AlphaAlone();
  catalog.suppliers[0].broadcast_cost = kCost;
  catalog.supplier_binds[0].interface_version = 0x50;
  catalog.clients[0].broadcast_supplier_id = 101;
  catalog.clients[0].broadcast_price = kPrice;
  return catalog;
}

struct BroadcastRig : ChangeRig {
  explicit BroadcastRig(store::Catalog catalog = Broadcasting()) : ChangeRig(std::move(catalog)) {}

  SmppPeer Acme(std::string_view system_id = "acme") {
    return Customer(system_id, bind_transceiver, 0x50);
  }
  // Alpha takes it under this id; our id.
  std::string Accepted(SmppPeer& customer, const Octets& broadcast, std::string_view upstream_id) {
    alpha();
    customer.Send(broadcast);
    const std::optional<Pdu> sent = alpha().Next();
    EXPECT_TRUE(sent && sent->id() == broadcast_sm);
    if (!sent) return {};
    alpha().Send(IdAnswer(broadcast_sm_resp, ESME_ROK, sent->sequence_number(), upstream_id));
    const std::optional<Pdu> answer = customer.Next();
    EXPECT_TRUE(answer && answer->status() == ESME_ROK && answer->id() == broadcast_sm_resp);
    return answer ? answer->message_id() : "";
  }
};

void ExpectStatus(SmppPeer& peer, smpp::CommandId response, std::uint32_t sequence_number,
                  smpp::Status status) {
  const std::optional<Pdu> answer = peer.Next();
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->octets, Bare(response, sequence_number, status))
      << smpp::StatusName(answer->status());
  EXPECT_FALSE(peer.Next());
}

// --- broadcast_sm ---------------------------------------------------------------------------------------------------

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
  EXPECT_EQ(rows[0].amount, kPrice);
  EXPECT_EQ(rows[0].rate, kPrice);
  EXPECT_EQ(rows[0].basis, store::ChargeBasis::kSubmit);
  EXPECT_EQ(rows[0].decision, "broadcast; alpha 0.2 #1");
  EXPECT_TRUE(rows[0].pdu.empty()) << "never ours to keep";
  const auto attempt = rig.Last<store::AttemptRecord>();
  EXPECT_EQ(attempt.cost, kCost);
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
  for (const Octets& request : {Broadcast(7), Query(7, "12"), CancelBroadcast(7, "12")}) {
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

TEST(BroadcastSm, TheMarginGuardJudgesItsPrice) {
  for (const store::GuardMode mode : {store::GuardMode::kBlock, store::GuardMode::kWarn}) {
    store::Catalog catalog = Broadcasting();
    catalog.suppliers[0].broadcast_cost = Nano{kPrice.units + 1};
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
  rig.desk.available = Nano{kPrice.units - 1};
  SmppPeer acme = rig.Acme();
  acme.Send(Broadcast(7));
  ExpectStatus(acme, broadcast_sm_resp, 7, ESME_RSUBMITFAIL);
  EXPECT_FALSE(rig.alpha().Next());
}

TEST(BroadcastSm, GoesOverBindsOfV50Alone) {
  store::Catalog catalog = Broadcasting();
  store::SupplierBindRow old = catalog.supplier_binds[0];
  old.bind_id = 209;
  old.port = 1009;
  old.interface_version = 0x34;
  catalog.supplier_binds.push_back(old);
  BroadcastRig rig(catalog);
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

// --- query_broadcast_sm, cancel_broadcast_sm ------------------------------------------------------------------------

TEST(QueryBroadcastSm, IsItsSuppliersToAnswerAboutOurId) {
  BroadcastRig rig;
  SmppPeer acme = rig.Acme();
  const std::string id = rig.Accepted(acme, Broadcast(7), "bc-1");
  acme.Send(Query(8, id));
  const std::optional<Pdu> asked = rig.Relayed();
  ASSERT_TRUE(asked);
  EXPECT_EQ(asked->octets, Query(asked->sequence_number(), "bc-1"));
  rig.alpha().Send(WithTlvs(
      IdAnswer(query_broadcast_sm_resp, ESME_ROK, asked->sequence_number(), "bc-1"), kProgress));
  const std::optional<Pdu> answer = acme.Next();
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->octets,
            WithTlvs(IdAnswer(query_broadcast_sm_resp, ESME_ROK, 8, id), kProgress));
  EXPECT_EQ(rig.Count(Metric::changes_waiting), 0u);
}

TEST(CancelBroadcastSm, IsItsSuppliersToDo) {
  BroadcastRig rig;
  SmppPeer acme = rig.Acme();
  const std::string id = rig.Accepted(acme, Broadcast(7), "bc-1");
  for (const smpp::Status word : {ESME_RINVBCASTAREAFMT, ESME_ROK}) {
    acme.Send(CancelBroadcast(8, id));
    const std::optional<Pdu> asked = rig.Relayed();
    ASSERT_TRUE(asked);
    EXPECT_EQ(asked->octets, CancelBroadcast(asked->sequence_number(), "bc-1"));
    rig.alpha().Send(Bare(cancel_broadcast_sm_resp, asked->sequence_number(), word));
    ExpectStatus(acme, cancel_broadcast_sm_resp, 8, word);
  }
  rig.ExpectMoneyBalances();
}

TEST(CancelBroadcastSm, OfNoIdIsNotDone) {
  BroadcastRig rig;
  rig.alpha();
  SmppPeer acme = rig.Acme();
  acme.Send(CancelBroadcast(8, ""));
  ExpectStatus(acme, cancel_broadcast_sm_resp, 8, ESME_RBCASTCANCELFAIL);
}

struct FailCase {
  const char* name;
  Octets (*answer)(std::uint32_t sequence_number);  // null: silence
  smpp::Status query, cancel;
};
void PrintTo(const FailCase& c, std::ostream* os) { *os << c.name; }
class SuppliersWordOnABroadcast : public testing::TestWithParam<FailCase> {};

TEST_P(SuppliersWordOnABroadcast, FailsWhatItDoesNotDo) {
  BroadcastRig rig;
  SmppPeer acme = rig.Acme();
  const std::string id = rig.Accepted(acme, Broadcast(7), "bc-1");
  for (const bool query : {true, false}) {
    acme.Send(query ? Query(8, id) : CancelBroadcast(8, id));
    const std::optional<Pdu> asked = rig.Relayed();
    ASSERT_TRUE(asked);
    if (GetParam().answer != nullptr) rig.alpha().Send(GetParam().answer(asked->sequence_number()));
    if (GetParam().answer == nullptr) rig.network.Advance(11s);
    ExpectStatus(acme, query ? query_broadcast_sm_resp : cancel_broadcast_sm_resp, 8,
                 query ? GetParam().query : GetParam().cancel);
  }
  EXPECT_EQ(rig.Count(Metric::changes_waiting), 0u);
}

INSTANTIATE_TEST_SUITE_P(
    Words, SuppliersWordOnABroadcast,
    testing::Values(FailCase{"NotOffered",
                             [](std::uint32_t n) { return Bare(generic_nack, n, ESME_RINVCMDID); },
                             ESME_RBCASTQUERYFAIL, ESME_RBCASTCANCELFAIL},
                    FailCase{"OfAnotherKind",
                             [](std::uint32_t n) { return Bare(query_sm_resp, n); }, ESME_RSYSERR,
                             ESME_RSYSERR},
                    FailCase{"Silent", nullptr, ESME_RSYSERR, ESME_RSYSERR}),
    [](const auto& c) { return std::string(c.param.name); });

TEST(AboutABroadcast, WithoutABindOfV50Fails) {
  BroadcastRig rig;
  SmppPeer acme = rig.Acme();
  const std::string id = rig.Accepted(acme, Broadcast(7), "bc-1");
  rig.alpha().raw().Break();
  rig.network.RunUntilQuiet();
  acme.Send(Query(8, id));
  rig.network.Advance(kSettled);
  ExpectStatus(acme, query_broadcast_sm_resp, 8, ESME_RBCASTQUERYFAIL);
}

TEST(AboutABroadcast, OthersIdsAreUnknown) {
  store::Catalog catalog = Broadcasting();
  catalog.clients[1].broadcast_supplier_id = 101;
  BroadcastRig rig(catalog);
  SmppPeer acme = rig.Acme(), other = rig.Acme("other");
  const std::string id = rig.Accepted(acme, Broadcast(7), "bc-1");
  const Octets wrong_source = [&] {
    smpp::QueryBroadcastSm query;
    query.message_id = id;
    query.source_addr = "ACNE";
    return smpp::Encode(query, ESME_ROK, 8);
  }();
  other.Send(Query(8, id));
  EXPECT_FALSE(rig.Relayed());
  ExpectStatus(other, query_broadcast_sm_resp, 8, ESME_RINVMSGID);
  other.Send(CancelBroadcast(9, id));
  EXPECT_FALSE(rig.Relayed());
  ExpectStatus(other, cancel_broadcast_sm_resp, 9, ESME_RINVMSGID);
  other.Send(Broadcast(10, id));
  EXPECT_FALSE(rig.Relayed());
  ExpectStatus(other, broadcast_sm_resp, 10, ESME_RINVMSGID);
  acme.Send(wrong_source);
  EXPECT_FALSE(rig.Relayed());
  ExpectStatus(acme, query_broadcast_sm_resp, 8, ESME_RINVMSGID);
}

TEST(AboutABroadcast, MessagesAndBroadcastsAreNotTakenForEachOther) {
  BroadcastRig rig;
  SmppPeer acme = rig.Acme();
  const std::string id = rig.Accepted(acme, Broadcast(7), "bc-1");
  acme.Send(Cancel(8, id));
  EXPECT_FALSE(rig.Relayed());
  ExpectCancelAnswer(acme, 8, ESME_RINVMSGID);
  rig.shown = {rig.AtAlpha()};
  acme.Send(CancelBroadcast(9, rig.IdOf(rig.shown[0])));
  EXPECT_FALSE(rig.Relayed());
  ExpectStatus(acme, cancel_broadcast_sm_resp, 9, ESME_RINVMSGID);
}

// --- one that replaces another --------------------------------------------------------------------------------------

TEST(BroadcastSm, NamesWhatItReplacesAsItsSupplierDoesAndIsPaidAnew) {
  BroadcastRig rig;
  SmppPeer acme = rig.Acme();
  const std::string id = rig.Accepted(acme, Broadcast(7), "bc-1");
  acme.Send(Broadcast(8, id));
  const std::optional<Pdu> sent = rig.Relayed();
  ASSERT_TRUE(sent);
  EXPECT_EQ(sent->octets, Broadcast(sent->sequence_number(), "bc-1"));
  rig.alpha().Send(IdAnswer(broadcast_sm_resp, ESME_ROK, sent->sequence_number(), "bc-2"));
  const std::optional<Pdu> answer = acme.Next();
  ASSERT_TRUE(answer && answer->status() == ESME_ROK);
  EXPECT_NE(answer->message_id(), id);
  EXPECT_EQ(answer->sequence_number(), 8u);
  EXPECT_EQ(rig.All<store::MessageRecord>().size(), 2u);
  EXPECT_EQ(rig.Count(Metric::changes_waiting), 0u);
  rig.ExpectMoneyBalances();
}

TEST(BroadcastSm, OneOfAnotherSupplierIsNotReplaced) {
  BroadcastRig rig;
  SmppPeer& alpha = rig.alpha();
  SmppPeer acme = rig.Acme();
  rig.shown = {rig.AtAlpha()};
  rig.shown[0].is_broadcast = true;
  rig.shown[0].supplier_id = 102;
  acme.Send(Broadcast(8, rig.IdOf(rig.shown[0])));
  EXPECT_FALSE(rig.Relayed());
  ExpectStatus(acme, broadcast_sm_resp, 8, ESME_RBCASTFAIL);
  acme.Send(Broadcast(9, "no id of ours"));
  ExpectStatus(acme, broadcast_sm_resp, 9, ESME_RINVMSGID);
  EXPECT_FALSE(alpha.Next());
  rig.ExpectMoneyBalances();
}

TEST(BroadcastSm, CountsOnceForItsClientsRateWhateverItReplaces) {
  store::Catalog catalog = Broadcasting();
  catalog.clients[0].rate_per_second = 1;
  catalog.clients[0].rate_burst = 3;
  BroadcastRig rig(catalog);
  SmppPeer acme = rig.Acme();
  const std::string id = rig.Accepted(acme, Broadcast(7), "bc-1");
  acme.Send(Broadcast(8, id));
  EXPECT_TRUE(rig.Relayed());
  acme.Send(Broadcast(9));
  acme.Send(Broadcast(10));
  EXPECT_EQ(AnswersTo(acme), std::vector{ESME_RTHROTTLED}) << "the fourth";
}

}  // namespace
}  // namespace hub::test
