// The end of a supplier's session: its unbind, ours, and what crosses them.
#include <gtest/gtest.h>

#include "tests/scenario/session/smsc_rig.h"

namespace hub::test {
namespace {

using Rig = SmscRig;

TEST(SmscLink, TheSuppliersUnbindIsAnsweredAndItComesBack) {
  Rig rig({}, {.min = 1s, .max = 8s});
  SmppPeer smsc = rig.Bound();
  smsc.Send(Bare(unbind, 40));
  EXPECT_EQ(smsc.Next()->id(), unbind_resp);
  EXPECT_FALSE(smsc.connected());
  rig.network.Advance(2s);
  EXPECT_EQ(rig.network.peers().size(), 2u);
}

// What it answers behind its unbind must not be sent once more elsewhere.
TEST(SmscLink, AnswersBehindTheSuppliersUnbindAreTakenAndThenItIsAnswered) {
  Rig rig({}, {.min = 1s, .max = 8s});
  SmppPeer smsc = rig.Bound();
  rig.Submit(500);
  rig.Submit(501);
  const Pdu first = *smsc.Next(), second = *smsc.Next();
  Octets both = Bare(unbind, 40);
  const Octets answer = IdAnswer(submit_sm_resp, ESME_ROK, first.sequence_number(), "abc");
  both.insert(both.end(), answer.begin(), answer.end());
  smsc.Send(both);
  ASSERT_EQ(rig.ends.size(), 1u);
  EXPECT_EQ(rig.ends[0].token, 500u);
  EXPECT_EQ(rig.ends[0].end, SubmitEnd::kAnswered);
  EXPECT_FALSE(rig.link.session()->CanSubmit());
  EXPECT_FALSE(smsc.Next()) << "one is under way yet";
  smsc.Answer(second, ESME_ROK, "abd");
  EXPECT_EQ(rig.ends.back().end, SubmitEnd::kAnswered);
  EXPECT_EQ(smsc.Next()->octets, Bare(unbind_resp, 40));
  EXPECT_FALSE(smsc.connected());
  rig.network.Advance(2s);
  EXPECT_EQ(rig.network.peers().size(), 2u);
}

TEST(SmscLink, TheSuppliersUnbindWaitsForItsAnswersNoLongerThanItsGrace) {
  Rig rig({.response_timeout = 10s, .unbind_grace = 4s}, {.min = 1s, .max = 8s});
  SmppPeer smsc = rig.Bound();
  rig.Submit(500);
  smsc.Next();
  smsc.Send(Bare(unbind, 40));
  rig.network.Advance(3'999ms);
  EXPECT_FALSE(smsc.Next());
  EXPECT_TRUE(rig.ends.empty());
  rig.network.Advance(1ms);
  EXPECT_EQ(smsc.Next()->octets, Bare(unbind_resp, 40));
  EXPECT_FALSE(smsc.connected());
  ASSERT_EQ(rig.ends.size(), 1u);
  EXPECT_EQ(rig.ends[0].end, SubmitEnd::kLinkLost);
  rig.network.Advance(2s);
  EXPECT_EQ(rig.network.peers().size(), 2u);
}

TEST(SmscLink, AMessagesOwnTimeMayBeOverBeforeThatGraceIs) {
  Rig rig({.response_timeout = 3s, .unbind_grace = 4s});
  SmppPeer smsc = rig.Bound();
  rig.Submit(500);
  smsc.Next();
  smsc.Send(Bare(unbind, 40));
  rig.network.Advance(3s);
  ASSERT_EQ(rig.ends.size(), 1u);
  EXPECT_EQ(rig.ends[0].end, SubmitEnd::kTimeout);
  EXPECT_EQ(smsc.Next()->octets, Bare(unbind_resp, 40));
  EXPECT_FALSE(smsc.connected());
}

TEST(SmscLink, ASupplierThatClosesBehindItsUnbindIsNotWaitedFor) {
  Rig rig;
  SmppPeer smsc = rig.Bound();
  rig.Submit(500);
  smsc.Send(Bare(unbind, 40));
  smsc.raw().Hangup();
  ASSERT_EQ(rig.ends.size(), 1u);
  EXPECT_EQ(rig.ends[0].end, SubmitEnd::kLinkLost);
}

TEST(SmscLink, DeliveriesOfBeforeItsUnbindAreAnsweredFirstAndLaterOnesPutOff) {
  Rig rig({.bad_pdus_max = 3});
  rig.answer_deliveries = false;
  SmppPeer smsc = rig.Bound();
  smsc.Send(Message(deliver_sm, 31, "49151", "1000", "mo"));
  smsc.Send(Bare(unbind, 40));
  for (std::uint32_t n = 32; n < 42; ++n) {
    smsc.Send(Message(deliver_sm, n, "49151", "1000", "mo"));
    const Pdu later = *smsc.Next();
    EXPECT_EQ(later.status(), ESME_RX_T_APPN);
    EXPECT_EQ(later.sequence_number(), n);
  }
  ASSERT_TRUE(smsc.connected());
  rig.link.session()->AnswerDeliver(deliver_sm, ESME_ROK, 31);
  rig.network.RunUntilQuiet();
  EXPECT_EQ(smsc.Next()->octets, IdAnswer(deliver_sm_resp, ESME_ROK, 31, ""));
  EXPECT_EQ(smsc.Next()->octets, Bare(unbind_resp, 40));
  EXPECT_FALSE(smsc.connected());
}

TEST(SmscLink, WhatCrossesOurUnbindCostsNobodyTheAnswersThatAreOwed) {
  Rig rig({.bad_pdus_max = 3});
  rig.answer_deliveries = false;
  SmppPeer smsc = rig.Bound();
  smsc.Send(Message(deliver_sm, 31, "49151", "1000", "mo"));
  rig.link.Stop();
  rig.network.RunUntilQuiet();
  EXPECT_EQ(smsc.Next()->id(), unbind);
  for (std::uint32_t n = 32; n < 42; ++n) {
    smsc.Send(Message(deliver_sm, n, "49151", "1000", "mo"));
    EXPECT_EQ(smsc.Next()->status(), ESME_RX_T_APPN);
  }
  ASSERT_TRUE(smsc.connected());
  rig.link.session()->AnswerDeliver(deliver_sm, ESME_ROK, 31);
  rig.network.RunUntilQuiet();
  EXPECT_EQ(smsc.Next()->octets, IdAnswer(deliver_sm_resp, ESME_ROK, 31, ""));
}

// One odd request an hour among good traffic is a habit, no attack; and costs the whole window when it ends the session.
TEST(SmscLink, GoodTrafficBeginsTheCountOfBadRequestsAnew) {
  for (const bool submits : {false, true}) {
    Rig rig({.bad_pdus_max = 3});
    SmppPeer smsc = rig.Bound();
    for (std::uint32_t n = 31; n < 41; ++n) {
      smsc.Send(Bare(smpp::CommandId{0xAA}, n));
      EXPECT_EQ(smsc.Next()->id(), generic_nack);
      if (submits) {
        rig.Submit(n);
        smsc.Answer(*smsc.Next(), ESME_ROK, "abc");
      } else {
        smsc.Send(Message(deliver_sm, n, "49151", "1000", "mo"));
        EXPECT_EQ(smsc.Next()->status(), ESME_ROK);
      }
      ASSERT_TRUE(smsc.connected()) << n;
    }
  }
}

}  // namespace
}  // namespace hub::test
