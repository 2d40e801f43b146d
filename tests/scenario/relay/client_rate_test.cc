// A client's rate, by all its binds together: what is beyond it is refused, or waits for its turn.
#include <gtest/gtest.h>

#include "tests/scenario/relay/kept_rig.h"
#include "tests/scenario/relay/multi_rig.h"

namespace hub::test {
namespace {

using enum smpp::CommandId;
using enum smpp::Status;
using namespace std::chrono_literals;

store::Catalog Limited(store::OverRate over_rate, std::int64_t burst = 1) {
  store::Catalog catalog = TwoSuppliers();
  catalog.clients[0].rate_per_second = 10;
  catalog.clients[0].rate_burst = burst;
  catalog.clients[0].over_rate = over_rate;
  catalog.clients[0].window_requests_max = 5;
  catalog.supplier_binds[0].window_requests_max = 1'000;
  return catalog;
}

// Answers what comes at alpha; returns to whom, in order.
std::vector<std::string> Serve(KeptRig& rig, Duration during) {
  std::vector<std::string> seen;
  for (Duration passed{0}; passed < during; passed += 10ms, rig.network.Advance(10ms)) {
    for (std::string to; !(to = rig.TakeNext(rig.alpha())).empty();) seen.push_back(to);
  }
  return seen;
}

// acme is owed a receipt, and has none of its own answers read while it sends: one message at a time, `rate` a second.
struct OwedRig : KeptRig {
  explicit OwedRig(std::int64_t rate)
      : KeptRig(OneAtATime(rate), Within(1s)), acme((alpha(), Customer())) {
    acme.Send(Submit(2, 1, To(0)));
    const Pdu submit = *alpha().Next();
    alpha().Answer(submit, ESME_ROK, "up-1");
    EXPECT_EQ(acme.Next()->status(), ESME_ROK);
    alpha().Send(Receipt(9, "up-1", To(0), "ACME"));
    EXPECT_EQ(alpha().Next()->id(), deliver_sm_resp);
  }
  static store::Catalog OneAtATime(std::int64_t rate) {
    store::Catalog catalog = Limited(store::OverRate::kDelay);
    catalog.clients[0].rate_per_second = rate;
    catalog.clients[0].window_requests_max = 1;
    return catalog;
  }
  static relay::Limits Within(Duration response_timeout) {
    relay::Limits limits = Patient();
    limits.esme.response_timeout = response_timeout;
    return limits;
  }
  void Sends(std::uint32_t count) {
    for (std::uint32_t n = 1; n <= count; ++n) acme.Send(Submit(n + 2, 0, To(n)));
  }

