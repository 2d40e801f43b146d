// A supplier's rate: what it sees in any window of one second, over all its binds, whatever the load.
#include <gtest/gtest.h>

#include <algorithm>

#include "server/base/random.h"
#include "tests/scenario/relay/kept_rig.h"

namespace hub::test {
namespace {

using enum smpp::Status;
using namespace std::chrono_literals;

struct RateCase {
  const char* name;
  store::AnswerMode answer;
  std::int64_t rate, bind_rate;
};

// Alpha alone, with three binds (one of two sessions).
store::Catalog Paced(const RateCase& c) {
  store::Catalog catalog = TwoSuppliers();
  catalog.suppliers[1].enabled = false;
  catalog.suppliers[0].rate_per_second = c.rate;
  for (store::ClientRow& client : catalog.clients) client.answer = c.answer;
  catalog.supplier_binds[0].rate_per_second = c.bind_rate;
  catalog.supplier_binds[0].window_requests_max = 1'000;
  store::SupplierBindRow more = catalog.supplier_binds[0];
  more.bind_id = 298;
  more.port = 1003;
  catalog.supplier_binds.push_back(more);
  more.bind_id = 299;
  more.port = 1004;
  more.sessions = 2;
  catalog.supplier_binds.push_back(more);
  return catalog;
}

std::size_t MostInASecond(const std::vector<TimePoint>& times) {
  std::size_t most = 0;
  for (std::size_t first = 0, end = 0; first < times.size(); ++first) {
    while (end < times.size() && times[end] - times[first] <= 1s) ++end;
    most = std::max(most, end - first);
  }
  return most;
}

struct PacedRig : KeptRig {
  explicit PacedRig(const RateCase& c) : KeptRig(Paced(c)) {
    Supplier(1001);
    Supplier(1003);
    Supplier(1004);
    for (ScriptedPeer* each : network.peers()) {
      if (each->address().port != 1004 || each->connected()) continue;
      each->Accept();
      second = std::make_unique<SmppPeer>(*each);
      second->Send(IdAnswer(smpp::CommandId::bind_transceiver_resp, ESME_ROK, 1, "smsc"));
      second->Next();
    }
  }
  // What came by now, answered at once.
  void Collect() {
    Collect(0, Supplier(1001));
    Collect(1, Supplier(1003));
    Collect(2, Supplier(1004));
    Collect(3, *second);
  }
  void Collect(std::size_t link, SmppPeer& peer) {
    while (const std::optional<Pdu> submit = peer.Next()) {
      seen.push_back(network.clock().Now());
      seen_of[link].push_back(network.clock().Now());
      peer.Answer(*submit, ESME_ROK, "up");
    }
  }

