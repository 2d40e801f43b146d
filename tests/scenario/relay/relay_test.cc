// The relay, as a conversation: a customer here, suppliers there, nothing real between but the relay.
#include <gtest/gtest.h>

#include "tests/scenario/relay/relay_rig.h"

namespace hub::test {
namespace {

using enum smpp::CommandId;
using enum smpp::Status;
using namespace std::chrono_literals;

TEST(Relay, TheSupplierGetsTheClientsBytesAndTheClientTheHubsId) {  // P3
  RelayRig rig;
  rig.alpha();
  SmppPeer acme = rig.Customer();
  const Octets sent = Message(submit_sm, 77, "ACME", "4915112345678", "hello", 1,
                              FromHex("14000003010203"
                                      "0204000200ff"
                                      "3ffe0000"));  // vendor and unknown TLVs
  acme.Send(sent);
  Pdu got = *rig.alpha().Next();
  const std::uint32_t upstream_number = got.sequence_number();
  smpp::PatchSequenceNumber(got.octets.data(), 77);
  EXPECT_EQ(got.octets, sent);
  rig.alpha().Send(IdAnswer(submit_sm_resp, ESME_ROK, upstream_number, "up-1"));
  const Pdu answer = *acme.Next();
  EXPECT_EQ(answer.sequence_number(), 77u);
  EXPECT_EQ(answer.status(), ESME_ROK);
  EXPECT_GE(answer.message_id().size(), 17u);
  EXPECT_LE(answer.message_id().size(), 19u);
  EXPECT_EQ(answer.message_id().find_first_not_of("0123456789"), std::string::npos);
}

TEST(Relay, ChargesWhatItAcceptsAndRecordsTheAttempt) {
  RelayRig rig;
  rig.alpha();
  SmppPeer acme = rig.Customer();
  acme.Send(Submit(2));
  rig.alpha().Answer(*rig.alpha().Next(), ESME_ROK, "up-1");
  const Pdu answer = *acme.Next();
  const auto messages = rig.All<store::MessageRecord>();
  ASSERT_EQ(messages.size(), 1u);
  EXPECT_EQ(std::to_string(messages[0].message_id), answer.message_id());
  EXPECT_EQ(messages[0].amount, Nano{50'000'000});
  EXPECT_EQ(messages[0].supplier_id, 101);
  EXPECT_EQ(messages[0].destination_addr, "4915112345678");
  EXPECT_FALSE(messages[0].decision.empty());
  const auto attempts = rig.All<store::AttemptRecord>();
  ASSERT_EQ(attempts.size(), 1u);
  EXPECT_EQ(attempts[0].cost, Nano{20'000'000});
  EXPECT_EQ(attempts[0].upstream_id, "up-1");
  rig.ExpectMoneyBalances();
}

TEST(Relay, APermanentErrorIsTheClientsAnswerUnchanged) {
  RelayRig rig;
  rig.alpha();
  rig.beta();
  SmppPeer acme = rig.Customer();
  for (const std::uint32_t status : {0x0Bu, 0x66u, 0x15u, 0xC1u}) {
    acme.Send(Submit(status));
    const Pdu got = *rig.alpha().Next();
    rig.alpha().Send(
        Bare(submit_sm_resp, got.sequence_number(), static_cast<smpp::Status>(status)));
    const Pdu answer = *acme.Next();
    EXPECT_EQ(static_cast<std::uint32_t>(answer.status()), status);
    EXPECT_EQ(answer.sequence_number(), status);
    EXPECT_EQ(answer.octets.size(), 16u);
    EXPECT_FALSE(rig.beta().Next());
  }
  EXPECT_TRUE(rig.All<store::MessageRecord>().empty());
  EXPECT_EQ(rig.All<store::RejectRecord>().size(), 4u);
  rig.ExpectMoneyBalances();
}

class FailOver : public testing::TestWithParam<std::uint32_t> {};
TEST_P(FailOver, TemporaryErrorsTryTheNextRoute) {
  RelayRig rig;
  rig.alpha();
  rig.beta();
  SmppPeer acme = rig.Customer();
  acme.Send(Submit(2));
  rig.alpha().Answer(*rig.alpha().Next(), static_cast<smpp::Status>(GetParam()), "");
  EXPECT_FALSE(acme.Next());
  rig.beta().Answer(*rig.beta().Next(), ESME_ROK, "b-1");
  EXPECT_EQ(acme.Next()->status(), ESME_ROK);
  const auto messages = rig.All<store::MessageRecord>();
  ASSERT_EQ(messages.size(), 1u);
  EXPECT_EQ(messages[0].supplier_id, 102);
  EXPECT_EQ(messages[0].attempts, 2);
  EXPECT_EQ(messages[0].amount, Nano{50'000'000});  // fail-over never changes the client's price
  rig.ExpectMoneyBalances();
}
INSTANTIATE_TEST_SUITE_P(Statuses, FailOver, testing::Values(0x08u, 0x64u, 0x45u, 0x99u, 0x401u));

TEST(Relay, ASecondStatusWithoutARuleIsTheClientsAnswer) {
  RelayRig rig;
  rig.alpha();
  rig.beta();
  SmppPeer acme = rig.Customer();
  acme.Send(Submit(2));
  rig.alpha().Answer(*rig.alpha().Next(), static_cast<smpp::Status>(0x401), "");
  rig.beta().Answer(*rig.beta().Next(), static_cast<smpp::Status>(0x402), "");
  EXPECT_EQ(acme.Next()->status(), static_cast<smpp::Status>(0x402));
  EXPECT_EQ(rig.All<store::RejectRecord>()[0].reason, "supplier");
}

TEST(Relay, WhenAllRoutesFailTheLastStatusIsTheAnswer) {
  RelayRig rig;
  rig.alpha();
  rig.beta();
  SmppPeer acme = rig.Customer();
  acme.Send(Submit(2));
  rig.alpha().Answer(*rig.alpha().Next(), ESME_RSYSERR, "");
  rig.beta().Answer(*rig.beta().Next(), ESME_RX_T_APPN, "");
  EXPECT_EQ(acme.Next()->status(), ESME_RX_T_APPN);
  EXPECT_EQ(rig.All<store::AttemptRecord>().size(), 2u);
  rig.ExpectMoneyBalances();
}

TEST(Relay, ALostLinkMovesItsWholeWindowToTheNextRoute) {
  RelayRig rig;
  rig.alpha();
  rig.beta();
  SmppPeer acme = rig.Customer();
  for (std::uint32_t n = 2; n < 12; ++n) acme.Send(Submit(n));
  rig.alpha().raw().Break();
  rig.network.RunUntilQuiet();
  for (int n = 0; n < 10; ++n) {
    const std::optional<Pdu> got = rig.beta().Next();
    ASSERT_TRUE(got) << n;
    rig.beta().Answer(*got, ESME_ROK, "b-" + std::to_string(n));
  }
  for (int n = 0; n < 10; ++n) EXPECT_EQ(acme.Next()->status(), ESME_ROK);
  EXPECT_FALSE(acme.Next());
  rig.ExpectMoneyBalances();
}

TEST(Relay, ALostLinkMovesItsWindowToItsSisterFirst) {
  store::Catalog catalog = TwoSuppliers();
  catalog.supplier_binds[0].sessions = 2;
  RelayRig rig(catalog);
  std::vector<SmppPeer> links;
  for (ScriptedPeer* each : rig.network.peers()) {
    if (each->address().port != 1001) continue;
    each->Accept();
    links.emplace_back(*each);
    links.back().Send(
        IdAnswer(bind_transceiver_resp, ESME_ROK, links.back().Next()->sequence_number(), "smsc"));
  }
  ASSERT_EQ(links.size(), 2u);
  rig.beta();
  SmppPeer acme = rig.Customer();
  acme.Send(Submit(2));
  acme.Send(Submit(3));
  ASSERT_TRUE(links[0].Next() && links[1].Next()) << "spread over both";
  links[0].raw().Break();
  rig.network.RunUntilQuiet();
  const std::optional<Pdu> again = links[1].Next();
  ASSERT_TRUE(again);
  EXPECT_FALSE(rig.beta().Next());
}

TEST(Relay, AChangedBindLeavesWhenWhatItSentIsAnswered) {
  RelayRig rig;
  SmppPeer before = rig.alpha();
  rig.beta();
  SmppPeer acme = rig.Customer();
  acme.Send(Submit(2));
  const Pdu submit = *before.Next();
  store::Catalog catalog = TwoSuppliers();
  catalog.supplier_binds[0].window_requests_max = 7;
  rig.Use(catalog);
  EXPECT_FALSE(before.Next()) << "no unbind while an answer is owed to us";
  before.Answer(submit, ESME_ROK, "1");
  EXPECT_EQ(acme.Next()->status(), ESME_ROK);
  EXPECT_EQ(before.Next()->id(), unbind);
  EXPECT_FALSE(rig.beta().Next());
}

TEST(Relay, ASupplierDisabledAndEnabledAgainComesBack) {
  RelayRig rig;
  SmppPeer before = rig.alpha();
  store::Catalog off = TwoSuppliers();
  off.suppliers[0].enabled = false;
  rig.Use(off);
  const Pdu goodbye = *before.Next();
  rig.Use(TwoSuppliers());  // before the supplier answered the unbind
  before.Send(Bare(unbind_resp, goodbye.sequence_number()));
  rig.Supplier(1001);
  SmppPeer acme = rig.Customer();
  acme.Send(Submit(2));
  EXPECT_TRUE(rig.alpha().Next());
}

TEST(Relay, ATimeoutIsAnsweredOnceAndNeverSentAgain) {
  RelayRig rig;
  rig.alpha();
  rig.beta();
  SmppPeer acme = rig.Customer();
  acme.Send(Submit(2));
  const Pdu got = *rig.alpha().Next();
  rig.network.Advance(10s);
  EXPECT_EQ(acme.Next()->status(), ESME_RSYSERR);
  EXPECT_FALSE(rig.beta().Next());
  rig.alpha().Answer(got, ESME_ROK, "late");
  EXPECT_FALSE(acme.Next());
  const auto attempts = rig.All<store::AttemptRecord>();
  ASSERT_EQ(attempts.size(), 1u);
  EXPECT_EQ(attempts[0].result, store::AttemptResult::kTimeout);
  rig.ExpectMoneyBalances();
}

TEST(Relay, DataSmIsRelayedAsDataSm) {
  RelayRig rig;
  rig.alpha();
  SmppPeer acme = rig.Customer();
  const Octets sent = FromHex(
      "0000003d000001030000000000000009"
      "00"
      "050041434d4500"
      "010134393135313132333435363738"
      "00"
      "000100"
      "0424000f68656c6c6f2c206461746120736d21");
  Octets whole = sent;
  smpp::WriteU32(whole.data(), static_cast<std::uint32_t>(whole.size()));
  acme.Send(whole);
  Pdu got = *rig.alpha().Next();
  EXPECT_EQ(got.id(), data_sm);
  rig.alpha().Answer(got, ESME_ROK, "d-1");
  EXPECT_EQ(acme.Next()->id(), data_sm_resp);
  smpp::PatchSequenceNumber(got.octets.data(), 9);
  EXPECT_EQ(got.octets, whole);
}

TEST(Relay, ASuppliersTlvsInTheResponseReachTheClient) {
  RelayRig rig;
  rig.alpha();
  SmppPeer acme = rig.Customer();
  acme.Send(Submit(2));
  Octets response = IdAnswer(submit_sm_resp, ESME_ROK, rig.alpha().Next()->sequence_number(), "up");
  const Octets tlvs = FromHex(
      "0428000132"
      "14010002cafe");  // congestion_state speaks of one hop, the vendor's TLV does not
  response.insert(response.end(), tlvs.begin(), tlvs.end());
  smpp::WriteU32(response.data(), static_cast<std::uint32_t>(response.size()));
  rig.alpha().Send(response);
  const Pdu answer = *acme.Next();
  const Octets tail(answer.octets.end() - 6, answer.octets.end());
  EXPECT_EQ(tail, FromHex("14010002cafe"));
  EXPECT_EQ(answer.octets.size(), 16 + answer.message_id().size() + 1 + 6);
}

// --- credit ----------------------------------------------------------------------------------------------------

TEST(Relay, TheLastMessageThatCreditCoversPassesAndTheNextIsRefused) {
  RelayRig rig;
  rig.desk.available = Nano{100'000'000};  // two messages
  rig.alpha();
  SmppPeer acme = rig.Customer();
  for (std::uint32_t n = 2; n < 5; ++n) acme.Send(Submit(n));
  for (int n = 0; n < 2; ++n)
    rig.alpha().Answer(*rig.alpha().Next(), ESME_ROK, "up-" + std::to_string(n));
  EXPECT_FALSE(rig.alpha().Next());
  std::map<std::uint32_t, smpp::Status> answers;
  while (const auto pdu = acme.Next()) answers[pdu->sequence_number()] = pdu->status();
  EXPECT_EQ(answers[2], ESME_ROK);
  EXPECT_EQ(answers[3], ESME_ROK);
  EXPECT_EQ(answers[4], ESME_RSUBMITFAIL);  // out_of_credit_status
}

TEST(Relay, WaitsForALeaseAndGivesUpInTime) {
  RelayRig rig;
  rig.desk.answer_now = false;
  rig.alpha();
  SmppPeer acme = rig.Customer();
  acme.Send(Submit(2));
  EXPECT_FALSE(rig.alpha().Next());
  rig.desk.AnswerAll();
  rig.network.Advance(20ms);
  EXPECT_TRUE(rig.alpha().Next());

  RelayRig silent;
  silent.desk.answer_now = false;
  silent.alpha();
  SmppPeer other = silent.Customer();
  other.Send(Submit(2));
  silent.network.Advance(1999ms);
  EXPECT_FALSE(other.Next());
  silent.network.Advance(50ms);
  EXPECT_EQ(other.Next()->status(), ESME_RTHROTTLED);
}

TEST(Relay, WithoutPostgreSqlTrafficGoesOnUntilTheLeaseIsSpentThenThrottles) {
  RelayRig rig;
  rig.alpha();
  SmppPeer acme = rig.Customer();
  acme.Send(Submit(2));
  rig.alpha().Answer(*rig.alpha().Next(), ESME_ROK, "up");
  EXPECT_EQ(acme.Next()->status(), ESME_ROK);
  rig.desk.reachable = false;
  std::uint32_t n = 3;
  smpp::Status last = ESME_ROK;
  for (; n < 100'000 && last == ESME_ROK; ++n) {
    acme.Send(Submit(n));
    if (const auto got = rig.alpha().Next()) rig.alpha().Answer(*got, ESME_ROK, std::to_string(n));
    rig.network.Advance(1ms);
    last = acme.Next()->status();
  }
  EXPECT_EQ(last, ESME_RTHROTTLED);
  EXPECT_GT(n, 10u);
  rig.ExpectMoneyBalances();
}

// --- durability ------------------------------------------------------------------------------------------------

TEST(Relay, RefusesWhenTheJournalOrPostgreSqlTakesNothing) {
  RelayRig rig;
  rig.alpha();
  SmppPeer acme = rig.Customer();
  rig.settler.room = false;
  acme.Send(Submit(2));
  EXPECT_EQ(acme.Next()->status(), ESME_RMSGQFUL);
  rig.settler.room = true;
  rig.journal.room = false;
  acme.Send(Submit(3));
  EXPECT_EQ(acme.Next()->status(), ESME_RMSGQFUL);
  EXPECT_FALSE(rig.alpha().Next());
  EXPECT_EQ(rig.journal.frames(), 0u);
}

TEST(Relay, NoSubmitLeavesBeforeItsRecordIsDurable) {
  RelayRig rig;
  rig.alpha();
  SmppPeer acme = rig.Customer();
  rig.journal.slow = true;
  acme.Send(Submit(2));
  EXPECT_EQ(rig.All<store::HandedRecord>().size(), 1u);
  EXPECT_FALSE(rig.alpha().Next());
  rig.SyncDisk();
  EXPECT_TRUE(rig.alpha().Next());
}

TEST(Relay, NoOkLeavesBeforeItsChargeIsDurable) {
  RelayRig rig;
  rig.alpha();
  SmppPeer acme = rig.Customer();
  acme.Send(Submit(2));
  rig.journal.slow = true;
  rig.alpha().Answer(*rig.alpha().Next(), ESME_ROK, "1");
  EXPECT_EQ(rig.All<store::MessageRecord>().size(), 1u);
  EXPECT_FALSE(acme.Next());
  rig.network.Advance(3s);
  EXPECT_FALSE(acme.Next()) << "time alone makes nothing durable";
  rig.SyncDisk();
  EXPECT_EQ(acme.Next()->status(), ESME_ROK);
}

TEST(Relay, ARefusalWaitsForNoDisk) {
  RelayRig rig;
  rig.alpha();
  SmppPeer acme = rig.Customer();
  acme.Send(Submit(2));
  rig.journal.slow = true;
  rig.alpha().Answer(*rig.alpha().Next(), ESME_RINVDSTADR, "");
  EXPECT_EQ(acme.Next()->status(), ESME_RINVDSTADR);
}

TEST(Relay, EachAttemptIsHandedBeforeItIsMadeAndASecondOneIsMarked) {
  RelayRig rig;
  rig.alpha();
  rig.beta();
  SmppPeer acme = rig.Customer();
  acme.Send(Submit(2));
  ASSERT_TRUE(rig.alpha().Next());
  rig.alpha().raw().Break();  // nobody knows whether alpha took it
  rig.network.RunUntilQuiet();
  rig.beta().Answer(*rig.beta().Next(), ESME_ROK, "1");
  EXPECT_EQ(acme.Next()->status(), ESME_ROK);
  const auto handed = rig.All<store::HandedRecord>();
  const auto attempts = rig.All<store::AttemptRecord>();
  ASSERT_EQ(handed.size(), 2u);
  ASSERT_EQ(attempts.size(), 2u);
  EXPECT_EQ(attempts[0].result, store::AttemptResult::kLinkLost);
  EXPECT_FALSE(handed[0].possible_duplicate);
  EXPECT_TRUE(handed[1].possible_duplicate);
  EXPECT_TRUE(attempts[1].possible_duplicate);
  for (std::size_t i = 0; i < 2; ++i) EXPECT_EQ(handed[i].attempt_no, attempts[i].attempt_no);
}

// --- refusals --------------------------------------------------------------------------------------------------

TEST(Relay, NoRouteIsTheHubsOwnAnswer) {
  RelayRig rig;
  rig.alpha();
  SmppPeer acme = rig.Customer();
  acme.Send(Submit(2, 1, "33612345678"));
  EXPECT_EQ(acme.Next()->status(), ESME_RINVDSTADR);
  const auto rejects = rig.All<store::RejectRecord>();
  ASSERT_EQ(rejects.size(), 1u);
  EXPECT_EQ(rejects[0].reason, "no_network");
}

TEST(Relay, SuppliersThatAreDownAreNoRoute) {
  RelayRig rig;
  SmppPeer acme = rig.Customer();
  acme.Send(Submit(2));
  EXPECT_EQ(acme.Next()->status(), ESME_RSYSERR);
  EXPECT_EQ(rig.All<store::RejectRecord>()[0].reason, "suppliers_down");
}

TEST(Relay, TheRateOfAClientHoldsOverAllItsBinds) {
  store::Catalog catalog = TwoSuppliers();
  catalog.clients[0].rate_per_second = 10;
  catalog.clients[0].rate_burst = 2;
  RelayRig rig(catalog);
  rig.alpha();
  SmppPeer one = rig.Customer(), two = rig.Customer();
  one.Send(Submit(2));
  two.Send(Submit(2));
  one.Send(Submit(3));
  EXPECT_EQ(one.Next()->status(), ESME_RTHROTTLED);
  rig.network.Advance(100ms);
  two.Send(Submit(3));
  EXPECT_FALSE(two.Next());  // on its way to the supplier
  EXPECT_EQ(rig.Count(Metric::throttled), 1u);
}

// --- configuration ---------------------------------------------------------------------------------------------

TEST(Relay, BindsBeyondTheLimitAreRefusedAndASlotIsFreeAtOnceAfterALoss) {
  store::Catalog catalog = TwoSuppliers();
  catalog.clients[0].binds_max = 1;
  RelayRig rig(catalog);
  SmppPeer first = rig.Customer();
  SmppPeer second(rig.network.PeerConnects([&](net::Stream& s) { return rig.relay->Accept(s); }));
  second.Send(Bind(bind_transceiver, 1, "acme", "secret"));
  EXPECT_EQ(second.Next()->status(), ESME_RALYBND);
  first.raw().Break();
  rig.network.RunUntilQuiet();
  rig.Customer();
}

TEST(Relay, AClientThatHangsUpIsChargedForWhatTheSupplierTook) {
  RelayRig rig;
  rig.alpha();
  SmppPeer acme = rig.Customer();
  acme.Send(Submit(2));
  const Pdu got = *rig.alpha().Next();
  acme.raw().Hangup();
  rig.alpha().Answer(got, ESME_ROK, "1");
  EXPECT_EQ(rig.All<store::MessageRecord>().size(), 1u);
  rig.ExpectMoneyBalances();
}

}  // namespace
}  // namespace hub::test