  SmppPeer acme;
};

int Lines(const std::string& log, std::string_view with) {
  int lines = 0;
  for (auto at = log.find(with); at != std::string::npos; at = log.find(with, at + 1)) ++lines;
  return lines;
}

TEST(ClientRate, WhatIsBeyondItIsRefused) {
  KeptRig rig(Limited(store::OverRate::kThrottle, 3));
  rig.alpha();
  SmppPeer acme = rig.Customer();
  for (std::uint32_t n = 0; n < 5; ++n) acme.Send(Submit(n + 2, 0, To(n)));
  EXPECT_EQ(Serve(rig, 1s), (std::vector{To(0), To(1), To(2)}));
  EXPECT_EQ(AnswersTo(acme),
            (std::vector{ESME_RTHROTTLED, ESME_RTHROTTLED, ESME_ROK, ESME_ROK, ESME_ROK}));
  EXPECT_EQ(rig.Count(Metric::throttled), 2u);
  EXPECT_EQ(rig.Count(Metric::messages_delayed), 0u);
}

// What a client asks about an hour later: one line a client and minute, and nothing when nobody is throttled.
TEST(ClientRate, WhoWasThrottledStandsInTheLogOnceAMinute) {
  KeptRig rig(Limited(store::OverRate::kThrottle, 3));
  rig.alpha();
  SmppPeer acme = rig.Customer(), again = rig.Customer();
  const relay::ClientState& client = *rig.relay->front().snapshot()->clients[0];
  testing::internal::CaptureStderr();
  for (std::uint32_t n = 0; n < 4; ++n) acme.Send(Submit(n + 2));
  rig.network.Advance(59s);
  for (std::uint32_t n = 0; n < 5; ++n) again.Send(Submit(n + 2));
  EXPECT_EQ(client.throttled, 3u);
  EXPECT_EQ(client.throttled_untold, 3u);
  EXPECT_EQ(Lines(testing::internal::GetCapturedStderr(), "ev=client.throttled "), 0);
  testing::internal::CaptureStderr();
  rig.network.Advance(1s);
  const std::string told = testing::internal::GetCapturedStderr();
  EXPECT_NE(told.find("ev=client.throttled system_id=acme count=3 over_s=60"), std::string::npos)
      << told;
  EXPECT_EQ(client.throttled_untold, 0u);
  testing::internal::CaptureStderr();
  rig.network.Advance(10min);
  EXPECT_EQ(Lines(testing::internal::GetCapturedStderr(), "ev=client.throttled "), 0);
  EXPECT_EQ(client.throttled, 3u);
}

TEST(ClientRate, OfManyThrottledClientsEachHasItsLineAndThoseBeyondAreCounted) {
  constexpr std::size_t kClients = relay::ThrottleNotes::kClientsMax + 2;
  store::Catalog catalog = Limited(store::OverRate::kThrottle);
  for (std::size_t n = 0; n < kClients; ++n) {
    catalog.clients.push_back(catalog.clients[0]);
    catalog.clients.back().client_id = static_cast<std::int64_t>(100 + n);
    catalog.clients.back().system_id = "c" + std::to_string(n);
  }
  KeptRig rig(catalog);
  rig.alpha();
  testing::internal::CaptureStderr();
  for (std::size_t n = 0; n < kClients; ++n) {
    SmppPeer client = rig.Customer("c" + std::to_string(n));
    client.Send(Submit(2));
    client.Send(Submit(3));
  }
  EXPECT_EQ(rig.Count(Metric::throttled), kClients);
  EXPECT_EQ(rig.Count(Metric::throttled_clients_untold), 2u);
  rig.network.Advance(1min + relay::ThrottleNotes::kClientsMax * relay::ThrottleNotes::kPause);
  const std::string log = testing::internal::GetCapturedStderr();
  EXPECT_EQ(Lines(log, "system_id=c0 count=1 over_s=60"), 1);
  EXPECT_EQ(Lines(log, "system_id=c256 count="), 0);
  for (std::size_t i = 2; i < 2 + kClients; ++i) {
    const relay::ClientState& client = *rig.relay->front().snapshot()->clients[i];
    EXPECT_EQ(client.throttled, 1u);
    EXPECT_EQ(client.throttled_untold, 0u) << "told, or told another time: " << client.system_id;
  }
}

TEST(ClientRate, OrWaitsForItsTurnAndIsAnsweredOnce) {
  KeptRig rig(Limited(store::OverRate::kDelay));
  rig.alpha();
  SmppPeer acme = rig.Customer();
  std::vector<std::string> all;
  for (std::uint32_t n = 0; n < 50; ++n) {
    acme.Send(Submit(n + 2, 0, To(n)));
    all.push_back(To(n));
  }
  const std::vector<std::string> first = Serve(rig, 1s);
  EXPECT_EQ(first.size(), 10u) << "one each 100 ms";
  EXPECT_EQ(AnswersTo(acme), std::vector(10, ESME_ROK));
  const std::vector<std::string> then = Serve(rig, 4'100ms);
  std::vector<std::string> seen = first;
  seen.insert(seen.end(), then.begin(), then.end());
  EXPECT_EQ(seen, all);
  EXPECT_EQ(AnswersTo(acme), std::vector(40, ESME_ROK));
  EXPECT_EQ(rig.Count(Metric::throttled), 0u);
  EXPECT_EQ(rig.Count(Metric::messages_delayed), 49u);
  rig.ExpectMoneyBalances();
}

TEST(ClientRate, TwoBindsShareItTurnByTurn) {
  KeptRig rig(Limited(store::OverRate::kDelay));
  rig.alpha();
  SmppPeer one = rig.Customer(), other = rig.Customer();
  for (std::uint32_t n = 0; n < 40; ++n) (n % 2 == 0 ? one : other).Send(Submit(n + 2, 0, To(n)));
  EXPECT_EQ(Serve(rig, 2s).size(), 20u);
  EXPECT_EQ(AnswersTo(one), std::vector(10, ESME_ROK));
  EXPECT_EQ(AnswersTo(other), std::vector(10, ESME_ROK));
}

// Two windows wait here, all else in the peer's socket: nothing grows.
TEST(ClientRate, WhatWaitsIsBoundedAndEnquireLinkIsAnsweredWithinIt) {
  KeptRig rig(Limited(store::OverRate::kDelay));
  rig.alpha();
  SmppPeer acme = rig.Customer();
  for (std::uint32_t n = 0; n < 4; ++n) acme.Send(Submit(n + 2, 0, To(n)));
  acme.Send(Bare(enquire_link, 77));
  EXPECT_EQ(acme.Next()->id(), enquire_link_resp);
  for (std::uint32_t n = 4; n < 40; ++n) acme.Send(Submit(n + 2, 0, To(n)));
  acme.Send(Bare(enquire_link, 78));
  EXPECT_FALSE(acme.Next()) << "it stands behind what is not read";
  EXPECT_EQ(Serve(rig, 4'100ms).size(), 40u);
  EXPECT_EQ(AnswersTo(acme).size(), 41u);
}

TEST(ClientRate, WhoIsNotReadIsNotTakenForDead) {
  relay::Limits limits;
  limits.esme.enquire_link_interval = 1s;
  limits.esme.response_timeout = 1s;
  limits.smsc.enquire_link_interval = Duration{0};
  store::Catalog catalog = Limited(store::OverRate::kDelay);
  catalog.clients[0].rate_per_second = 1;
  catalog.clients[0].window_requests_max = 1;
  KeptRig rig(catalog, limits);
  rig.alpha();
  SmppPeer one = rig.Customer(), other = rig.Customer();
  for (std::uint32_t n = 0; n < 20; ++n) {
    one.Send(Submit(n + 2, 0, To(n)));
    other.Send(Submit(n + 2, 0, To(n + 20)));
  }
  EXPECT_EQ(Serve(rig, 20s).size(), 20u);
  EXPECT_TRUE(one.connected());
  EXPECT_TRUE(other.connected());
}

TEST(ClientRate, AnUnbindWaitsForWhatWasSentBeforeIt) {
  KeptRig rig(Limited(store::OverRate::kDelay));
  rig.alpha();
  SmppPeer acme = rig.Customer();
  for (std::uint32_t n = 0; n < 4; ++n) acme.Send(Submit(n + 2, 0, To(n)));
  acme.Send(Bare(unbind, 9));
  EXPECT_EQ(Serve(rig, 500ms).size(), 4u);
  EXPECT_EQ(AnswersTo(acme).size(), 5u);
  EXPECT_FALSE(acme.connected());
  rig.ExpectMoneyBalances();
}

TEST(ClientRate, WhoHangsUpTakesWhatWaitedWithIt) {
  KeptRig rig(Limited(store::OverRate::kDelay));
  rig.alpha();
  SmppPeer acme = rig.Customer();
  for (std::uint32_t n = 0; n < 4; ++n) acme.Send(Submit(n + 2, 0, To(n)));
  acme.raw().Hangup();
  rig.network.RunUntilQuiet();
  EXPECT_EQ(Serve(rig, 2s).size(), 1u) << "what had its turn";
  EXPECT_EQ(rig.All<store::MessageRecord>().size(), 1u);
  rig.ExpectMoneyBalances();
}

// Ten a second: it waits for the last of its three turns, and who comes next for the fourth.
TEST(ClientRate, ASubmitMultiTakesATurnForEachDestination) {
  KeptRig rig(Limited(store::OverRate::kDelay));
  rig.alpha();
  SmppPeer acme = rig.Customer();
  acme.Send(SubmitMulti(2, {To(0), To(1), To(2)}, 0));
  acme.Send(Submit(3, 0, To(3)));
  EXPECT_EQ(Serve(rig, 190ms).size(), 0u);
  EXPECT_EQ(Serve(rig, 20ms).size(), 3u);
  EXPECT_EQ(Serve(rig, 80ms).size(), 0u);
  EXPECT_EQ(Serve(rig, 20ms), std::vector{To(3)});
  rig.ExpectMoneyBalances();
}

TEST(ClientRate, WhoHangsUpGivesItsTurnBack) {
  KeptRig rig(Limited(store::OverRate::kDelay));
  rig.alpha();
  SmppPeer first = rig.Customer();
  for (std::uint32_t n = 0; n < 20; ++n) {
    SmppPeer impatient = rig.Customer();
    impatient.Send(Submit(2, 0, To(n)));
    impatient.raw().Hangup();
    rig.network.RunUntilQuiet();
  }
  rig.network.Advance(200ms);
  first.Send(Submit(2, 0, To(99)));
  const std::vector<std::string> seen = Serve(rig, 20ms);
  ASSERT_FALSE(seen.empty());
  EXPECT_EQ(seen.back(), To(99)) << "it waits for nobody who is gone";
}

// Its answers stand behind its submits, where nobody reads them yet.
TEST(ClientRate, WhatItAnsweredUnreadHasNotTimedOut) {
  OwedRig rig(2);
  const std::optional<Pdu> receipt = rig.acme.Next();
  ASSERT_TRUE(receipt);
  rig.Sends(8);
  rig.acme.Send(IdAnswer(deliver_sm_resp, ESME_ROK, receipt->sequence_number(), ""));
  EXPECT_EQ(Serve(rig, 6s).size(), 8u);
  EXPECT_EQ(rig.Count(Metric::receipts_delivered), 1u);
  EXPECT_EQ(rig.Count(Metric::receipts_sent), 1u) << "not again";
}

TEST(ClientRate, ADeliveryThatIsNeverAnsweredIsNotWaitedForAsLongAsItSends) {
  OwedRig rig(1);
  rig.Sends(39);
  EXPECT_GE(Serve(rig, 5s).size(), 4u);
  EXPECT_TRUE(rig.All<store::ReceiptEndRecord>().empty());
  EXPECT_GE(Serve(rig, 5s).size(), 4u);
  ASSERT_EQ(rig.All<store::ReceiptEndRecord>().size(), 1u);
  EXPECT_EQ(rig.All<store::ReceiptEndRecord>()[0].end, store::ReceiptEnd::kTriedAgain);
}

TEST(ClientRate, AReloadChangesItsMind) {
  KeptRig rig(Limited(store::OverRate::kDelay));
  rig.alpha();
  SmppPeer acme = rig.Customer();
  for (std::uint32_t n = 0; n < 4; ++n) acme.Send(Submit(n + 2, 0, To(n)));
  rig.Use(Limited(store::OverRate::kThrottle));
  EXPECT_EQ(Serve(rig, 1s), std::vector{To(0)});
  EXPECT_EQ(AnswersTo(acme),
            (std::vector{ESME_RTHROTTLED, ESME_RTHROTTLED, ESME_RTHROTTLED, ESME_ROK}))
      << "who waits is told at once";
}

// It waits until it has them all, and is refused then: whoever comes behind it need not wait for what nobody uses.
TEST(ClientRate, ASubmitMultiThatIsRefusedGivesItsTurnsBack) {
  relay::Limits limits = Patient();
  limits.multi_destinations_max = 2;
  KeptRig rig(Limited(store::OverRate::kDelay), limits);
  rig.alpha();
  SmppPeer acme = rig.Customer();
  acme.Send(SubmitMulti(2, {To(0), To(1), To(2), To(3)}, 0));
  rig.network.Advance(300ms);
  ASSERT_EQ(AnswersTo(acme), std::vector{ESME_RINVNUMDESTS});
  acme.Send(Submit(3, 0, To(4)));
  EXPECT_EQ(Serve(rig, 10ms), std::vector{To(4)});
  EXPECT_EQ(rig.Count(Metric::messages_delayed), 1u);
  rig.ExpectMoneyBalances();
}

TEST(ClientRate, WhereItIsRefusedBeyondItsRateASubmitMultiGivesNothingBack) {
  relay::Limits limits = Patient();
  limits.multi_destinations_max = 2;
  KeptRig rig(Limited(store::OverRate::kThrottle), limits);
  rig.alpha();
  SmppPeer acme = rig.Customer();
  acme.Send(Submit(2, 0, To(0)));
  acme.Send(SubmitMulti(3, {To(0), To(1), To(2)}, 0));
  acme.Send(Submit(4, 0, To(1)));
  EXPECT_EQ(Serve(rig, 10ms), std::vector{To(0)});
  EXPECT_EQ(AnswersTo(acme), (std::vector{ESME_RINVNUMDESTS, ESME_RTHROTTLED, ESME_ROK}));
}

TEST(ClientRate, AReloadThatRaisesOrLiftsItIsHeardByWhoWaits) {
  for (const std::int64_t rate : {1'000, 0}) {
    store::Catalog catalog = Limited(store::OverRate::kDelay);
    catalog.clients[0].rate_per_second = 1;
    KeptRig rig(catalog);
    rig.alpha();
    SmppPeer one = rig.Customer(), other = rig.Customer();
    for (std::uint32_t n = 0; n < 8; ++n) (n % 2 == 0 ? one : other).Send(Submit(n + 2, 0, To(n)));
    EXPECT_EQ(Serve(rig, 10ms), std::vector{To(0)});
    catalog.clients[0].rate_per_second = rate;
    rig.Use(catalog);
    EXPECT_EQ(Serve(rig, 30ms).size(), 7u) << rate;
    EXPECT_EQ(AnswersTo(one).size() + AnswersTo(other).size(), 8u);
    rig.ExpectMoneyBalances();
  }
}

TEST(ClientRate, AReloadThatLowersItIsHeardToo) {
  KeptRig rig(Limited(store::OverRate::kDelay));
  rig.alpha();
  SmppPeer acme = rig.Customer();
  for (std::uint32_t n = 0; n < 4; ++n) acme.Send(Submit(n + 2, 0, To(n)));
  EXPECT_EQ(Serve(rig, 10ms), std::vector{To(0)});
  store::Catalog catalog = Limited(store::OverRate::kDelay);
  catalog.clients[0].rate_per_second = 1;
  rig.Use(catalog);
  EXPECT_EQ(Serve(rig, 1s), std::vector{To(1)}) << "by the end of the turn before it";
  EXPECT_EQ(Serve(rig, 2'200ms).size(), 2u);
}

// Who waits keeps its place in the order.
TEST(ClientRate, AReloadThatChangesSomethingElseIsNoReasonToAskAnew) {
  KeptRig rig(Limited(store::OverRate::kDelay));
  rig.alpha();
  SmppPeer acme = rig.Customer();
  for (std::uint32_t n = 0; n < 3; ++n) acme.Send(Submit(n + 2, 0, To(n)));
  store::Catalog catalog = Limited(store::OverRate::kDelay);
  catalog.clients[0].receipt_ttl_s += 1;
  rig.Use(catalog);
  EXPECT_EQ(Serve(rig, 210ms).size(), 3u);
  EXPECT_EQ(rig.Count(Metric::messages_delayed), 2u);
}

}  // namespace
}  // namespace hub::test
