// A supplier that answers ESME_RTHROTTLED: its bind pauses and grows back, nothing is lost, order is kept, nobody hammers.
#include <gtest/gtest.h>

#include "tests/scenario/relay/kept_rig.h"

namespace hub::test {
namespace {

using enum smpp::Status;
using namespace std::chrono_literals;

// Of every one that comes while time passes, answered so.
std::vector<std::string> AnswerAll(RelayRig& rig, SmppPeer& supplier, smpp::Status status,
                                   Duration during, Duration step = 10ms) {
  std::vector<std::string> seen;
  for (Duration passed{0}; passed < during; passed += step, rig.network.Advance(step)) {
    while (const std::optional<Pdu> submit = supplier.Next()) {
      seen.emplace_back(submit->view().destination_addr);
      supplier.Answer(*submit, status, "up");
    }
  }
  return seen;
}

std::vector<std::string> Numbers(std::uint32_t first, std::uint32_t end) {
  std::vector<std::string> numbers;
  for (; first < end; ++first) numbers.push_back(To(first));
  return numbers;
}

relay::Throttle ThrottleOfAlpha(RelayRig& rig) {
  return rig.relay->front().snapshot()->suppliers[0].links[0]->throttle;
}

class Statuses : public testing::TestWithParam<smpp::Status> {};

TEST_P(Statuses, PauseTheBindAndTheMessageGoesAgainWithRecordsOfItsOwn) {
  store::Catalog catalog = TwoSuppliers();
  catalog.suppliers[0].statuses[0x401] = store::StatusClass::kThrottle;
  KeptRig rig(catalog);
  rig.alpha();
  rig.beta();
  SmppPeer acme = rig.Customer();
  acme.Send(Submit(2));
  ASSERT_TRUE(rig.Answers(rig.alpha(), GetParam()));
  EXPECT_EQ(ThrottleOfAlpha(rig), relay::Throttle::kPaused);
  EXPECT_EQ(rig.Count(Metric::binds_paused), 1u);
  rig.network.Advance(990ms);
  EXPECT_FALSE(rig.alpha().Next());
  EXPECT_FALSE(rig.beta().Next()) << "a pause is no reason to pay more";
  rig.network.Advance(60ms);
  EXPECT_EQ(rig.TakeNext(rig.alpha()), "4915112345678");
  EXPECT_EQ(acme.Next()->status(), ESME_ROK);
  EXPECT_EQ(ThrottleOfAlpha(rig), relay::Throttle::kNone);
  EXPECT_EQ(rig.Count(Metric::binds_paused), 0u);
  ASSERT_EQ(rig.All<store::HandedRecord>().size(), 2u);
  const auto attempts = rig.All<store::AttemptRecord>();
  ASSERT_EQ(attempts.size(), 2u);
  EXPECT_EQ(attempts[0].command_status, static_cast<std::uint32_t>(GetParam()));
  EXPECT_EQ(attempts[0].attempt_no, 1);
  EXPECT_EQ(attempts[1].attempt_no, 2);
  EXPECT_EQ(rig.Count(Metric::throttle_retries), 1u);
  EXPECT_EQ(rig.Count(Metric::failovers), 0u);
  rig.ExpectMoneyBalances();
}

INSTANTIATE_TEST_SUITE_P(Throttle, Statuses,
                         testing::Values(ESME_RTHROTTLED, ESME_RMSGQFUL, smpp::Status{0x401}),
                         [](const auto& each) {
                           return "Status" + std::to_string(static_cast<unsigned>(each.param));
                         });

TEST(Throttle, KeepsTheOrderAndSendsNothingTwice) {
  store::Catalog catalog = UpstreamAlphaAlone();
  catalog.supplier_binds[0].window_requests_max = 5;
  KeptRig rig(catalog);
  rig.alpha();
  SmppPeer acme = rig.Customer();
  for (std::uint32_t n = 0; n < 10; ++n) acme.Send(Submit(n + 2, 0, To(n)));
  for (int n = 0; n < 5; ++n) ASSERT_TRUE(rig.Answers(rig.alpha(), ESME_RTHROTTLED));
  EXPECT_FALSE(rig.alpha().Next());
  EXPECT_EQ(AnswerAll(rig, rig.alpha(), ESME_ROK, 9s), Numbers(0, 10));
  EXPECT_EQ(AnswersTo(acme), std::vector(10, ESME_ROK));
  EXPECT_EQ(rig.Count(Metric::throttle_pauses), 1u);
  rig.ExpectMoneyBalances();
}

TEST(Throttle, AnswersThatComeBackInAnotherOrderChangeNone) {
  KeptRig rig(UpstreamAlphaAlone());
  SmppPeer& alpha = rig.alpha();
  SmppPeer acme = rig.Customer();
  for (std::uint32_t n = 0; n < 4; ++n) acme.Send(Submit(n + 2, 0, To(n)));
  std::vector<Pdu> submits;
  while (const auto submit = alpha.Next()) submits.push_back(*submit);
  ASSERT_EQ(submits.size(), 4u);
  for (const std::size_t n : {2, 0, 3, 1}) alpha.Answer(submits[n], ESME_RTHROTTLED, "");
  EXPECT_EQ(AnswerAll(rig, alpha, ESME_ROK, 9s), Numbers(0, 4));
}

TEST(Throttle, TheCustomerIsToldWhenItsTimeIsOver) {
  KeptRig rig(UpstreamAlphaAlone());
  rig.alpha();
  SmppPeer acme = rig.Customer();
  acme.Send(Submit(2));
  ASSERT_TRUE(rig.Answers(rig.alpha(), ESME_RTHROTTLED));
  EXPECT_LE(AnswerAll(rig, rig.alpha(), ESME_RTHROTTLED, 9'900ms).size(), 9u);
  EXPECT_FALSE(acme.Next());
  AnswerAll(rig, rig.alpha(), ESME_RTHROTTLED, 1s);
  EXPECT_EQ(AnswersTo(acme), std::vector{ESME_RTHROTTLED});
  rig.ExpectMoneyBalances();
}

TEST(Throttle, WhoPausesIsAskedYetWhenTheOthersFail) {
  KeptRig rig(TwoSuppliers());
  rig.alpha();
  rig.beta();
  SmppPeer acme = rig.Customer();
  acme.Send(Submit(2, 0, To(1)));
  ASSERT_TRUE(rig.Answers(rig.alpha(), ESME_RTHROTTLED));
  acme.Send(Submit(3, 0, To(2)));
  ASSERT_TRUE(rig.Answers(rig.beta(), ESME_RSYSERR));
  EXPECT_EQ(AnswerAll(rig, rig.alpha(), ESME_ROK, 2'500ms), (std::vector{To(1), To(2)}));
  EXPECT_EQ(AnswersTo(acme), (std::vector{ESME_ROK, ESME_ROK}));
}

TEST(Throttle, TheNextRouteHasItWhenItsTimeIsOver) {
  KeptRig rig(TwoSuppliers());
  rig.alpha();
  rig.beta();
  SmppPeer acme = rig.Customer();
  acme.Send(Submit(2));
  AnswerAll(rig, rig.alpha(), ESME_RTHROTTLED, 9'900ms);
  EXPECT_FALSE(rig.beta().Next());
  AnswerAll(rig, rig.alpha(), ESME_RTHROTTLED, 1'200ms);
  EXPECT_EQ(rig.TakeNext(rig.beta()), "4915112345678");
  EXPECT_EQ(AnswersTo(acme), std::vector{ESME_ROK});
  for (std::uint32_t n = 3; n < 6; ++n) acme.Send(Submit(n, 0, To(n)));
  EXPECT_LE(AnswerAll(rig, rig.alpha(), ESME_RTHROTTLED, 20ms).size(), 1u) << "one may ask";
  std::vector<std::string> seen;
  for (std::string to; !(to = rig.TakeNext(rig.beta())).empty();) seen.push_back(to);
  EXPECT_EQ(seen.size(), 3u) << "nobody waits for who throttles so long";
  std::size_t taken = 0;
  for (std::uint32_t n = 6; n < 12; ++n) {
    acme.Send(Submit(n, 0, To(n)));
    taken += AnswerAll(rig, rig.alpha(), ESME_ROK, 1'200ms).size();
  }
  EXPECT_GE(taken, 5u) << "and nobody forgets it";
}

class Meanwhile : public testing::TestWithParam<store::AnswerMode> {};

TEST_P(Meanwhile, NewMessagesTakeTheNextRouteAndComeBackBehindThePause) {
  store::Catalog catalog = TwoSuppliers();
  catalog.clients[0].answer = GetParam();
  KeptRig rig(catalog);
  rig.alpha();
  rig.beta();
  SmppPeer acme = rig.Customer();
  acme.Send(Submit(2, 0, To(1)));
  ASSERT_TRUE(rig.Answers(rig.alpha(), ESME_RTHROTTLED));
  acme.Send(Submit(3, 0, To(2)));
  EXPECT_EQ(rig.TakeNext(rig.beta()), To(2));
  EXPECT_EQ(AnswerAll(rig, rig.alpha(), ESME_ROK, 1'200ms), std::vector{To(1)});
  acme.Send(Submit(4, 0, To(3)));
  EXPECT_EQ(AnswerAll(rig, rig.alpha(), ESME_ROK, 1'200ms), std::vector{To(3)});
  EXPECT_FALSE(rig.beta().Next());
}

INSTANTIATE_TEST_SUITE_P(Throttle, Meanwhile,
                         testing::Values(store::AnswerMode::kUpstream,
                                         store::AnswerMode::kAccepted),
                         [](const auto& each) {
                           return each.param == store::AnswerMode::kUpstream ? "Upstream"
                                                                             : "Accepted";
                         });

TEST(Throttle, AnotherBindOfTheSupplierTakesItMeanwhile) {
  store::Catalog catalog = UpstreamAlphaAlone();
  store::SupplierBindRow second = catalog.supplier_binds[0];
  second.bind_id = 299;
  second.port = 1003;
  catalog.supplier_binds.push_back(second);
  KeptRig rig(catalog);
  rig.alpha();
  rig.Supplier(1003);
  SmppPeer acme = rig.Customer();
  acme.Send(Submit(2));
  ASSERT_TRUE(rig.Answers(rig.alpha(), ESME_RTHROTTLED));
  EXPECT_EQ(rig.TakeNext(rig.Supplier(1003)), "4915112345678");
  EXPECT_EQ(AnswersTo(acme), std::vector{ESME_ROK});
}

class WhoThrottlesAll : public testing::TestWithParam<store::AnswerMode> {};

TEST_P(WhoThrottlesAll, SeesOneSubmitASecondBehindTheFirstWindow) {
  store::Catalog catalog = UpstreamAlphaAlone();
  catalog.clients[0].answer = GetParam();
  catalog.supplier_binds[0].window_requests_max = 20;
  KeptRig rig(catalog);
  rig.alpha();
  SmppPeer acme = rig.Customer();
  for (std::uint32_t n = 0; n < 60; ++n) acme.Send(Submit(n + 2, 0, To(n)));
  const std::size_t first = AnswerAll(rig, rig.alpha(), ESME_RTHROTTLED, 10ms).size();
  EXPECT_EQ(first, 20u);
  for (std::uint32_t minute = 0; minute < 2; ++minute) {
    std::size_t seen = 0;
    for (int second = 0; second < 60; ++second) {
      acme.Send(Submit(1'000 * minute + 100 + static_cast<std::uint32_t>(second), 0, To(77)));
      const std::size_t now = AnswerAll(rig, rig.alpha(), ESME_RTHROTTLED, 1s).size();
      EXPECT_LE(now, 1u) << "minute " << minute << " second " << second;
      seen += now;
    }
    EXPECT_GE(seen, 10u) << "it goes on asking";
  }
  rig.ExpectMoneyBalances();
}

INSTANTIATE_TEST_SUITE_P(Throttle, WhoThrottlesAll,
                         testing::Values(store::AnswerMode::kUpstream,
                                         store::AnswerMode::kAccepted),
                         [](const auto& each) {
                           return each.param == store::AnswerMode::kUpstream ? "Upstream"
                                                                             : "Accepted";
                         });

TEST(Throttle, WhatIsOursGoesAgainInItsOrderAndAnOtpBeforeIt) {
  store::Catalog catalog = AlphaAlone();
  catalog.supplier_binds[0].window_requests_max = 5;
  catalog.clients[0].message_class = "promo";
  catalog.clients[1].message_class = "otp";
  KeptRig rig(catalog);
  rig.alpha();
  SmppPeer campaign = rig.Customer("acme"), bank = rig.Customer("other");
  for (std::uint32_t n = 0; n < 10; ++n) rig.Accepted(campaign, Submit(n + 2, 0, To(n)));
  for (int n = 0; n < 5; ++n) ASSERT_TRUE(rig.Answers(rig.alpha(), ESME_RTHROTTLED));
  rig.Accepted(bank, Submit(2, 0, "4915199999999"));
  std::vector<std::string> wanted = Numbers(0, 10);
  wanted.insert(wanted.begin(), "4915199999999");
  EXPECT_EQ(AnswerAll(rig, rig.alpha(), ESME_ROK, 20s), wanted);
  EXPECT_TRUE(rig.Queue().empty());
  rig.ExpectMoneyBalances();
}

TEST(Throttle, WhatIsOursIsNeverLostHoweverLongItTakes) {
  KeptRig rig(AlphaAlone());
  rig.alpha();
  SmppPeer acme = rig.Customer();
  for (std::uint32_t n = 0; n < 50; ++n) rig.Accepted(acme, Submit(n + 2, 0, To(n)));
  AnswerAll(rig, rig.alpha(), ESME_RTHROTTLED, 10min, 50ms);
  EXPECT_EQ(rig.Queue().size(), 50u);
  EXPECT_EQ(rig.TakeAll(rig.alpha(), 4h).size(), 50u);
  EXPECT_TRUE(rig.Queue().empty());
  rig.ExpectMoneyBalances();
}

TEST(Throttle, ALostLinkThatComesBackIsAskedBeforeItIsTrusted) {
  KeptRig rig(UpstreamAlphaAlone());
  rig.alpha();
  SmppPeer acme = rig.Customer();
  for (std::uint32_t n = 0; n < 10; ++n) acme.Send(Submit(n + 2, 0, To(n)));
  for (int n = 0; n < 10; ++n) ASSERT_TRUE(rig.Answers(rig.alpha(), ESME_RTHROTTLED));
  rig.alpha().raw().Break();
  rig.network.RunUntilQuiet();
  SmppPeer& again = rig.Returns(1001);
  AnswersTo(acme);
  for (std::uint32_t n = 0; n < 10; ++n) acme.Send(Submit(n + 20, 0, To(n)));
  rig.network.Advance(50ms);
  ASSERT_TRUE(again.Next());
  EXPECT_FALSE(again.Next());
}

// What goes first is in the order of its age; who came late to this supplier, though older, is patient longer.
TEST(Throttle, AMessagesPatienceEndsThoughAnOlderOneStandsBeforeIt) {
  store::Catalog catalog = TwoSuppliers();
  catalog.rates[2].price = Nano{10'000'000};  // beta is the cheaper one, and full with one message
  catalog.supplier_binds[1].window_requests_max = 1;
  relay::Limits limits = Patient();
  limits.link_queue_messages_max = 0;
  limits.throttle_pause = 30s;
  KeptRig rig(catalog, limits);
  rig.alpha();
  rig.beta();
  SmppPeer acme = rig.Customer();
  acme.Send(Submit(2, 0, To(1)));
  const Pdu older = *rig.beta().Next();
  acme.Send(Submit(3, 0, To(2)));
  const Pdu younger = *rig.alpha().Next();
  rig.network.Advance(5s);
  rig.beta().Answer(older, ESME_RMSGQFUL, "");
  const Pdu older_again = *rig.alpha().Next();
  rig.alpha().Answer(younger, ESME_RTHROTTLED, "");
  rig.alpha().Answer(older_again, ESME_RTHROTTLED, "");
  rig.network.Advance(4'900ms);
  EXPECT_TRUE(AnswersTo(acme).empty());
  rig.network.Advance(200ms);
  const std::optional<Pdu> answer = acme.Next();
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->sequence_number(), 3u);
  EXPECT_EQ(answer->status(), ESME_RTHROTTLED);
  EXPECT_FALSE(acme.Next());
}

}  // namespace
}  // namespace hub::test
