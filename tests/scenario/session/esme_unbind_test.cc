// How a customer's session ends in order: what is owed on either side when somebody unbinds. Fake clock, scripted peer.
#include "tests/scenario/session/esme_rig.h"

namespace hub::test {
namespace {

using enum smpp::CommandId;
using enum smpp::Status;
using namespace std::chrono_literals;

// A client that pipelines has a window of requests on their way when we tell it to go: none of them is an offence, and the answers
// that it is owed must reach it.
TEST(EsmeUnbind, WhatCrossesAnUnbindCostsNobodyTheAnswersThatAreOwed) {
  for (const bool ours : {true, false}) {
    EsmeRig rig({.bad_pdus_max = 3});
    rig.answer_at_once = false;
    rig.BindAs(bind_transceiver);
    rig.peer.Send(Message(submit_sm, 2, "ACME", "4915112345678", "hi"));
    ours ? rig.session->Dismiss() : rig.peer.Send(Bare(unbind, 3));
    rig.network.RunUntilQuiet();
    if (ours) {
      EXPECT_EQ(rig.peer.Next()->id(), unbind);
    }
    for (std::uint32_t n = 10; n < 20; ++n) {
      rig.peer.Send(Message(submit_sm, n, "ACME", "4915112345678", "hi"));
      EXPECT_EQ(rig.peer.Next()->octets, Bare(submit_sm_resp, n, ESME_RINVBNDSTS));
    }
    ASSERT_TRUE(rig.peer.connected());
    rig.session->Answer(IdAnswer(submit_sm_resp, ESME_ROK, 2, "7"));
    rig.network.RunUntilQuiet();
    EXPECT_EQ(rig.peer.Next()->octets, IdAnswer(submit_sm_resp, ESME_ROK, 2, "7"));
  }
}

TEST(EsmeUnbind, GarbageBehindAnUnbindStillEndsASession) {
  EsmeRig rig({.bad_pdus_max = 3});
  rig.Reach("UNBINDING");
  for (std::uint32_t n = 10; n < 13; ++n) rig.peer.Send(Bare(smpp::CommandId{0xAA}, n));
  EXPECT_EQ(rig.ended, CloseReason::too_many_bad_pdus);
}

// Deliveries that it took already would come once more over its next bind.
TEST(EsmeUnbind, OurUnbindWaitsForItsAnswerAndWithItForWhatThePeerHasOfOurs) {
  EsmeRig rig;
  rig.answer_at_once = false;
  rig.BindAs(bind_transceiver);
  rig.session->Deliver(Slice::CopyOf(Message(deliver_sm, 1, "49151", "1000", "mo")), deliver_sm,
                       11);
  rig.peer.Send(Message(submit_sm, 2, "ACME", "4915112345678", "hi"));
  const Pdu delivery = *rig.peer.Next();
  rig.session->Dismiss();
  rig.network.RunUntilQuiet();
  const Pdu goodbye = *rig.peer.Next();
  rig.session->Answer(IdAnswer(submit_sm_resp, ESME_ROK, 2, "7"));
  rig.network.RunUntilQuiet();
  EXPECT_EQ(rig.peer.Next()->id(), submit_sm_resp);
  rig.peer.Send(Bare(deliver_sm_resp, delivery.sequence_number()));
  rig.peer.Send(Bare(unbind_resp, goodbye.sequence_number()));
  ASSERT_EQ(rig.deliveries.size(), 1u);
  EXPECT_EQ(rig.deliveries[0].end, DeliverEnd::kAnswered);
  EXPECT_EQ(rig.ended, CloseReason::unbound);
}

// Whose grace is longer than the time of one response, as by default: the answers count, not the peer's politeness.
TEST(EsmeUnbind, APeerThatDoesNotAnswerOurUnbindGetsWhatItIsOwedWithinTheGrace) {
  EsmeRig rig({.enquire_link_interval = 0s, .response_timeout = 10s, .unbind_grace = 30s});
  rig.answer_at_once = false;
  rig.BindAs(bind_transceiver);
  rig.peer.Send(Message(submit_sm, 2, "ACME", "4915112345678", "hi"));
  rig.session->Dismiss();
  rig.network.Advance(15s);
  EXPECT_EQ(rig.peer.Next()->id(), unbind);
  rig.session->Answer(IdAnswer(submit_sm_resp, ESME_ROK, 2, "7"));
  rig.network.RunUntilQuiet();
  const std::optional<Pdu> answer = rig.peer.Next();
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->id(), submit_sm_resp);
  EXPECT_EQ(rig.ended, CloseReason::unbound);
}

TEST(EsmeUnbind, AnUnbindOfOursThatNobodyAnswersEndsWithItsTimeOrItsGrace) {
  for (const Duration grace : {Duration(5s), Duration(30s)}) {
    for (const bool owes : {false, true}) {
      EsmeRig rig({.enquire_link_interval = 0s, .response_timeout = 10s, .unbind_grace = grace});
      rig.answer_at_once = false;
      rig.BindAs(bind_transceiver);
      if (owes) rig.peer.Send(Message(submit_sm, 2, "ACME", "4915112345678", "hi"));
      rig.session->Dismiss();
      const Duration end = owes ? grace : std::min(grace, Duration(10s));
      rig.network.Advance(end - 1ms);
      EXPECT_FALSE(rig.ended);
      rig.network.Advance(1ms);
      EXPECT_EQ(rig.ended, CloseReason::unbound);
    }
  }
}

}  // namespace
}  // namespace hub::test