  std::unique_ptr<SmppPeer> second;  // session of the bind with two
  std::vector<TimePoint> seen;
  std::array<std::vector<TimePoint>, 4> seen_of;
};

class AnyLoad : public testing::TestWithParam<RateCase> {};

TEST_P(AnyLoad, IsNeverMoreInAnySecond) {
  const RateCase& c = GetParam();
  PacedRig rig(c);
  SmppPeer acme = rig.Customer();
  Random random(4711);
  std::uint32_t sent = 0;
  for (Duration passed{0}; passed < 8s;) {
    const bool calm = (passed / 1s) % 3 == 2;
    for (std::uint64_t n = random.Below(calm ? 2 : 12); n > 0; --n, ++sent)
      acme.Send(Submit(sent + 2, 0, To(sent)));
    const Duration step{static_cast<std::int64_t>(random.Below(20'000'000)) + 1};
    rig.network.Advance(step);
    passed += step;
    rig.Collect();
  }
  if (c.rate != 0) {
    EXPECT_LE(MostInASecond(rig.seen), static_cast<std::size_t>(c.rate));
    EXPECT_GE(rig.seen.size(), static_cast<std::size_t>(7 * c.rate * 85 / 100)) << "it is reached";
  }
  for (const auto& link : rig.seen_of) {
    if (c.bind_rate == 0) continue;
    EXPECT_FALSE(link.empty());
    EXPECT_LE(MostInASecond(link), static_cast<std::size_t>(c.bind_rate));
  }
}

INSTANTIATE_TEST_SUITE_P(
    Rate, AnyLoad,
    testing::Values(RateCase{"TenUpstream", store::AnswerMode::kUpstream, 10, 0},
                    RateCase{"TenAccepted", store::AnswerMode::kAccepted, 10, 0},
                    RateCase{"HundredUpstream", store::AnswerMode::kUpstream, 100, 0},
                    RateCase{"HundredAccepted", store::AnswerMode::kAccepted, 100, 0},
                    RateCase{"BindUpstream", store::AnswerMode::kUpstream, 0, 20},
                    RateCase{"BothAccepted", store::AnswerMode::kAccepted, 50, 15}),
    [](const auto& each) { return std::string(each.param.name); });

// What it does not read must not lie in our output and leave at once when it does.
TEST(Rate, ASupplierThatReadsAgainSeesNoBurst) {
  PacedRig rig({"", store::AnswerMode::kUpstream, 50, 0});
  SmppPeer acme = rig.Customer();
  const auto alphas = [&] {
    return std::array{&rig.Supplier(1001), &rig.Supplier(1003), &rig.Supplier(1004),
                      rig.second.get()};
  };
  for (SmppPeer* each : alphas()) each->raw().StopReading();
  for (std::uint32_t n = 0; n < 200; ++n) acme.Send(Submit(n + 2, 0, To(n)));
  rig.network.Advance(3s);
  for (SmppPeer* each : alphas()) each->raw().ReadAgain();
  rig.Collect();
  EXPECT_LE(rig.seen.size(), 4u + 1) << "one of each link was on its way, and the next";
  for (int step = 0; step < 500; ++step, rig.network.Advance(10ms)) rig.Collect();
  EXPECT_LE(MostInASecond(rig.seen), 50u + 4);
  EXPECT_EQ(rig.seen.size(), 200u);
  EXPECT_EQ(AnswersTo(acme), std::vector(200, ESME_ROK));
}

TEST(Rate, WhatIsOursDrainsAtTheRateAndNoLoopIsBusy) {
  PacedRig rig({"", store::AnswerMode::kAccepted, 50, 0});
  SmppPeer acme = rig.Customer();
  for (std::uint32_t n = 0; n < 300; ++n) rig.Accepted(acme, Submit(n + 2, 0, To(n)));
  const std::uint64_t turns = rig.Count(Metric::loop_turns);
  for (int step = 0; step < 700; ++step, rig.network.Advance(10ms)) rig.Collect();
  EXPECT_EQ(rig.seen.size(), 300u);
  EXPECT_GE(rig.seen[250] - rig.seen[0], 5s);
  EXPECT_LE(rig.Count(Metric::loop_turns) - turns, 7u * 1'000);
  EXPECT_TRUE(rig.Queue().empty());
  rig.ExpectMoneyBalances();
}

TEST(Rate, AnOtpPassesACampaignThatWaitsForIt) {
  store::Catalog catalog = AlphaAlone();
  catalog.suppliers[0].rate_per_second = 5;
  catalog.clients[0].message_class = "promo";
  catalog.clients[1].message_class = "otp";
  KeptRig rig(catalog);
  rig.alpha();
  SmppPeer campaign = rig.Customer("acme"), bank = rig.Customer("other");
  for (std::uint32_t n = 0; n < 50; ++n) rig.Accepted(campaign, Submit(n + 2, 0, To(n)));
  rig.Accepted(bank, Submit(2, 0, "4915199999999"));
  std::vector<std::string> first;
  while (first.size() < 3) {
    rig.network.Advance(10ms);
    if (const std::string to = rig.TakeNext(rig.alpha()); !to.empty()) first.push_back(to);
  }
  EXPECT_EQ(first[2], "4915199999999") << "one was there, one was on its way";
}

TEST(Rate, WhoWouldWaitTooLongForItTakesTheNextRouteAtOnce) {
  store::Catalog catalog = TwoSuppliers();
  catalog.suppliers[0].rate_per_second = 2;  // twenty in the ten seconds that it may take to answer
  KeptRig rig(catalog);
  rig.alpha();
  rig.beta();
  SmppPeer acme = rig.Customer();
  for (std::uint32_t n = 0; n < 30; ++n) acme.Send(Submit(n + 2, 0, To(n)));
  rig.network.Advance(20ms);
  int of_beta = 0;
  while (!rig.TakeNext(rig.beta()).empty()) ++of_beta;
  EXPECT_GE(of_beta, 9);
  EXPECT_LE(of_beta, 10);
}

TEST(Rate, AChangedRateIsInForceAtOnceAndNoBindIsLost) {
  KeptRig rig(AlphaAlone());
  rig.alpha();
  SmppPeer acme = rig.Customer();
  store::Catalog catalog = AlphaAlone();
  catalog.suppliers[0].rate_per_second = 1;
  rig.Use(catalog);
  ASSERT_TRUE(rig.alpha().connected());
  for (std::uint32_t n = 0; n < 5; ++n) rig.Accepted(acme, Submit(n + 2, 0, To(n)));
  EXPECT_EQ(rig.TakeAll(rig.alpha(), 3'500ms).size(), 4u);
}

}  // namespace
}  // namespace hub::test
