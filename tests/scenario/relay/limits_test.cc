// Limits of the whole relay: what is one too many gets its answer and is counted, and who was there before it notices nothing.
#include <gtest/gtest.h>

#include "tests/scenario/relay/multi_rig.h"

namespace hub::test {
namespace {

using enum smpp::CommandId;
using enum smpp::Status;

relay::Limits With(std::size_t relay::Limits::*limit, std::size_t value) {
  relay::Limits limits;
  limits.*limit = value;
  return limits;
}

SmppPeer Connects(RelayRig& rig, std::string from = "192.0.2.7") {
  return SmppPeer(
      rig.network.PeerConnects([&](net::Stream& stream) { return rig.relay->Accept(stream); }, {},
                               {std::move(from), 40112}));
}

TEST(Limits, OneConnectionTooManyIsClosedAtOnce) {  // smpp.connections_max
  RelayRig rig(TwoSuppliers(), With(&relay::Limits::sessions_max, 2));
  SmppPeer first = rig.Customer(), second = rig.Customer();
  EXPECT_FALSE(Connects(rig).connected());
  EXPECT_EQ(rig.Count(Metric::connections_refused), 1u);
  EXPECT_TRUE(second.connected());
  first.raw().Hangup();
  rig.network.RunUntilQuiet();
  rig.Customer();
}

TEST(Limits, OneThatIsNotBoundTooManyIsClosedAtOnceAndBoundOnesDoNotCount) {  // smpp.unbound_max
  RelayRig rig(TwoSuppliers(), With(&relay::Limits::unbound_sessions_max, 2));
  rig.Customer();
  SmppPeer silent = Connects(rig), comes = Connects(rig);
  EXPECT_FALSE(Connects(rig).connected());
  EXPECT_EQ(rig.Count(Metric::connections_unbound_refused), 1u);
  EXPECT_EQ(rig.Count(Metric::connections_refused), 0u);
  comes.Send(Bind(bind_transceiver, 1, "acme", "secret"));
  EXPECT_EQ(comes.Next()->status(), ESME_ROK);
  SmppPeer next = Connects(rig);
  EXPECT_TRUE(next.connected());
  EXPECT_TRUE(silent.connected());
  EXPECT_FALSE(Connects(rig).connected());
  silent.raw().Hangup();
  rig.network.RunUntilQuiet();
  EXPECT_TRUE(Connects(rig).connected()) << "one that is gone does not count either";
}

// Silent connections of many addresses fill the room of strangers, not what is kept for clients that were here before.
TEST(Limits, OneInEightOfThoseNotBoundIsAKnownClients) {  // smpp.unbound_max
  store::Catalog catalog = TwoSuppliers();
  catalog.clients[1].allow_from = {"198.51.100.0/24"};
  access::GuardLimits guarded;
  guarded.accepts_per_second_address = guarded.accepts_per_second_max = 0;
  RelayRig rig(catalog, With(&relay::Limits::unbound_sessions_max, 16), guarded);
  rig.Customer();
  int entered = 0;
  for (int i = 0; i < 20; ++i)
    entered += Connects(rig, "203.0.113." + std::to_string(i)).connected() ? 1 : 0;
  EXPECT_EQ(entered, 14);
  EXPECT_EQ(rig.Count(Metric::connections_unbound_refused), 6u);
  SmppPeer known = Connects(rig), named = Connects(rig, "198.51.100.9");
  EXPECT_FALSE(Connects(rig).connected()) << "the whole has no more room than it had";
  known.Send(Bind(bind_transceiver, 1, "acme", "secret"));
  EXPECT_EQ(known.Next()->status(), ESME_ROK);
  named.Send(Bind(bind_transceiver, 1, "other", "secret"));
  EXPECT_EQ(named.Next()->status(), ESME_ROK);
}

TEST(Limits, OneMessageTooManyIsRefusedAndTheOthersGoOn) {  // relay.messages_max
  RelayRig rig(TwoSuppliers(), With(&relay::Limits::messages_max, 1));
  rig.alpha();
  SmppPeer acme = rig.Customer();
  acme.Send(Submit(2));
  acme.Send(Submit(3));
  const std::optional<Pdu> refused = acme.Next();
  ASSERT_TRUE(refused);
  EXPECT_EQ(refused->sequence_number(), 3u);
  EXPECT_EQ(refused->status(), ESME_RMSGQFUL);
  EXPECT_EQ(rig.Count(Metric::messages_full), 1u);
  rig.alpha().Answer(*rig.alpha().Next(), ESME_ROK, "1");
  EXPECT_EQ(acme.Next()->status(), ESME_ROK);
  acme.Send(Submit(4));
  EXPECT_TRUE(rig.alpha().Next()) << "there is room again";
  EXPECT_FALSE(acme.Next());
  EXPECT_EQ(rig.Count(Metric::messages_full), 1u);
}

TEST(Limits, MessagesOfOursTakeNoPlaceOfThoseThatWaitForAnAnswer) {  // relay.messages_max
  store::Catalog catalog = TwoSuppliers();
  catalog.clients[0].answer = store::AnswerMode::kAccepted;
  RelayRig rig(std::move(catalog), With(&relay::Limits::messages_max, 1));
  rig.alpha();
  SmppPeer acme = rig.Customer();
  for (std::uint32_t n = 2; n < 6; ++n) {
    acme.Send(Submit(n));
    EXPECT_EQ(acme.Next()->status(), ESME_ROK) << n;
  }
  EXPECT_EQ(rig.Count(Metric::messages_full), 0u);
}

TEST(Limits, OneThatWasRefusedCostsNothing) {  // relay.messages_max
  RelayRig rig(TwoSuppliers(), With(&relay::Limits::messages_max, 1));
  rig.alpha();
  SmppPeer acme = rig.Customer();
  acme.Send(Submit(2));
  acme.Send(Submit(3));
  EXPECT_EQ(AnswersTo(acme), std::vector{ESME_RMSGQFUL});
  rig.alpha().Answer(*rig.alpha().Next(), ESME_ROK, "1");
  EXPECT_EQ(acme.Next()->status(), ESME_ROK);
  rig.ExpectMoneyBalances();
}

// A client that fills its share stops itself; a submit_multi counts as often as it has destinations.
TEST(Limits, OneClientHasItsShareOfTheMessagesInFlight) {  // relay.client_share_percent
  RelayRig rig(UpstreamAlphaAlone(), With(&relay::Limits::client_messages_max, 2));
  rig.alpha();
  SmppPeer acme = rig.Customer(), second = rig.Customer(), other = rig.Customer("other");
  acme.Send(Submit(2));
  second.Send(Submit(3));
  for (SmppPeer* each : {&acme, &second}) {
    each->Send(Submit(4));
    EXPECT_EQ(AnswersTo(*each), std::vector{ESME_RMSGQFUL}) << "over all its binds";
  }
  EXPECT_EQ(rig.Count(Metric::messages_share_full), 2u);
  EXPECT_EQ(rig.Count(Metric::messages_full), 0u);
  other.Send(Submit(5));
  EXPECT_FALSE(other.Next()) << "its neighbour's message is under way";
  rig.alpha().Answer(*rig.alpha().Next(), ESME_ROK, "1");
  EXPECT_EQ(acme.Next()->status(), ESME_ROK);
  rig.alpha().Answer(*rig.alpha().Next(), ESME_RSUBMITFAIL, "");
  EXPECT_EQ(second.Next()->status(), ESME_RSUBMITFAIL);
  rig.alpha().Answer(*rig.alpha().Next(), ESME_ROK, "3");
  EXPECT_EQ(other.Next()->status(), ESME_ROK);
  for (std::uint32_t n = 6; n < 8; ++n) acme.Send(Submit(n));
  EXPECT_EQ(AnswersTo(acme), std::vector<smpp::Status>{})
      << "whatever became of them, there is room again";
  EXPECT_EQ(rig.Count(Metric::messages_share_full), 2u);
}

// What is answered is no part of the share, however long it stays: it has limits of its own.
TEST(Limits,
     MessagesOfOursAreNoPartOfAClientsShareOnceTheyAreAnswered) {  // relay.client_share_percent
  store::Catalog catalog = UpstreamAlphaAlone();
  catalog.clients[0].answer = store::AnswerMode::kAccepted;
  catalog.supplier_binds[0].window_requests_max = 1;
  RelayRig rig(catalog, With(&relay::Limits::client_messages_max, 1));
  rig.alpha();
  SmppPeer acme = rig.Customer();
  for (std::uint32_t n = 2; n < 7; ++n) acme.Send(Submit(n));
  EXPECT_EQ(AnswersTo(acme), std::vector(5, ESME_ROK));
  EXPECT_EQ(rig.Count(Metric::messages_share_full), 0u);
}

TEST(Limits, WhatIsRefusedOrRepeatedLeavesTheShareAsItWas) {  // relay.client_share_percent
  store::Catalog catalog = UpstreamAlphaAlone();
  catalog.clients[0].dedupe_window_s = 60;
  RelayRig rig(catalog, With(&relay::Limits::client_messages_max, 1));
  rig.alpha();
  SmppPeer acme = rig.Customer();
  for (std::uint32_t n = 2; n < 5; ++n) acme.Send(Submit(n, 0, "12"));
  EXPECT_EQ(AnswersTo(acme).size(), 3u) << "no route";
  acme.Send(Submit(5));
  rig.alpha().Answer(*rig.alpha().Next(), ESME_ROK, "1");
  EXPECT_EQ(acme.Next()->status(), ESME_ROK);
  for (std::uint32_t n = 6; n < 9; ++n) acme.Send(Submit(n));
  EXPECT_EQ(AnswersTo(acme), std::vector(3, ESME_ROK)) << "the same message again";
  EXPECT_EQ(rig.Count(Metric::messages_share_full), 0u);
}

Octets WithTlvs(Octets pdu, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) pdu.insert(pdu.end(), {0x14, 0x00, 0, 1, 'x'});
  smpp::WriteU32(pdu.data(), static_cast<std::uint32_t>(pdu.size()));
  return pdu;
}

TEST(Limits, AMessageWithATlvTooManyIsRefused) {  // session.pdu_tlvs_max
  RelayRig rig;
  rig.alpha();
  SmppPeer acme = rig.Customer();
  acme.Send(WithTlvs(Submit(2), 65));
  EXPECT_EQ(AnswersTo(acme), std::vector{ESME_RINVTLVSTREAM});
  EXPECT_EQ(rig.Count(Metric::rejected_tlvs), 1u);
  acme.Send(WithTlvs(SubmitMulti(3, {"4915112345678", "4915112345679"}), 65));
  EXPECT_EQ(AnswersTo(acme), std::vector{ESME_RINVTLVSTREAM});
  EXPECT_EQ(rig.Count(Metric::rejected_tlvs), 3u) << "each of its messages";
  EXPECT_FALSE(rig.alpha().Next());
  acme.Send(WithTlvs(Submit(4), 64));
  const std::optional<Pdu> sent = rig.alpha().Next();
  ASSERT_TRUE(sent);
  EXPECT_EQ(sent->view().tlv_count, 64u);
  EXPECT_TRUE(acme.connected());
  EXPECT_EQ(rig.Count(Metric::rejected_tlvs), 3u);
}

TEST(Limits, AFullQueueOfASupplierSendsTheMessageToTheNext) {  // supplier.queue_messages_max
  store::Catalog catalog = TwoSuppliers();
  catalog.supplier_binds[0].window_requests_max = 1;
  RelayRig rig(catalog, With(&relay::Limits::link_queue_messages_max, 1));
  rig.alpha();
  rig.beta();
  SmppPeer acme = rig.Customer();
  for (std::uint32_t n = 2; n < 5; ++n) acme.Send(Submit(n));
  ASSERT_TRUE(rig.beta().Next()) << "one in alpha's window, one in its queue, one at beta";
  EXPECT_FALSE(rig.beta().Next());
  rig.alpha().Answer(*rig.alpha().Next(), ESME_ROK, "1");
  EXPECT_TRUE(rig.alpha().Next()) << "the one that waited";
  EXPECT_FALSE(rig.alpha().Next());
  EXPECT_EQ(rig.Count(Metric::queue_messages), 0u) << "nobody waits any more";
}

TEST(Limits, AFullQueueOfTheOnlySupplierIsTheClientsToHear) {  // supplier.queue_messages_max
  store::Catalog catalog = UpstreamAlphaAlone();
  catalog.supplier_binds[0].window_requests_max = 1;
  RelayRig rig(catalog, With(&relay::Limits::link_queue_messages_max, 1));
  rig.alpha();
  SmppPeer acme = rig.Customer();
  for (std::uint32_t n = 2; n < 5; ++n) acme.Send(Submit(n));
  const std::optional<Pdu> refused = acme.Next();
  ASSERT_TRUE(refused);
  EXPECT_EQ(refused->sequence_number(), 4u);
  EXPECT_EQ(refused->status(), ESME_RTHROTTLED);
  EXPECT_FALSE(acme.Next());
}

// Answers what alpha has, so many.
void AlphaAnswers(RelayRig& rig, int messages) {
  for (int n = 0; n < messages; ++n) {
    const std::optional<Pdu> sent = rig.alpha().Next();
    ASSERT_TRUE(sent);
    static int id = 0;
    rig.alpha().Answer(*sent, ESME_ROK, std::to_string(++id));
  }
}

// What acme hears to so many more messages: how many are refused at once.
int Refused(SmppPeer& acme, std::uint32_t& sequence, int messages) {
  for (int n = 0; n < messages; ++n) acme.Send(Submit(++sequence));
  int refused = 0;
  while (const std::optional<Pdu> answer = acme.Next())
    refused += answer->status() == ESME_RTHROTTLED;
  return refused;
}

// A queue that stays full makes all wait the whole length of it and turns as many away as a short one.
TEST(Limits,
     AQueueThatTurnedSomebodyAwayIsShortUntilNobodyWasForAMoment) {  // supplier.queue_wait_ms
  store::Catalog catalog = UpstreamAlphaAlone();
  catalog.supplier_binds[0].window_requests_max = 4;
  for (store::ClientRow& client : catalog.clients) client.window_requests_max = 1'000;
  relay::Limits limits = With(&relay::Limits::link_queue_messages_max, 40);
  limits.link_queue_wait = std::chrono::milliseconds(15);
  RelayRig rig(catalog, limits);
  rig.alpha();
  SmppPeer acme = rig.Customer();
  std::uint32_t sequence = 1;
  EXPECT_EQ(Refused(acme, sequence, 44), 0) << "four in the window, 40 in the queue";
  EXPECT_EQ(Refused(acme, sequence, 1), 1);
  rig.network.Advance(std::chrono::milliseconds(150));
  AlphaAnswers(rig, 8);
  EXPECT_EQ(Refused(acme, sequence, 8), 8) << "32 wait, where eight may";
  AlphaAnswers(rig, 28);
  EXPECT_EQ(Refused(acme, sequence, 8), 4) << "four wait, and four more may";
  AlphaAnswers(rig, 9);
  rig.network.Advance(std::chrono::milliseconds(610));  // in which nothing happens at all
  EXPECT_EQ(Refused(acme, sequence, 20), 0) << "a burst is taken again";
}

// Alpha with 4 in its window and 40 in its queue, which acme has filled: short from now on, eight may wait.
struct ShortQueue {
  ShortQueue() : rig(Catalog(), Queue()) {
    rig.alpha();
    Refused(acme, sequence, 45);
    rig.network.Advance(std::chrono::milliseconds(150));
    AlphaAnswers(rig, 40);  // the window is full, and nobody waits
  }
  static store::Catalog Catalog() {
    store::Catalog catalog = UpstreamAlphaAlone();
    catalog.supplier_binds[0].window_requests_max = 4;
    for (store::ClientRow& client : catalog.clients) client.window_requests_max = 1'000;
    return catalog;
  }
  static relay::Limits Queue() {
    relay::Limits limits = With(&relay::Limits::link_queue_messages_max, 40);
    limits.link_queue_wait = std::chrono::milliseconds(15);
    return limits;
  }
  RelayRig rig;
  SmppPeer acme = rig.Customer(), other = rig.Customer("other");
  std::uint32_t sequence = 1;
};

TEST(Limits, WhileAQueueIsShortEachClientHasItsShareOfIt) {  // supplier.queue_wait_ms
  ShortQueue queue;
  auto& [rig, acme, other, sequence] = queue;
  EXPECT_EQ(Refused(other, sequence, 1), 0) << "who wants some, too";
  EXPECT_EQ(Refused(acme, sequence, 100), 94) << "six of twelve, four of them in the window";
  EXPECT_EQ(Refused(other, sequence, 1), 0) << "it has one of its six, and there is room for it";
}

TEST(Limits, WhoAsksForLessThanItsShareFindsAPlaceWhoeverElseComes) {  // supplier.queue_wait_ms
  ShortQueue queue;
  auto& [rig, acme, other, sequence] = queue;
  Refused(other, sequence, 1);
  const std::uint64_t before = rig.Count(Metric::queue_share_full);
  for (int round = 0; round < 50; ++round) {
    Refused(acme, sequence, 50);
    EXPECT_EQ(Refused(other, sequence, 1), 0) << round;
    rig.network.Advance(std::chrono::milliseconds(4));
    AlphaAnswers(rig, 4);
  }
  EXPECT_GT(rig.Count(Metric::queue_share_full), before + 2'000);
}

TEST(Limits, WhoAsksForMoreThanItsShareHasThatMuchWhoeverElseComes) {  // supplier.queue_wait_ms
  ShortQueue queue;
  auto& [rig, acme, other, sequence] = queue;
  int refused = 0;
  for (int round = 0; round < 50; ++round) {
    Refused(acme, sequence, 50);
    refused += Refused(other, sequence, 4);
    rig.network.Advance(std::chrono::milliseconds(4));
    AlphaAnswers(rig, 4);
  }
  EXPECT_NEAR(refused, 100, 15) << "half of what alpha takes is its";
}

TEST(Limits, WhatOthersLeaveOfAShortQueueOneClientHas) {  // supplier.queue_wait_ms
  ShortQueue queue;
  auto& [rig, acme, other, sequence] = queue;
  EXPECT_EQ(Refused(acme, sequence, 100), 92) << "all eight places";
  rig.network.Advance(std::chrono::milliseconds(150));
  AlphaAnswers(rig, 8);
  EXPECT_EQ(Refused(acme, sequence, 100), 92) << "and again";
}

TEST(Limits, OneReceiptTooManyThatOvertookItsResponseComesAgain) {  // relay.receipt_parked_max
  RelayRig rig(TwoSuppliers(), With(&relay::Limits::receipts_parked_max, 1));
  rig.alpha().Send(Receipt(900, "5", "4915112345678", "ACME"));
  EXPECT_FALSE(rig.alpha().Next());
  rig.alpha().Send(Receipt(901, "6", "4915112345678", "ACME"));
  const std::optional<Pdu> refused = rig.alpha().Next();
  ASSERT_TRUE(refused);
  EXPECT_EQ(refused->sequence_number(), 901u);
  EXPECT_EQ(refused->status(), ESME_RX_T_APPN);
  EXPECT_EQ(rig.Count(Metric::receipts_park_full), 1u);
  rig.network.Advance(rig.limits.receipt_park + std::chrono::seconds(1));
  const std::optional<Pdu> parked = rig.alpha().Next();
  ASSERT_TRUE(parked);
  EXPECT_EQ(parked->sequence_number(), 900u) << "its message is not known";
  rig.alpha().Send(Receipt(902, "7", "4915112345678", "ACME"));
  EXPECT_FALSE(rig.alpha().Next()) << "there is room again";
}

}  // namespace
}  // namespace hub::test
