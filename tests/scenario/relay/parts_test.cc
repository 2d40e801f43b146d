// The parts of a concatenated message go to one supplier and one of its links, whatever the balancing.
#include <gtest/gtest.h>

#include <array>
#include <tuple>

#include "tests/scenario/relay/kept_rig.h"

namespace hub::test {
namespace {

using enum smpp::CommandId;
using enum smpp::Status;
using namespace std::chrono_literals;

// Part `n` of three, told by SAR TLVs.
Octets Part(std::uint8_t n, std::uint8_t reference = 7, std::string_view from = "ACME",
            std::string_view to = "4915112345678", std::uint8_t total = 3) {
  const Octets tlvs = {0x02, 0x0C, 0x00,  0x02, 0x00, reference, 0x02, 0x0E,
                       0x00, 0x01, total, 0x02, 0x0F, 0x00,      0x01, n};
  return Message(submit_sm, 100u + n, from, to, "part " + std::to_string(n), 0, tlvs);
}

// The same, told by a user data header.                                        GSM 03.40 §9.2.3.24.1, §9.2.3.24.8
Octets PartWithHeader(std::uint8_t n, const Octets& header) {
  const std::string text(header.begin(), header.end());
  Octets pdu =
      Message(submit_sm, 100u + n, "ACME", "4915112345678", text + "part " + std::to_string(n), 0);
  smpp::MessageView view;
  EXPECT_EQ(smpp::ViewMessage(submit_sm, pdu, view), ESME_ROK);
  pdu[view.offsets.esm_class] |= 0x40;
  return pdu;
}

struct Form {
  const char* name;
  Octets (*part)(std::uint8_t n);
};
const Form kForms[] = {
    {"Udh8Bit",
     [](std::uint8_t n) {
       return PartWithHeader(n, {5, 0x00, 3, 7, 3, n});
     }},
    {"Udh16Bit",
     [](std::uint8_t n) {
       return PartWithHeader(n, {6, 0x08, 4, 1, 7, 3, n});
     }},
    {"Sar", [](std::uint8_t n) { return Part(n); }},
};

struct PartsRig : RelayRig {
  explicit PartsRig(store::Catalog catalog = TwoSuppliers()) : RelayRig(std::move(catalog)) {
    alpha();
    beta();
  }
  SmppPeer acme = Customer();

