// Receipts and mobile originated messages: from a supplier to the customer they belong to, and to nobody else.
#include <gtest/gtest.h>

#include "protocol/receipt/receipt.h"
#include "tests/scenario/relay/relay_rig.h"

namespace hub::test {
namespace {

using enum smpp::CommandId;
using enum smpp::Status;
using namespace std::chrono_literals;

// Of a message of a minute ago.
MessageId FreshId(RelayRig& rig) {
  return MessageIdSource(1, 9, 0).Next(rig.network.clock().WallNow() - 1min);
}

// A message of acme that PostgreSQL has under alpha's id "5".
store::FoundMessage Known(MessageId id, std::string_view to = "4915112345678") {
  store::FoundMessage found;
  found.asked = {101, "5"};
  found.message_id = id;
  found.client_id = 1;
  found.registered_delivery = 1;
  found.destination_addr = to;
  found.taken_at_us = ToMicros(TimeOf(id));
  return found;
}

TEST(Receipts, AReceiptComesWithTheHubsIdAndTheSupplierIsAnsweredWhenItIsStored) {
  RelayRig rig;
  rig.alpha();
  SmppPeer acme = rig.Customer();
  acme.Send(Submit(2));
  rig.alpha().Answer(*rig.alpha().Next(), ESME_ROK, "1A2B");
  const std::string id = acme.Next()->message_id();
  rig.alpha().Send(Receipt(900, "6699", "4915112345678", "ACME"));  // 0x1A2B in decimal
  const Pdu receipt = *acme.Next();
  EXPECT_EQ(receipt.id(), deliver_sm);
  EXPECT_EQ(receipt.receipt_id(), id);
  acme.Answer(receipt, ESME_ROK, "");
  const Pdu answer = *rig.alpha().Next();
  EXPECT_EQ(answer.id(), deliver_sm_resp);
  EXPECT_EQ(answer.sequence_number(), 900u);
  EXPECT_EQ(answer.status(), ESME_ROK);
  const auto outcomes = rig.All<store::OutcomeRecord>();
  ASSERT_EQ(outcomes.size(), 1u);
  EXPECT_EQ(outcomes[0].message_state, 2);
  EXPECT_EQ(std::to_string(outcomes[0].message_id), id);
}

// PostgreSQL knows nobody with this id, and for sure: that does not mean that no response comes.
TEST(Receipts, AReceiptThatOvertakesTheResponseWaitsForIt) {
  RelayRig rig;
  rig.alpha();
  SmppPeer acme = rig.Customer();
  acme.Send(Submit(2));
  const Pdu submit = *rig.alpha().Next();
  rig.alpha().Send(Receipt(900, "77", "4915112345678", "ACME"));
  EXPECT_FALSE(acme.Next());
  rig.network.Advance(4s);
  EXPECT_EQ(rig.archive.finds, 1);
  rig.alpha().Answer(submit, ESME_ROK, "77");
  const Pdu answer = *acme.Next();
  EXPECT_EQ(answer.id(), submit_sm_resp);
  // The receipt is decided while the response is: it must not reach the client first.
  EXPECT_EQ(acme.Next()->receipt_id(), answer.message_id());
  EXPECT_TRUE(rig.All<store::StrayReceiptRecord>().empty());
}

// The disk is slow: the response is there, and neither its client nor PostgreSQL can know of it yet.
struct SlowDisk : RelayRig {
  SlowDisk() {
    alpha();
    acme.Send(Submit(2));
    const Pdu submit = *alpha().Next();
    journal.slow = true;
    alpha().Answer(submit, ESME_ROK, "77");
    network.RunUntilQuiet();
    alpha().Send(Receipt(900, "77", "4915112345678", "ACME"));
  }
  SmppPeer acme = Customer();
};

TEST(Receipts, AReceiptWaitsForAResponseThatIsNotOnDiskYet) {
  SlowDisk rig;
  rig.network.Advance(7s);
  EXPECT_FALSE(rig.alpha().Next());
  rig.journal.slow = false;
  rig.SyncDisk();
  const Pdu answer = *rig.acme.Next();
  EXPECT_EQ(rig.acme.Next()->receipt_id(), answer.message_id());
  EXPECT_TRUE(rig.All<store::StrayReceiptRecord>().empty());
}

TEST(Receipts, WhatNobodyCanPlaceWhileTheDiskStandsStillStaysWithTheSupplier) {
  SlowDisk rig;
  rig.network.Advance(11s);
  EXPECT_EQ(rig.alpha().Next()->status(), ESME_RX_T_APPN);
  EXPECT_TRUE(rig.All<store::StrayReceiptRecord>().empty());
  rig.journal.slow = false;
  rig.SyncDisk();
  const Pdu answer = *rig.acme.Next();
  rig.alpha().Send(Receipt(901, "77", "4915112345678", "ACME"));
  EXPECT_EQ(rig.acme.Next()->receipt_id(), answer.message_id());
}

TEST(Receipts, AnUnknownReceiptIsAnsweredAfterItsWaitAndReachesNobody) {
  RelayRig rig;
  rig.alpha();
  SmppPeer acme = rig.Customer();
  rig.alpha().Send(Receipt(900, "nobody", "4915112345678", "ACME"));
  rig.network.Advance(199ms);
  EXPECT_EQ(rig.archive.finds, 0);
  rig.network.Advance(4700ms);
  EXPECT_EQ(rig.archive.finds, 1) << "PostgreSQL knows nobody either, but a response may come";
  EXPECT_FALSE(rig.archive.last_asked.at(0).older_days);
  EXPECT_FALSE(rig.alpha().Next());
  rig.network.Advance(300ms);
  EXPECT_EQ(rig.archive.finds, 2);
  EXPECT_TRUE(rig.archive.last_asked.at(0).older_days);
  EXPECT_EQ(rig.alpha().Next()->status(), ESME_ROK);
  EXPECT_FALSE(acme.Next());
  EXPECT_EQ(rig.Count(Metric::receipts_unknown), 1u);
  const auto strays = rig.All<store::StrayReceiptRecord>();
  ASSERT_EQ(strays.size(), 1u);
  EXPECT_EQ(strays[0].upstream_id, "nobody");
}

// One question with all of them would keep everybody's pages waiting for as long as it takes.
TEST(Receipts, ManyUnknownReceiptsAreManyQuestions) {
  RelayRig rig;
  rig.alpha();
  for (std::uint32_t i = 0; i < 250; ++i)
    rig.alpha().Send(Receipt(900 + i, "nobody" + std::to_string(i), "4915112345678", "ACME"));
  rig.network.Advance(1s);
  EXPECT_EQ(rig.archive.finds, 3);
}

TEST(Receipts, AReceiptWithoutAnIdIsKeptAtOnce) {
  RelayRig rig;
  rig.alpha();
  rig.alpha().Send(Receipt(900, "", "4915112345678", "ACME"));
  EXPECT_EQ(rig.alpha().Next()->status(), ESME_ROK);
  EXPECT_EQ(rig.All<store::StrayReceiptRecord>().size(), 1u);
  EXPECT_EQ(rig.archive.finds, 0);
}

TEST(Receipts, AnEqualIdOfAnotherSupplierIsAnotherMessage) {
  RelayRig rig;
  rig.alpha();
  rig.beta();
  SmppPeer acme = rig.Customer();
  acme.Send(Submit(2));
  rig.alpha().Answer(*rig.alpha().Next(), ESME_ROK, "1");
  acme.Next();
  rig.beta().Send(Receipt(900, "1", "4915112345678", "ACME"));
  rig.network.Advance(10s);
  EXPECT_FALSE(acme.Next());
}

TEST(Receipts, ReceiptsThatWereNotAskedForStopHere) {
  RelayRig rig;
  rig.alpha();
  SmppPeer acme = rig.Customer();
  struct Case {
    std::uint8_t registered_delivery;
    const char* stat;
    bool wanted;
  };
  const Case kCases[] = {{0x10, "DELIVRD", false}, {1, "DELIVRD", true}, {1, "UNDELIV", true},
                         {2, "DELIVRD", false},    {2, "UNDELIV", true}, {1, "ENROUTE", false},
                         {0x11, "ENROUTE", true}};
  std::uint32_t n = 100;
  for (const Case& c : kCases) {
    acme.Send(Submit(++n, c.registered_delivery));
    rig.alpha().Answer(*rig.alpha().Next(), ESME_ROK, std::to_string(n));
    acme.Next();
    rig.alpha().Send(Receipt(n, std::to_string(n), "4915112345678", "ACME", c.stat));
    const auto got = acme.Next();
    EXPECT_EQ(got.has_value(), c.wanted) << int{c.registered_delivery} << " " << c.stat;
    if (got) acme.Answer(*got, ESME_ROK, "");
    EXPECT_EQ(rig.alpha().Next()->status(), ESME_ROK);
  }
}

TEST(Receipts, AReceiptGoesToItsClientOnlyAndASecondFinalOneToNobody) {
  RelayRig rig;
  rig.alpha();
  SmppPeer acme = rig.Customer("acme"), other = rig.Customer("other");
  acme.Send(Submit(2));
  rig.alpha().Answer(*rig.alpha().Next(), ESME_ROK, "5");
  acme.Next();
  rig.alpha().Send(Receipt(900, "5", "4915112345678", "ACME"));
  acme.Answer(*acme.Next(), ESME_ROK, "");
  rig.alpha().Next();
  rig.alpha().Send(Receipt(901, "5", "4915112345678", "ACME"));
  rig.network.Advance(6s);
  EXPECT_FALSE(acme.Next());
  EXPECT_FALSE(other.Next());
  EXPECT_EQ(rig.alpha().Next()->status(), ESME_ROK);
}

TEST(Receipts, ALookAlikeIdIsNotAnotherMessage) {
  RelayRig rig;
  rig.alpha();
  SmppPeer acme = rig.Customer();
  acme.Send(Submit(2, 1, "4915100000001"));
  rig.alpha().Answer(*rig.alpha().Next(), ESME_ROK, "16");
  const std::string first = acme.Next()->message_id();
  acme.Send(Submit(3, 1, "4915100000002"));
  rig.alpha().Answer(*rig.alpha().Next(), ESME_ROK, "22");  // 16 read as hexadecimal is 22
  acme.Next();
  rig.alpha().Send(Receipt(900, "16", "4915100000001", "ACME"));
  const Pdu receipt = *acme.Next();
  EXPECT_EQ(receipt.receipt_id(), first);
  acme.Answer(receipt, ESME_ROK, "");
  rig.alpha().Next();
  rig.alpha().Send(Receipt(901, "16", "4915100000001", "ACME"));  // again: 22 is not meant
  rig.network.Advance(6s);
  EXPECT_FALSE(acme.Next());
}

TEST(Receipts, ARepeatedFinalReceiptThatPostgreSqlKnowsReachesNobody) {
  RelayRig rig;
  rig.alpha();
  SmppPeer acme = rig.Customer();
  rig.archive.known = {Known(FreshId(rig))};
  rig.archive.known[0].outcome_known = true;
  rig.alpha().Send(Receipt(901, "5", "4915112345678", "ACME"));
  rig.network.Advance(1s);
  EXPECT_EQ(rig.alpha().Next()->status(), ESME_ROK);
  EXPECT_FALSE(acme.Next());
  EXPECT_EQ(rig.Count(Metric::receipts_late), 1u);
}

TEST(Receipts, AReceiptOfAMessageThatOnlyPostgreSqlKnowsReachesItsClient) {
  RelayRig rig;
  rig.alpha();
  SmppPeer acme = rig.Customer(), other = rig.Customer("other");
  rig.archive.known = {Known(FreshId(rig))};
  rig.alpha().Send(Receipt(901, "5", "4915112345678", "ACME"));
  rig.network.Advance(1s);
  EXPECT_EQ(acme.Next()->receipt_id(), std::to_string(rig.archive.known[0].message_id));
  EXPECT_FALSE(other.Next());
}

// Its final state may be in the journal, and the client told it: only a PostgreSQL that has all of that can say no.
TEST(Receipts, AMessageWithoutAFinalStateIsBelievedWhenPostgreSqlHasCaughtUp) {
  RelayRig rig;
  rig.alpha();
  SmppPeer acme = rig.Customer();
  acme.Send(Submit(2));
  rig.alpha().Answer(*rig.alpha().Next(), ESME_ROK, "other");
  acme.Next();
  rig.archive.known = {Known(FreshId(rig))};
  rig.settler.behind = true;
  rig.alpha().Send(Receipt(901, "5", "4915112345678", "ACME"));
  rig.network.Advance(1s);
  EXPECT_EQ(rig.archive.finds, 0) << "what it says now would prove nothing";
  EXPECT_FALSE(acme.Next());
  rig.settler.behind = false;
  rig.network.Advance(1s);
  EXPECT_EQ(acme.Next()->receipt_id(), std::to_string(rig.archive.known[0].message_id));
  EXPECT_EQ(rig.alpha().Next()->status(), ESME_ROK);
}

// Suppliers reuse their ids: the newest that PostgreSQL has may be an older message.
TEST(Receipts, AnOlderMessageWithTheSameIdDoesNotGetTheReceiptOfOneWhoseResponseIsUnderWay) {
  for (const bool outcome_known : {true, false}) {
    RelayRig rig;
    rig.alpha();
    SmppPeer acme = rig.Customer();
    acme.Send(Submit(2));
    const Pdu submit = *rig.alpha().Next();
    rig.archive.known = {Known(FreshId(rig), "4915999999999")};
    rig.archive.known[0].outcome_known = outcome_known;
    rig.alpha().Send(Receipt(900, "5", "4915112345678", "ACME"));
    rig.network.Advance(2s);
    EXPECT_EQ(rig.archive.finds, 1);
    rig.alpha().Answer(submit, ESME_ROK, "5");
    const Pdu answer = *acme.Next();
    EXPECT_EQ(answer.id(), submit_sm_resp);
    EXPECT_EQ(acme.Next()->receipt_id(), answer.message_id());
    EXPECT_EQ(rig.Count(Metric::receipts_late), 0u);
    EXPECT_EQ(rig.All<store::OutcomeRecord>().size(), 1u);
  }
}

// The older one had a receipt, and waits for its final one.
TEST(Receipts, WhatCameOutOfPostgreSqlTakesOnlyReceiptsAboutItsNumber) {
  RelayRig rig;
  rig.alpha();
  SmppPeer acme = rig.Customer();
  acme.Send(Submit(2));
  const Pdu submit = *rig.alpha().Next();
  rig.archive.known = {Known(FreshId(rig), "4915999999999")};
  rig.alpha().Send(Receipt(900, "5", "4915999999999", "ACME", "ENROUTE"));
  rig.network.Advance(1s);
  EXPECT_EQ(rig.alpha().Next()->status(), ESME_ROK);
  rig.alpha().Send(Receipt(901, "5", "4915112345678", "ACME"));
  rig.network.Advance(1s);
  EXPECT_FALSE(acme.Next());
  rig.alpha().Answer(submit, ESME_ROK, "5");
  const Pdu answer = *acme.Next();
  EXPECT_EQ(acme.Next()->receipt_id(), answer.message_id());
}

TEST(Receipts, ASupplierThatWritesNumbersInItsOwnWayIsUnderstoodWhenNoResponseComesAnyMore) {
  RelayRig rig;
  rig.alpha();
  SmppPeer acme = rig.Customer();
  rig.archive.known = {Known(FreshId(rig))};
  rig.alpha().Send(Receipt(900, "5", "015112345678", "ACME"));
  rig.network.Advance(4s);
  EXPECT_FALSE(acme.Next());
  rig.network.Advance(2s);
  EXPECT_EQ(acme.Next()->receipt_id(), std::to_string(rig.archive.known[0].message_id));
}

TEST(Receipts, WhatNobodyCanPlaceWhilePostgreSqlIsAwayStaysWithTheSupplier) {
  RelayRig rig;
  rig.alpha();
  rig.archive.reachable = false;
  rig.alpha().Send(Receipt(901, "5", "4915112345678", "ACME"));
  rig.network.Advance(11s);
  EXPECT_EQ(rig.alpha().Next()->status(), ESME_RX_T_APPN);
  EXPECT_TRUE(rig.All<store::StrayReceiptRecord>().empty());
}

TEST(Receipts, ARepeatedFinalReceiptIsRecordedAndReachesNobody) {
  RelayRig rig;
  rig.settler.behind = true;
  rig.alpha();
  SmppPeer acme = rig.Customer();
  acme.Send(Submit(2));
  rig.alpha().Answer(*rig.alpha().Next(), ESME_ROK, "5");
  acme.Next();
  rig.alpha().Send(Receipt(900, "5", "4915112345678", "ACME"));
  rig.alpha().Send(Receipt(901, "5", "4915112345678", "ACME"));
  const Pdu receipt = *acme.Next();
  EXPECT_FALSE(acme.Next());
  EXPECT_EQ(rig.alpha().Next()->status(), ESME_ROK);
  EXPECT_EQ(rig.alpha().Next()->status(), ESME_ROK);
  EXPECT_EQ(rig.All<store::OutcomeRecord>().size(), 2u)
      << "PostgreSQL keeps the second as a late one";
  EXPECT_EQ(rig.Count(Metric::receipts_late), 1u);
}

TEST(Receipts, TheOldestIsForgottenAtTheLimitAndNoOther) {
  relay::Limits limits;
  limits.receipts_correlated_max = 3;
  RelayRig rig(TwoSuppliers(), limits);
  rig.alpha();
  SmppPeer acme = rig.Customer();
  for (std::uint32_t n = 2; n < 7; ++n) {
    acme.Send(Submit(n));
    rig.alpha().Answer(*rig.alpha().Next(), ESME_ROK, "id-" + std::to_string(n));
    acme.Next();
  }
  EXPECT_EQ(rig.Count(Metric::receipts_forgotten), 2u);
  for (std::uint32_t n = 2; n < 7; ++n) {
    rig.alpha().Send(Receipt(n, "id-" + std::to_string(n), "4915112345678", "ACME"));
    EXPECT_EQ(acme.Next().has_value(), n >= 4) << n;
  }
}

// Those of one read are looked for together, a few at a time.
TEST(Receipts, ManyOfOneReadReachTheirClientEachAndInOrder) {
  constexpr std::uint32_t kMany = 40;
  RelayRig rig;
  rig.alpha();
  SmppPeer acme = rig.Customer();
  std::vector<std::string> ids;
  Octets receipts;
  for (std::uint32_t n = 0; n < kMany; ++n) {
    acme.Send(Submit(n + 2));
    rig.alpha().Answer(*rig.alpha().Next(), ESME_ROK, "id-" + std::to_string(n));
    ids.push_back(acme.Next()->message_id());
    const Octets next =
        Receipt(900 + n, "id-" + std::to_string(n), "4915112345678", "ACME", "DELIVRD");
    receipts.insert(receipts.end(), next.begin(), next.end());
  }
  rig.alpha().Send(receipts);
  for (std::uint32_t n = 0; n < kMany; ++n) {
    const std::optional<Pdu> receipt = acme.Next();
    ASSERT_TRUE(receipt) << n;
    EXPECT_EQ(receipt->receipt_id(), ids[n]);
    acme.Answer(*receipt, ESME_ROK, "");
    EXPECT_EQ(rig.alpha().Next()->sequence_number(), 900 + n);
  }
}

TEST(Receipts, AnIdThatIsGivenAgainWasTheFirstMessagesWhenItsReceiptCame) {
  RelayRig rig;
  rig.alpha();
  SmppPeer acme = rig.Customer();
  acme.Send(Submit(2));
  rig.alpha().Answer(*rig.alpha().Next(), ESME_ROK, "77");
  const std::string first = acme.Next()->message_id();
  acme.Send(Submit(3));
  const Pdu submit = *rig.alpha().Next();
  rig.journal.slow = true;
  rig.alpha().Answer(submit, ESME_ROK, "77");
  rig.network.RunUntilQuiet();
  rig.journal.slow = false;
  rig.journal.Sync();  // in the turn that reads the receipt the second one is known
  rig.alpha().Send(Receipt(900, "77", "4915112345678", "ACME"));
  EXPECT_EQ(acme.Next()->id(), submit_sm_resp);
  EXPECT_EQ(acme.Next()->receipt_id(), first);
}

TEST(Receipts, DeliveriesWaitForTheClientsWindow) {
  relay::Limits limits;
  limits.esme.window_requests_max = 1;
  RelayRig rig(TwoSuppliers(), limits);
  rig.alpha();
  SmppPeer acme = rig.Customer();
  for (std::uint32_t n = 900; n < 903; ++n)
    rig.alpha().Send(Message(deliver_sm, n, "49151", "1000", "mo"));
  for (int n = 0; n < 3; ++n) {
    const std::optional<Pdu> got = acme.Next();
    ASSERT_TRUE(got) << n;
    EXPECT_FALSE(acme.Next());
    acme.Answer(*got, ESME_ROK, "");
  }
  for (int n = 0; n < 3; ++n) EXPECT_EQ(rig.alpha().Next()->status(), ESME_ROK);
}

// --- mobile originated -----------------------------------------------------------------------------------------

TEST(MobileOriginated, GoesToTheClientOfItsDestination) {
  RelayRig rig;
  rig.alpha();
  SmppPeer acme = rig.Customer("acme"), other = rig.Customer("other");
  const Octets mo = Message(deliver_sm, 900, "4915112345678", "1000", "STOP");
  rig.alpha().Send(mo);
  Pdu got = *acme.Next();
  EXPECT_FALSE(other.Next());
  acme.Answer(got, ESME_RX_R_APPN, "");
  EXPECT_EQ(rig.alpha().Next()->status(), ESME_RX_R_APPN);  // the client's answer is the supplier's
  smpp::PatchSequenceNumber(got.octets.data(), 900);
  EXPECT_EQ(got.octets, mo);
}

TEST(MobileOriginated, WithoutARouteIsRefused) {
  RelayRig rig;
  rig.alpha();
  SmppPeer acme = rig.Customer();
  rig.alpha().Send(Message(deliver_sm, 900, "4915112345678", "2000", "STOP"));
  EXPECT_EQ(rig.alpha().Next()->status(), ESME_RINVDSTADR);
  EXPECT_FALSE(acme.Next());
}

}  // namespace
}  // namespace hub::test
