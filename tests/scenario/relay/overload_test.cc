// What the hub gives up first when memory or time run out, and that it takes it back.
#include <gtest/gtest.h>

#include "tests/scenario/relay/change_rig.h"
#include "tests/scenario/relay/query_rig.h"
#include "tests/scenario/relay/relay_rig.h"

namespace hub::test {
namespace {

using enum smpp::CommandId;
using enum smpp::Status;
using namespace std::chrono_literals;

constexpr std::uint64_t kMemory = 1'000'000'000;
constexpr Duration kLook = 250ms;

relay::Limits Limited() {
  relay::Limits limits;
  limits.overload_octets_max = kMemory;
  limits.overload_lag = 100ms;
  return limits;
}

// Nobody's address is known but those that bound before.
struct OverloadRig : RelayRig {
  explicit OverloadRig(store::Catalog catalog = TwoSuppliers())
      : RelayRig(std::move(catalog), Limited(), access::GuardLimits{}) {
    alpha();
  }
  /// So much of the memory is in use, and the relay has looked.
  void Uses(std::uint64_t percent) {
    resident_octets = kMemory / 100 * percent;
    network.Advance(kLook);
  }
  bool LetsIn(const char* from) {
    return network
        .PeerConnects([this](net::Stream& stream) { return relay->Accept(stream); },
                      limits.esme.stream, {from, 40112})
        .connected();
  }
  /// How often a timer is late in a row.
  void Lags(int looks, Duration by) {
    for (int n = 0; n < looks; ++n) network.Stall(kLook + by);
  }
};

// acme may send 20 at once, and 10 a second.
store::Catalog WithBursts(store::Catalog catalog) {
  catalog.clients[0].rate_per_second = 10;
  catalog.clients[0].rate_burst = 20;
  return catalog;
}

// How many of `count` submits are with a supplier.
std::size_t Taken(OverloadRig& rig, SmppPeer& acme, std::uint32_t count) {
  for (std::uint32_t n = 1; n <= count; ++n) acme.Send(Submit(100 + n));
  std::size_t taken = 0;
  while (rig.alpha().Next()) ++taken;
  return taken;
}

TEST(Overload, WithoutItStrangersComeIn) {
  OverloadRig rig;
  rig.Uses(79);
  EXPECT_TRUE(rig.LetsIn("198.51.100.7"));
  EXPECT_EQ(rig.Count(Metric::loops_overloaded), 0u);
}

TEST(Overload, From80PercentOnStrangersAreClosedAndWhoBoundBeforeComesIn) {
  OverloadRig rig;
  SmppPeer acme = rig.Customer();  // from 192.0.2.7
  rig.Uses(80);
  EXPECT_EQ(rig.Count(Metric::loops_overloaded), 1u);
  EXPECT_FALSE(rig.LetsIn("198.51.100.7"));
  EXPECT_EQ(rig.Count(Metric::connections_overload_refused), 1u);
  EXPECT_TRUE(rig.LetsIn("192.0.2.7"));
  EXPECT_EQ(Taken(rig, acme, 1), 1u) << "who is bound goes on";
  rig.Uses(76);
  EXPECT_FALSE(rig.LetsIn("198.51.100.7")) << "it comes back a little later";
  rig.Uses(74);
  EXPECT_TRUE(rig.LetsIn("198.51.100.7"));
  EXPECT_EQ(rig.Count(Metric::loops_overloaded), 0u);
}

TEST(Overload, WhatCannotBeReadChangesNothing) {
  OverloadRig rig;
  rig.Uses(80);
  rig.Uses(0);
  EXPECT_FALSE(rig.LetsIn("198.51.100.7"));
  rig.Uses(1);
  EXPECT_TRUE(rig.LetsIn("198.51.100.7"));
}

TEST(Overload, WindowsAreHalvedAndGrowBack) {
  store::Catalog catalog = TwoSuppliers();
  catalog.clients[0].window_requests_max = 5;
  OverloadRig rig(std::move(catalog));
  SmppPeer acme = rig.Customer();
  rig.Uses(85);
  EXPECT_EQ(Taken(rig, acme, 5), 3u);
  SmppPeer later = rig.Customer();
  EXPECT_EQ(Taken(rig, later, 5), 3u);
  rig.Uses(10);
  std::size_t taken = 0;
  while (rig.alpha().Next()) ++taken;
  EXPECT_EQ(taken, 4u) << "what waited has its turn at once";
}

TEST(Overload, From90PercentOnClientsHaveNoBurst) {
  OverloadRig rig(WithBursts(TwoSuppliers()));
  SmppPeer acme = rig.Customer();
  rig.Uses(89);
  EXPECT_EQ(Taken(rig, acme, 2), 2u);
  rig.Uses(90);  // 2.5 tokens later
  EXPECT_EQ(Taken(rig, acme, 3), 1u);
  EXPECT_EQ(rig.Count(Metric::throttled), 2u);
  rig.network.Advance(100ms);
  EXPECT_EQ(Taken(rig, acme, 3), 1u) << "the rate itself is theirs";
  rig.Uses(10);
  EXPECT_EQ(Taken(rig, acme, 15), 15u);
}

TEST(Overload, From90PercentOnQuestionsAtSuppliersHaveNoBurstEither) {
  OverloadRig rig(WithBursts(AlphaTells()));
  SmppPeer acme = rig.Customer();
  rig.archive.fates = {AtAlpha()};
  rig.Uses(90);
  for (std::uint32_t n = 1; n <= 3; ++n) acme.Send(QuerySm(n, kAskedText));
  rig.network.Advance(kToldIn);
  EXPECT_EQ(rig.Count(Metric::queries_relayed), 1u);
  EXPECT_EQ(rig.Count(Metric::queries_relayed_full), 2u) << "who hear our own word";
}

TEST(Overload, From90PercentOnChangesHaveNoBurstEither) {
  OverloadRig rig(WithBursts(TwoSuppliers()));
  SmppPeer acme = rig.Customer();
  rig.Uses(90);
  for (std::uint32_t n = 1; n <= 3; ++n) acme.Send(Cancel(n, kAskedText));
  EXPECT_EQ(AnswersTo(acme), std::vector(2, ESME_RTHROTTLED));
  EXPECT_EQ(rig.Count(Metric::throttled), 2u);
  rig.network.Advance(kSettled);
  EXPECT_EQ(AnswersTo(acme), std::vector{ESME_RINVMSGID}) << "the first";
}

TEST(Overload, From95PercentOnEveryMessageIsThrottledAndTheRestGoesOn) {
  OverloadRig rig;
  SmppPeer acme = rig.Customer();
  acme.Send(Submit(2));
  const Pdu submit = *rig.alpha().Next();
  rig.Uses(95);
  acme.Send(Submit(3));
  EXPECT_EQ(acme.Next()->status(), ESME_RTHROTTLED);
  EXPECT_EQ(rig.Count(Metric::rejected_overload), 1u);
  rig.alpha().Answer(submit, ESME_ROK, "7");
  EXPECT_EQ(acme.Next()->status(), ESME_ROK);
  rig.alpha().Send(Receipt(9, "7", "4915112345678", "ACME"));
  EXPECT_EQ(rig.alpha().Next()->status(), ESME_ROK);
  EXPECT_EQ(acme.Next()->id(), deliver_sm);
  rig.Uses(89);
  acme.Send(Submit(4));
  rig.alpha().Answer(*rig.alpha().Next(), ESME_ROK, "8");
  EXPECT_EQ(rig.Count(Metric::messages_accepted), 2u);
  rig.ExpectMoneyBalances();
}

TEST(Overload, ALoopThatLagsForASecondTakesNoStrangers) {
  OverloadRig rig;
  rig.Lags(10, 500ms);
  EXPECT_TRUE(rig.LetsIn("198.51.100.6")) << "all come at once behind a start";
  rig.network.Advance(60s);
  rig.Lags(3, 100ms);
  EXPECT_TRUE(rig.LetsIn("198.51.100.7")) << "a machine may be busy for a moment";
  rig.Lags(3, 49ms);
  rig.Lags(4, 99ms);
  EXPECT_TRUE(rig.LetsIn("198.51.100.8"));
  rig.Lags(4, 100ms);
  EXPECT_FALSE(rig.LetsIn("198.51.100.9"));
  rig.Lags(4, 50ms);
  rig.Lags(3, 49ms);
  EXPECT_FALSE(rig.LetsIn("198.51.100.9"));
  rig.Lags(1, 49ms);
  EXPECT_TRUE(rig.LetsIn("198.51.100.9"));
}

TEST(Overload, WithoutLimitsNobodyLooks) {
  RelayRig rig;
  rig.alpha();
  SmppPeer acme = rig.Customer();
  rig.resident_octets = kMemory * 100;
  rig.network.Advance(10s);
  acme.Send(Submit(2));
  EXPECT_TRUE(rig.alpha().Next());
}

}  // namespace
}  // namespace hub::test
