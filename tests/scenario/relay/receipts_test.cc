// Receipts and mobile originated messages: from a supplier to the customer they belong to, and to nobody else.
#include <gtest/gtest.h>

#include "protocol/receipt/receipt.h"
#include "tests/scenario/relay/relay_rig.h"

namespace hub::test {
namespace {

using enum smpp::CommandId;
using enum smpp::Status;
using namespace std::chrono_literals;

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

TEST(Receipts, AReceiptThatOvertakesTheResponseWaitsForIt) {
  RelayRig rig;
  rig.alpha();
  SmppPeer acme = rig.Customer();
  acme.Send(Submit(2));
  const Pdu submit = *rig.alpha().Next();
  rig.settler.behind =
      true;  // PostgreSQL cannot say that it is unknown: what is under way is not there yet
  rig.alpha().Send(Receipt(900, "77", "4915112345678", "ACME"));
  EXPECT_FALSE(acme.Next());
  rig.network.Advance(4s);
  rig.alpha().Answer(submit, ESME_ROK, "77");
  const Pdu answer = *acme.Next();
  EXPECT_EQ(answer.id(), submit_sm_resp);
  // The receipt is decided while the response is: it must not reach the client first.
  EXPECT_EQ(acme.Next()->receipt_id(), answer.message_id());
}

TEST(Receipts, AnUnknownReceiptIsAnsweredAfterItsWaitAndReachesNobody) {
  RelayRig rig;
  rig.alpha();
  SmppPeer acme = rig.Customer();
  rig.alpha().Send(Receipt(900, "nobody", "4915112345678", "ACME"));
  rig.network.Advance(199ms);
  EXPECT_FALSE(rig.alpha().Next());
  EXPECT_EQ(rig.archive.finds, 0);
  rig.network.Advance(1s);  // PostgreSQL was asked and knows nobody either
  EXPECT_EQ(rig.archive.finds, 1);
  EXPECT_EQ(rig.alpha().Next()->status(), ESME_ROK);
  EXPECT_FALSE(acme.Next());
  EXPECT_EQ(rig.Count(Metric::receipts_unknown), 1u);
  const auto strays = rig.All<store::StrayReceiptRecord>();
  ASSERT_EQ(strays.size(), 1u);
  EXPECT_EQ(strays[0].upstream_id, "nobody");
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
  const Case kCases[] = {{0, "DELIVRD", false},  {1, "DELIVRD", true}, {1, "UNDELIV", true},
                         {2, "DELIVRD", false},  {2, "UNDELIV", true}, {1, "ENROUTE", false},
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
  store::FoundMessage found;
  found.asked = {101, "5"};
  found.message_id = 4711;
  found.client_id = 1;
  found.registered_delivery = 1;
  found.destination_addr = "4915112345678";
  found.outcome_known = true;
  rig.archive.known = {found};
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
  store::FoundMessage found;
  found.asked = {101, "5"};
  found.message_id = 4711;
  found.client_id = 1;
  found.registered_delivery = 1;
  found.destination_addr = "4915112345678";
  rig.archive.known = {found};
  rig.alpha().Send(Receipt(901, "5", "4915112345678", "ACME"));
  rig.network.Advance(1s);
  EXPECT_EQ(acme.Next()->receipt_id(), "4711");
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
  store::FoundMessage found;
  found.asked = {101, "5"};
  found.message_id = 4711;
  found.client_id = 1;
  found.registered_delivery = 1;
  found.destination_addr = "4915112345678";
  rig.archive.known = {found};
  rig.settler.behind = true;
  rig.alpha().Send(Receipt(901, "5", "4915112345678", "ACME"));
  rig.network.Advance(1s);
  EXPECT_GT(rig.archive.finds, 1) << "asked again";
  EXPECT_FALSE(acme.Next());
  rig.settler.behind = false;
  rig.network.Advance(1s);
  EXPECT_EQ(acme.Next()->receipt_id(), "4711");
  EXPECT_EQ(rig.alpha().Next()->status(), ESME_ROK);
}

TEST(Receipts, WhatNobodyCanPlaceWhilePostgreSqlIsAwayStaysWithTheSupplier) {
  RelayRig rig;
  rig.alpha();
  rig.archive.reachable = false;
  rig.alpha().Send(Receipt(901, "5", "4915112345678", "ACME"));
  rig.network.Advance(6s);
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