  // alpha, which is cheaper, fails the first part; beta takes it.
  void FirstPartGoesToBeta() {
    acme.Send(Part(1));
    alpha().Answer(*alpha().Next(), ESME_RSYSERR, "");
    beta().Answer(*beta().Next(), ESME_ROK, "1");
    EXPECT_EQ(acme.Next()->status(), ESME_ROK);
  }
};

TEST(Parts, FollowTheOneThatFailedOver) {
  PartsRig rig;
  rig.FirstPartGoesToBeta();
  for (std::uint8_t n = 2; n <= 3; ++n) {
    rig.acme.Send(Part(n));
    EXPECT_FALSE(rig.alpha().Next());
    const auto part = rig.beta().Next();
    ASSERT_TRUE(part);
    rig.beta().Answer(*part, ESME_ROK, std::to_string(n));
    EXPECT_EQ(rig.acme.Next()->status(), ESME_ROK);
  }
  const auto rows = rig.All<store::MessageRecord>();
  ASSERT_EQ(rows.size(), 3u);
  EXPECT_EQ(rows[2].decision.find("beta first: it has other parts") != std::string_view::npos, true)
      << rows[2].decision;
}

struct OtherCase {
  const char* name;
  Octets submit;
};
class OthersDoNot : public testing::TestWithParam<OtherCase> {};

TEST_P(OthersDoNot, Follow) {
  PartsRig rig;
  rig.FirstPartGoesToBeta();
  rig.acme.Send(GetParam().submit);
  EXPECT_TRUE(rig.alpha().Next()) << "the cheapest";
  EXPECT_FALSE(rig.beta().Next());
}

INSTANTIATE_TEST_SUITE_P(
    Messages, OthersDoNot,
    testing::Values(OtherCase{"AWholeOne", Submit(9)}, OtherCase{"AnotherReference", Part(2, 8)},
                    OtherCase{"AnotherSource", Part(2, 7, "ACMF")},
                    OtherCase{"AnotherDestination", Part(2, 7, "ACME", "4915112345679")},
                    OtherCase{"AnotherTotal", Part(2, 7, "ACME", "4915112345678", 4)}),
    [](const auto& c) { return std::string(c.param.name); });

TEST(Parts, OfAnotherClientGoTheirOwnWay) {
  PartsRig rig;
  rig.FirstPartGoesToBeta();
  SmppPeer other = rig.Customer("other");
  other.Send(Part(2));
  EXPECT_TRUE(rig.alpha().Next());
}

TEST(Parts, GoElsewhereWhenTheirSupplierIsDown) {
  PartsRig rig;
  rig.FirstPartGoesToBeta();
  rig.beta().raw().Hangup();
  rig.acme.Send(Part(2));
  const auto part = rig.alpha().Next();
  ASSERT_TRUE(part);
  rig.alpha().Answer(*part, ESME_ROK, "2");
  EXPECT_EQ(rig.acme.Next()->status(), ESME_ROK);
}

TEST(Parts, AreForgottenInTime) {
  PartsRig rig;
  rig.FirstPartGoesToBeta();
  for (auto left = relay::PartPins::kKept + 1s; left > 0s; left -= 10s) {
    rig.network.Advance(10s);
    for (SmppPeer* peer : {&rig.acme, &rig.alpha(), &rig.beta()}) {
      while (const auto pdu = peer->Next())
        if (pdu->id() == enquire_link) peer->Send(Bare(enquire_link_resp, pdu->sequence_number()));
    }
  }
  rig.acme.Send(Part(2));
  EXPECT_TRUE(rig.alpha().Next());
}

TEST(Parts, StayOnOneLinkOfTheirSupplier) {
  store::Catalog catalog = TwoSuppliers();
  catalog.suppliers[1].enabled = false;
  catalog.supplier_binds[0].sessions = 2;
  RelayRig rig(catalog);
  std::vector<SmppPeer> links;
  for (ScriptedPeer* each : rig.network.peers()) {
    each->Accept();
    SmppPeer& peer = links.emplace_back(*each);
    peer.Answer(*peer.Next(), ESME_ROK, "smsc");
  }
  ASSERT_EQ(links.size(), 2u);
  SmppPeer acme = rig.Customer();
  for (std::uint8_t n = 1; n <= 3; ++n) acme.Send(Part(n));
  acme.Send(Submit(9));  // the other link has less to do
  std::vector<std::size_t> count;
  for (SmppPeer& link : links) {
    count.push_back(0);
    while (link.Next()) ++count.back();
  }
  std::sort(count.begin(), count.end());
  EXPECT_EQ(count, (std::vector<std::size_t>{1, 3}));
}

// --- while the supplier that has part 1 takes no more ----------------------------------------------------------------

enum class Full { kThrottled, kWindow, kRate, kThrottledLink, kWindowOfLink };
struct WaitCase {
  const char* name;
  Full full;
};
constexpr WaitCase kWaits[] = {
    {"ThrottledBehindPartOne", Full::kThrottled},
    {"WindowFull", Full::kWindow},
    {"RateFull", Full::kRate},
    {"OneOfItsLinksThrottled", Full::kThrottledLink},
    {"OneOfItsLinksFull", Full::kWindowOfLink},
};

bool HasTwoLinks(Full full) { return full == Full::kThrottledLink || full == Full::kWindowOfLink; }

store::Catalog WaitingFor(Full full, store::AnswerMode answer) {
  store::Catalog catalog = TwoSuppliers();
  catalog.clients[0].answer = answer;
  if (full == Full::kWindow || full == Full::kWindowOfLink)
    catalog.supplier_binds[0].window_requests_max = 1;
  if (full == Full::kRate) catalog.suppliers[0].rate_per_second = 1;
  if (HasTwoLinks(full)) catalog.supplier_binds[0].sessions = 2;
  return catalog;
}

// All links of both suppliers are bound, and what comes over alpha's is told apart.
struct WaitingRig : KeptRig {
  explicit WaitingRig(store::Catalog catalog, relay::Limits with = Patient())
      : KeptRig(std::move(catalog), std::move(with)) {
    for (ScriptedPeer* each : network.peers()) {
      each->Accept();
      SmppPeer peer(*each);
      peer.Answer(*peer.Next(), ESME_ROK, "smsc");
      (each->address().port == 1001 ? alphas : betas).push_back(peer);
    }
  }

  // The text's last character: '1' of part 1, 'o' of a whole message.
  static char NameOf(const Pdu& submit) {
    return static_cast<char>(submit.view().short_message.back());
  }
  // Of every one that comes to alpha while time passes, answered so.
  void Watch(Duration during, smpp::Status status = ESME_ROK) {
    for (Duration passed{0}; passed < during; passed += 10ms, network.Advance(10ms)) {
      for (std::size_t link = 0; link < alphas.size(); ++link) {
        while (const auto submit = alphas[link].Next()) {
          seen[link].push_back(NameOf(*submit));
          alphas[link].Answer(*submit, status, "a" + std::to_string(++taken));
        }
      }
    }
  }
  // Of all that beta has, which takes them.
  std::string AtBeta() {
    std::string names;
    while (const auto submit = betas[0].Next()) {
      names.push_back(NameOf(*submit));
      betas[0].Answer(*submit, ESME_ROK, "b" + std::to_string(++taken));
    }
    return names;
  }
  // A whole message is answered ESME_RTHROTTLED over the first link.
  void Throttle(SmppPeer& acme) {
    acme.Send(Submit(9));
    const auto whole = alphas[0].Next();
    ASSERT_TRUE(whole);
    alphas[0].Answer(*whole, ESME_RTHROTTLED, "");
  }

