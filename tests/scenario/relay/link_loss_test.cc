// The loss of a supplier's link with messages outstanding, sentence by sentence of the conformance notes, §17 and §19.13.
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/scenario/relay/kept_rig.h"

namespace hub::test {
namespace {

using enum smpp::Status;
using namespace std::chrono_literals;

std::vector<std::string> AllOf(SmppPeer& supplier) {
  std::vector<std::string> numbers;
  while (const std::optional<Pdu> submit = supplier.Next())
    numbers.emplace_back(submit->view().destination_addr);
  return numbers;
}

void Lose(RelayRig& rig, SmppPeer& supplier) {
  supplier.raw().Break();
  rig.network.RunUntilQuiet();
}

// Alpha has acme's message, which is not answered yet.
struct SentRig : KeptRig {
  explicit SentRig(const store::Catalog& catalog) : KeptRig(catalog), acme(BoundLast(catalog)) {
    acme.Send(Submit(2, 0, To(1)));
    EXPECT_TRUE(alpha().Next());
  }
  SmppPeer acme;

 private:
  SmppPeer BoundLast(const store::Catalog& catalog) {
    alpha();
    if (catalog.suppliers[1].enabled) beta();
    return Customer();
  }
};

// And lost its link with it.
struct LostRig : SentRig {
  explicit LostRig(const store::Catalog& catalog) : SentRig(catalog) { Lose(*this, alpha()); }
};

store::Catalog Failing(std::size_t supplier, store::Catalog catalog = TwoSuppliers()) {
  catalog.suppliers[supplier].on_link_lost = store::OnLinkLost::kFail;
  return catalog;
}

// What acme asks for.
store::Catalog AskedBy(store::OnLinkLost asked, store::Catalog catalog = TwoSuppliers()) {
  catalog.clients[0].on_link_lost = asked;
  return catalog;
}

struct OnceMoreCase {
  const char* name;
  store::Catalog catalog;
};
void PrintTo(const OnceMoreCase& c, std::ostream* os) { *os << c.name; }
class WhatWasSent : public testing::TestWithParam<OnceMoreCase> {};

TEST_P(WhatWasSent, IsSentOnceMoreAndMarked) {
  LostRig rig(GetParam().catalog);
  EXPECT_EQ(rig.TakeNext(rig.beta()), To(1));
  EXPECT_EQ(AnswersTo(rig.acme), std::vector{ESME_ROK});
  const auto handed = rig.All<store::HandedRecord>();
  ASSERT_EQ(handed.size(), 2u);
  EXPECT_FALSE(handed[0].possible_duplicate);
  EXPECT_TRUE(handed[1].possible_duplicate);
  rig.ExpectMoneyBalances();
}

// The supplier that may have it is asked whether, and not the next one.
INSTANTIATE_TEST_SUITE_P(Suppliers, WhatWasSent,
                         testing::Values(OnceMoreCase{"ByEither", TwoSuppliers()},
                                         OnceMoreCase{"ByOneThatSaysFailOfItsOwn", Failing(1)}),
                         [](const auto& c) { return std::string(c.param.name); });

TEST(LinkLoss, AndNeverAThirdTime) {
  LostRig rig(TwoSuppliers());
  ASSERT_TRUE(rig.beta().Next());
  SmppPeer& again = rig.Returns(1001);
  Lose(rig, rig.beta());
  EXPECT_TRUE(AllOf(again).empty());
  EXPECT_EQ(AnswersTo(rig.acme), std::vector{ESME_RSYSERR});
  rig.network.Advance(30s);
  EXPECT_TRUE(AnswersTo(rig.acme).empty()) << "one answer";
  rig.ExpectMoneyBalances();
}

TEST(LinkLoss, NotByTheNextRouteEitherWhenTwoBindsOfASupplierDied) {
  store::Catalog catalog = TwoSuppliers();
  store::SupplierBindRow sister = catalog.supplier_binds[0];
  sister.bind_id = 299;
  sister.port = 1003;
  catalog.supplier_binds.push_back(sister);
  KeptRig rig(catalog);
  SmppPeer& first = rig.alpha();
  SmppPeer& second = rig.Supplier(1003);
  rig.beta();
  SmppPeer acme = rig.Customer();
  acme.Send(Submit(2, 0, To(1)));
  ASSERT_TRUE(first.Next());
  Lose(rig, first);
  ASSERT_TRUE(second.Next());
  Lose(rig, second);
  rig.network.Advance(1s);
  EXPECT_TRUE(AllOf(rig.beta()).empty());
  EXPECT_EQ(AnswersTo(acme), std::vector{ESME_RSYSERR});
  rig.ExpectMoneyBalances();
}

// It does not read either: what it was told of its last request waits for it, and the end of the session for that.
TEST(LinkLoss, ABindThatWeEndIsNoRouteFromThenOn) {
  store::Catalog catalog = UpstreamAlphaAlone();
  store::SupplierBindRow sister = catalog.supplier_binds[0];
  sister.bind_id = 299;
  sister.port = 1003;
  catalog.supplier_binds.push_back(sister);
  relay::Limits limits = Patient();
  limits.smsc.bad_pdus_max = 3;
  KeptRig rig(catalog, limits);
  SmppPeer& first = rig.alpha();
  SmppPeer& second = rig.Supplier(1003);
  SmppPeer acme = rig.Customer();
  first.raw().StopReading();
  for (std::uint32_t n = 31; n < 34; ++n) first.Send(Bare(smpp::CommandId{0x99}, n));
  ASSERT_TRUE(first.connected()) << "its last octets wait";
  acme.Send(Submit(2, 0, To(1)));
  EXPECT_EQ(rig.TakeNext(second), To(1));
  EXPECT_EQ(AnswersTo(acme), std::vector{ESME_ROK});
  EXPECT_EQ(rig.All<store::HandedRecord>().size(), 1u) << "nobody else was asked";
  rig.network.Advance(5s);
  EXPECT_FALSE(first.connected());
  rig.ExpectMoneyBalances();
}

TEST(LinkLoss, WithoutAnotherRouteItWaitsForTheLinkWithinTheResponseTime) {
  LostRig rig(UpstreamAlphaAlone());
  EXPECT_TRUE(AnswersTo(rig.acme).empty());
  SmppPeer& again = rig.Returns(1001);
  rig.network.Advance(100ms);
  EXPECT_EQ(rig.TakeNext(again), To(1));
  EXPECT_EQ(AnswersTo(rig.acme), std::vector{ESME_ROK});
  rig.ExpectMoneyBalances();
}

TEST(LinkLoss, ElseItsClientIsToldThatNobodyKnows) {
  LostRig rig(UpstreamAlphaAlone());
  rig.network.Advance(9'900ms);
  EXPECT_TRUE(AnswersTo(rig.acme).empty());
  rig.network.Advance(200ms);
  EXPECT_EQ(AnswersTo(rig.acme), std::vector{ESME_RSYSERR});
  SmppPeer& again = rig.Returns(1001);
  rig.network.Advance(1min);
  EXPECT_TRUE(AllOf(again).empty());
  EXPECT_TRUE(AnswersTo(rig.acme).empty());
  rig.ExpectMoneyBalances();
}

// §17: "or failed 0x08: per route".
TEST(LinkLoss, WhoseSupplierSaysFailIsToldAtOnceAndNothingIsSentAgain) {
  LostRig rig(Failing(0));
  EXPECT_EQ(AnswersTo(rig.acme), std::vector{ESME_RSYSERR});
  SmppPeer& again = rig.Returns(1001);
  rig.network.Advance(1min);
  EXPECT_TRUE(AllOf(again).empty());
  EXPECT_TRUE(AllOf(rig.beta()).empty());
  EXPECT_TRUE(AnswersTo(rig.acme).empty()) << "one answer";
  EXPECT_TRUE(rig.All<store::MessageRecord>().empty()) << "it was not accepted, and costs nothing";
  ASSERT_EQ(rig.All<store::AttemptRecord>().size(), 1u);
  EXPECT_EQ(rig.All<store::AttemptRecord>()[0].result, store::AttemptResult::kLinkLost);
  rig.ExpectMoneyBalances();
}

// §17: "re-send only if the client asked for nothing stricter".
TEST(LinkLoss, WhoseClientAsksForFailIsToldAtOnceAndAnotherIsNot) {
  store::Catalog catalog = TwoSuppliers();
  catalog.clients[0].on_link_lost = store::OnLinkLost::kFail;
  KeptRig rig(catalog);
  rig.alpha();
  SmppPeer& beta = rig.beta();
  SmppPeer acme = rig.Customer();
  SmppPeer other = rig.Customer("other");
  acme.Send(Submit(2, 0, To(1)));
  other.Send(Submit(2, 0, To(2)));
  EXPECT_EQ(AllOf(rig.alpha()), (std::vector{To(1), To(2)}));
  Lose(rig, rig.alpha());
  EXPECT_EQ(AnswersTo(acme), std::vector{ESME_RSYSERR});
  EXPECT_EQ(rig.TakeNext(beta), To(2));
  EXPECT_EQ(AnswersTo(other), std::vector{ESME_ROK});
  SmppPeer& again = rig.Returns(1001);
  rig.network.Advance(1min);
  EXPECT_TRUE(AllOf(again).empty());
  EXPECT_TRUE(AllOf(beta).empty());
  EXPECT_TRUE(AnswersTo(acme).empty()) << "one answer";
  rig.ExpectMoneyBalances();
}

TEST(LinkLoss, AClientThatAsksForNothingStricterChangesNothingAboutASupplierThatSaysFail) {
  LostRig rig(AskedBy(store::OnLinkLost::kResend, Failing(0)));
  EXPECT_EQ(AnswersTo(rig.acme), std::vector{ESME_RSYSERR});
  EXPECT_TRUE(AllOf(rig.beta()).empty());
}

TEST(LinkLoss, WhatAClientAskedForHoldsWhenItsRowIsGone) {
  store::Catalog catalog = AskedBy(store::OnLinkLost::kFail);
  SentRig rig(catalog);
  catalog.clients.erase(catalog.clients.begin());
  catalog.mo_routes.clear();
  rig.Use(catalog);
  Lose(rig, rig.alpha());
  rig.network.Advance(1min);
  EXPECT_TRUE(AllOf(rig.beta()).empty());
}

TEST(LinkLoss, WhatAClientAsksForHoldsSinceTheReload) {
  SentRig rig(TwoSuppliers());
  rig.Use(AskedBy(store::OnLinkLost::kFail));
  Lose(rig, rig.alpha());
  EXPECT_EQ(AnswersTo(rig.acme), std::vector{ESME_RSYSERR});
  EXPECT_TRUE(AllOf(rig.beta()).empty());
}

TEST(LinkLoss, WhatWasNotSentGoesElsewhereWhateverItsSupplierSaysOfWhatWas) {
  store::Catalog catalog = Failing(0);
  catalog.supplier_binds[0].window_requests_max = 1;
  KeptRig rig(catalog);
  rig.alpha();
  rig.beta();
  SmppPeer acme = rig.Customer();
  for (std::uint32_t n = 0; n < 2; ++n) acme.Send(Submit(n + 2, 0, To(n)));
  EXPECT_EQ(AllOf(rig.alpha()), std::vector{To(0)});
  const std::vector<std::string> before = rig.TakeAll(rig.beta(), 0ms);
  Lose(rig, rig.alpha());
  std::vector<std::string> seen = rig.TakeAll(rig.beta(), 100ms);
  seen.insert(seen.end(), before.begin(), before.end());
  EXPECT_EQ(seen, std::vector{To(1)});
  std::vector<smpp::Status> told = AnswersTo(acme);
  std::sort(told.begin(), told.end());
  EXPECT_EQ(told, (std::vector{ESME_ROK, ESME_RSYSERR}));
  rig.ExpectMoneyBalances();
}

TEST(LinkLoss, WhatWasNotSentIsQueuedAgainAndIsNoDuplicate) {
  store::Catalog catalog = UpstreamAlphaAlone();
  catalog.supplier_binds[0].window_requests_max = 1;
  KeptRig rig(catalog);
  rig.alpha();
  SmppPeer acme = rig.Customer();
  for (std::uint32_t n = 0; n < 3; ++n) acme.Send(Submit(n + 2, 0, To(n)));
  EXPECT_EQ(AllOf(rig.alpha()), std::vector{To(0)});
  Lose(rig, rig.alpha());
  SmppPeer& again = rig.Returns(1001);
  rig.network.Advance(100ms);
  std::vector<std::string> seen;
  for (std::string to; !(to = rig.TakeNext(again)).empty();) seen.push_back(to);
  std::sort(seen.begin(), seen.end());
  EXPECT_EQ(seen, (std::vector{To(0), To(1), To(2)}));
  EXPECT_EQ(AnswersTo(acme), std::vector(3, ESME_ROK));
  int duplicates = 0;
  for (const auto& handed : rig.All<store::HandedRecord>())
    duplicates += handed.possible_duplicate ? 1 : 0;
  EXPECT_EQ(duplicates, 1);
  rig.ExpectMoneyBalances();
}

TEST(LinkLoss, AClientThatIsGoneChangesNothingAboutWhatTheSupplierTook) {
  KeptRig rig(UpstreamAlphaAlone());
  rig.alpha();
  SmppPeer acme = rig.Customer();
  acme.Send(Submit(2, 0, To(1)));
  const Pdu submit = *rig.alpha().Next();
  acme.raw().Hangup();
  rig.network.RunUntilQuiet();
  rig.alpha().Answer(submit, ESME_ROK, "up-1");
  ASSERT_EQ(rig.All<store::MessageRecord>().size(), 1u);
  EXPECT_EQ(rig.Last<store::AttemptRecord>().upstream_id, "up-1");
  rig.ExpectMoneyBalances();
}

class WhatIsOurs : public testing::TestWithParam<store::OnLinkLost> {};

// It goes by on_unknown alone.
TEST_P(WhatIsOurs, IsSentOnceMoreAtMostEvenWhenItsSupplierSaysResend) {
  store::Catalog catalog = AlphaAlone();
  catalog.suppliers[0].on_link_lost = GetParam();
  catalog.suppliers[0].on_unknown = store::OnUnknown::kResend;
  catalog.clients[0].on_link_lost = GetParam();
  KeptRig rig(catalog);
  rig.alpha();
  SmppPeer acme = rig.Customer();
  rig.Accepted(acme, Submit(2, 0, To(1)));
  ASSERT_TRUE(rig.alpha().Next());
  Lose(rig, rig.alpha());
  SmppPeer& second = rig.Returns(1001);
  rig.network.Advance(10s);
  EXPECT_EQ(AllOf(second), std::vector{To(1)});
  Lose(rig, second);
  SmppPeer& third = rig.Returns(1001);
  rig.network.Advance(10min);
  EXPECT_TRUE(AllOf(third).empty());
  ASSERT_EQ(rig.Queue().size(), 1u) << "held: its receipt may come";
  EXPECT_EQ(rig.Queue()[0].next_at_us, INT64_MAX);
}

INSTANTIATE_TEST_SUITE_P(OnLinkLost, WhatIsOurs,
                         testing::Values(store::OnLinkLost::kResend, store::OnLinkLost::kFail),
                         [](const auto& c) {
                           return c.param == store::OnLinkLost::kFail ? "Fail" : "Resend";
                         });

// It is silent: what it owes an answer to ends by its own time, and what comes then takes the other route.
TEST(LinkLoss, AHalfOpenLinkIsFoundOutAndNewMessagesGoElsewhere) {
  relay::Limits limits = Patient();
  limits.smsc.enquire_link_interval = 30s;
  limits.smsc.enquire_link_misses_max = 2;
  KeptRig rig(TwoSuppliers(), limits);
  SmppPeer& alpha = rig.alpha();
  SmppPeer& beta = rig.beta();
  SmppPeer acme = rig.Customer();
  for (int second = 0; second < 51; ++second) {
    rig.network.Advance(1s);
    while (const std::optional<Pdu> asked = beta.Next())
      beta.Send(Bare(smpp::CommandId::enquire_link_resp, asked->sequence_number()));
  }
  EXPECT_FALSE(alpha.connected());
  EXPECT_TRUE(beta.connected());
  acme.Send(Submit(2, 0, To(1)));
  EXPECT_EQ(rig.TakeNext(beta), To(1));
  EXPECT_EQ(AnswersTo(acme), std::vector{ESME_ROK});
}

// What it has it may answer yet; what it has not goes elsewhere without waiting for that.
TEST(LinkLoss, ASupplierThatUnbindsAnswersWhatItHasAndGetsNothingNew) {
  store::Catalog catalog = TwoSuppliers();
  catalog.supplier_binds[0].window_requests_max = 2;
  KeptRig rig(catalog);
  SmppPeer& alpha = rig.alpha();
  SmppPeer& beta = rig.beta();
  SmppPeer acme = rig.Customer();
  for (std::uint32_t n = 0; n < 3; ++n) acme.Send(Submit(n + 2, 0, To(n)));
  const Pdu first = *alpha.Next(), second = *alpha.Next();
  EXPECT_EQ(rig.TakeNext(beta), "") << "the third one waits for alpha's window";
  Octets both = Bare(smpp::CommandId::unbind, 40);
  const Octets answer =
      IdAnswer(smpp::CommandId::submit_sm_resp, ESME_ROK, first.sequence_number(), "up-1");
  both.insert(both.end(), answer.begin(), answer.end());
  alpha.Send(both);
  EXPECT_EQ(rig.TakeNext(beta), To(2));
  acme.Send(Submit(9, 0, To(9)));
  EXPECT_EQ(rig.TakeNext(beta), To(9));
  EXPECT_EQ(AnswersTo(acme), std::vector(3, ESME_ROK));
  EXPECT_FALSE(alpha.Next()) << "nothing new, and no unbind_resp yet";
  rig.network.Advance(Patient().smsc.unbind_grace);
  EXPECT_EQ(alpha.Next()->octets, Bare(smpp::CommandId::unbind_resp, 40));
  EXPECT_FALSE(alpha.connected());
  EXPECT_EQ(rig.TakeNext(beta), std::string(second.view().destination_addr));
  EXPECT_EQ(AllOf(beta), std::vector<std::string>()) << "nor is the answered one sent again";
  EXPECT_EQ(AnswersTo(acme), std::vector{ESME_ROK});
  rig.ExpectMoneyBalances();
}

TEST(LinkLoss, ABindThatWasRefusedIsTriedAtOnceWhenItsPasswordChanges) {
  KeptRig rig(UpstreamAlphaAlone());
  ScriptedPeer& first = *rig.network.peers().back();
  first.Accept();
  SmppPeer smsc(first);
  smsc.Send(
      Bare(smpp::CommandId::bind_transceiver_resp, smsc.Next()->sequence_number(), ESME_RINVPASWD));
  rig.network.Advance(2min);
  const std::size_t before = rig.network.peers().size();
  EXPECT_EQ(before, 1u);
  store::Catalog catalog = UpstreamAlphaAlone();
  catalog.supplier_binds[0].password = "new";
  rig.Use(catalog);
  ASSERT_EQ(rig.network.peers().size(), before + 1);
  rig.alpha();
  EXPECT_EQ(rig.Count(Metric::binds_smsc_refused), 0u);
}

}  // namespace
}  // namespace hub::test