  std::vector<SmppPeer> alphas, betas;
  std::array<std::string, 2> seen;  // over each link of alpha
  int taken = 0;
};

class PartsWait : public testing::TestWithParam<std::tuple<Form, WaitCase, store::AnswerMode>> {};

TEST_P(PartsWait, WhereTheOneBeforeThemIs) {
  const auto& [form, c, answer] = GetParam();
  WaitingRig rig(WaitingFor(c.full, answer));
  SmppPeer acme = rig.Customer();
  acme.Send(form.part(1));
  const auto first = rig.alphas[0].Next();
  ASSERT_TRUE(first);
  const bool throttled = c.full == Full::kThrottled || c.full == Full::kThrottledLink;
  if (throttled) {
    rig.alphas[0].Answer(*first, ESME_ROK, "first");
    rig.Throttle(acme);
  }
  for (std::uint8_t n = 2; n <= 3; ++n) acme.Send(form.part(n));
  rig.Watch(500ms);
  EXPECT_EQ(rig.AtBeta(), "");
  EXPECT_EQ(rig.seen[0], "") << "it takes none";
  EXPECT_EQ(rig.seen[1], c.full == Full::kThrottledLink ? "o" : "") << "a whole one need not wait";
  if (!throttled) rig.alphas[0].Answer(*first, ESME_ROK, "first");
  rig.Watch(6s);
  EXPECT_EQ(rig.AtBeta(), "");
  EXPECT_EQ(rig.seen[0], c.full == Full::kThrottled ? "o23" : "23");
  for (const smpp::Status status : AnswersTo(acme)) EXPECT_EQ(status, ESME_ROK);
  rig.ExpectMoneyBalances();
}

INSTANTIATE_TEST_SUITE_P(
    Parts, PartsWait,
    testing::Combine(testing::ValuesIn(kForms), testing::ValuesIn(kWaits),
                     testing::Values(store::AnswerMode::kUpstream, store::AnswerMode::kAccepted)),
    [](const auto& c) {
      return std::string(std::get<0>(c.param).name) + std::get<1>(c.param).name +
             (std::get<2>(c.param) == store::AnswerMode::kUpstream ? "Upstream" : "Accepted");
    });

class ThrottledPart : public testing::TestWithParam<store::AnswerMode> {};

// A free link would take it at once, before or behind those that wait on the other one, as it happens.
TEST_P(ThrottledPart, KeepsItsPlaceOnItsLink) {
  WaitingRig rig(WaitingFor(Full::kThrottledLink, GetParam()));
  SmppPeer acme = rig.Customer();
  for (std::uint8_t n = 1; n <= 3; ++n) acme.Send(Part(n));
  std::vector<Pdu> parts;
  while (const auto part = rig.alphas[0].Next()) parts.push_back(*part);
  ASSERT_EQ(parts.size(), 3u);
  rig.alphas[0].Answer(parts[0], ESME_ROK, "first");
  rig.alphas[0].Answer(parts[2], ESME_RTHROTTLED, "");
  rig.alphas[0].Answer(parts[1], ESME_RTHROTTLED, "");
  rig.Watch(6s);
  EXPECT_EQ(rig.seen[0], "23");
  EXPECT_EQ(rig.seen[1], "");
  EXPECT_EQ(rig.AtBeta(), "");
  EXPECT_EQ(AnswersTo(acme), std::vector(3, ESME_ROK));
}

TEST_P(ThrottledPart, GoesElsewhereWhenItsTimeIsOverAndTheNextOneFollows) {
  WaitingRig rig(WaitingFor(Full::kThrottled, GetParam()));
  SmppPeer acme = rig.Customer();
  acme.Send(Part(1));
  rig.alphas[0].Answer(*rig.alphas[0].Next(), ESME_ROK, "first");
  acme.Send(Part(2));
  rig.Watch(9'900ms, ESME_RTHROTTLED);
  EXPECT_EQ(rig.AtBeta(), "");
  rig.Watch(1'500ms, ESME_RTHROTTLED);
  EXPECT_EQ(rig.AtBeta(), "2");
  acme.Send(Part(3));
  EXPECT_EQ(rig.AtBeta(), "3");
  EXPECT_EQ(AnswersTo(acme), std::vector(3, ESME_ROK));
  rig.ExpectMoneyBalances();
}

TEST_P(ThrottledPart, ThatWaitsGoesElsewhereWhenItsSupplierGoes) {
  WaitingRig rig(WaitingFor(Full::kThrottled, GetParam()));
  SmppPeer acme = rig.Customer();
  acme.Send(Part(1));
  rig.alphas[0].Answer(*rig.alphas[0].Next(), ESME_ROK, "first");
  rig.Throttle(acme);
  acme.Send(Part(2));
  EXPECT_EQ(rig.AtBeta(), "");
  rig.alphas[0].raw().Break();
  rig.network.Advance(50ms);
  EXPECT_EQ(rig.AtBeta().find('2') != std::string::npos, true);
}

// A queue of no place: what cannot go is told so, and comes again.
TEST_P(ThrottledPart, OfAFullQueueIsTheClientsToSendAgainOrStaysInItsLane) {
  relay::Limits limits = Patient();
  limits.link_queue_messages_max = 1;
  WaitingRig rig(WaitingFor(Full::kWindow, GetParam()), limits);
  SmppPeer acme = rig.Customer();
  acme.Send(Part(1));
  acme.Send(Submit(9));
  acme.Send(Part(2));
  EXPECT_EQ(rig.AtBeta(), "");
  const bool ours = GetParam() == store::AnswerMode::kAccepted;
  if (!ours) {
    EXPECT_EQ(AnswersTo(acme), std::vector{ESME_RTHROTTLED});
    EXPECT_TRUE(rig.All<store::RejectRecord>().empty()) << "a flood leaves no rows";
  }
  rig.Watch(100ms);
  EXPECT_EQ(rig.seen[0], ours ? "1o2" : "1o");
  if (!ours) acme.Send(Part(2));
  rig.Watch(100ms);
  EXPECT_EQ(rig.seen[0], "1o2");
  EXPECT_EQ(AnswersTo(acme), std::vector(3, ESME_ROK));
  rig.ExpectMoneyBalances();
}

INSTANTIATE_TEST_SUITE_P(Parts, ThrottledPart,
                         testing::Values(store::AnswerMode::kUpstream,
                                         store::AnswerMode::kAccepted),
                         [](const auto& c) {
                           return c.param == store::AnswerMode::kUpstream ? "Upstream" : "Accepted";
                         });

TEST(Parts, AreRefusedRatherThanQueuedForLongerThanTheRateLetsThemWait) {
  WaitingRig rig(WaitingFor(Full::kRate, store::AnswerMode::kUpstream));
  SmppPeer acme = rig.Customer();
  acme.Send(Part(1));
  for (std::uint32_t n = 0; n < 12; ++n) acme.Send(Submit(n + 20, 0, To(n)));
  EXPECT_NE(rig.AtBeta(), "") << "whole ones take the next route";
  AnswersTo(acme);
  acme.Send(Part(2));
  EXPECT_EQ(rig.AtBeta(), "");
  EXPECT_EQ(AnswersTo(acme), std::vector{ESME_RTHROTTLED});
}

TEST(Parts, DoNotStandInTheLaneOfAnotherSupplier) {
  store::Catalog catalog = WaitingFor(Full::kThrottled, store::AnswerMode::kAccepted);
  catalog.supplier_binds[1].window_requests_max = 1;
  WaitingRig rig(catalog);
  SmppPeer acme = rig.Customer();
  acme.Send(Part(1));
  rig.alphas[0].Answer(*rig.alphas[0].Next(), ESME_ROK, "first");
  rig.Throttle(acme);
  acme.Send(Submit(10));
  ASSERT_TRUE(rig.betas[0].Next()) << "which has no room behind this";
  acme.Send(Part(2));
  rig.Watch(6s);
  EXPECT_EQ(rig.seen[0], "o2");
}

// Part 1 was not sent yet: where it waits, part 2 waits.
TEST(Parts, FollowOneThatWaitsInItsLane) {
  WaitingRig rig(WaitingFor(Full::kWindow, store::AnswerMode::kAccepted));
  SmppPeer acme = rig.Customer();
  acme.Send(Submit(9));
  acme.Send(Part(1));
  rig.alphas[0].Answer(*rig.alphas[0].Next(), ESME_RTHROTTLED, "");
  acme.Send(Part(2));
  EXPECT_EQ(rig.AtBeta(), "");
  rig.Watch(6s);
  EXPECT_EQ(rig.seen[0], "o12");
}

}  // namespace
}  // namespace hub::test
