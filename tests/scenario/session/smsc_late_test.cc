// Answers of a supplier that come late, or to nothing that was asked.
#include <gtest/gtest.h>

#include "tests/scenario/session/smsc_rig.h"

namespace hub::test {
namespace {

using Rig = SmscRig;

TEST(SmscLink, TellsATimeoutOnceAndItsLateAnswerOnce) {
  Rig rig(kTenSeconds);
  SmppPeer smsc = rig.Bound();
  rig.Submit(500);
  const Pdu submit = *smsc.Next();
  rig.network.Advance(10s);
  ASSERT_EQ(rig.ends.size(), 1u);
  EXPECT_EQ(rig.ends[0].end, SubmitEnd::kTimeout);
  smsc.Answer(submit, ESME_ROK, "late");
  EXPECT_EQ(rig.ends.size(), 1u);
  EXPECT_EQ(rig.link.session()->outstanding(), 0u);
  ASSERT_EQ(rig.late.size(), 1u);
  EXPECT_EQ(rig.late[0].token, 500u);
  EXPECT_EQ(rig.late_octets, smpp::kHeaderOctets + 5);
  EXPECT_EQ(rig.metrics.Get(Metric::late_answers), 1u);
  EXPECT_EQ(rig.metrics.Get(Metric::answers_too_late), 0u) << "it is not unsolicited";
  smsc.Answer(submit, ESME_ROK, "again");
  EXPECT_EQ(rig.late.size(), 1u);
  EXPECT_EQ(rig.metrics.Get(Metric::answers_too_late), 1u);
}

TEST(SmscLink, LateAnswersComeInAnyOrderAndAnErrorIsOne) {
  Rig rig(kTenSeconds);
  SmppPeer smsc = rig.Bound();
  const std::vector<Pdu> submits = rig.TimeOut(smsc, 3);
  smsc.Answer(submits[2], ESME_ROK, "c");
  smsc.Send(Bare(generic_nack, submits[0].sequence_number(), ESME_RSYSERR));
  smsc.Send(Bare(submit_sm_resp, submits[1].sequence_number(), ESME_RSUBMITFAIL));
  ASSERT_EQ(rig.late.size(), 3u);
  EXPECT_EQ(rig.late[0].token, 3u);
  EXPECT_EQ(rig.late[1].token, 1u);
  EXPECT_EQ(rig.late[1].status, ESME_RSYSERR);
  EXPECT_EQ(rig.late[2].status, ESME_RSUBMITFAIL);
}

TEST(SmscLink, AResponseOfAnotherKindSaysNothingAboutWhatWasGivenUp) {
  Rig rig(kTenSeconds);
  SmppPeer smsc = rig.Bound();
  const std::vector<Pdu> submits = rig.TimeOut(smsc, 1);
  smsc.Send(IdAnswer(cancel_sm_resp, ESME_ROK, submits[0].sequence_number(), ""));
  EXPECT_TRUE(rig.late.empty());
  smsc.Answer(submits[0], ESME_ROK, "a");
  EXPECT_EQ(rig.late.size(), 1u);
}

TEST(SmscLink, OfTooManyTimeoutsTheOldestAnswersAreNotKnown) {
  SessionLimits limits = kTenSeconds;
  limits.late_answers_max = 2;
  Rig rig(limits);
  SmppPeer smsc = rig.Bound();
  const std::vector<Pdu> submits = rig.TimeOut(smsc, 5);
  EXPECT_EQ(rig.forgotten, (std::vector<std::uint64_t>{1, 2, 3}));
  EXPECT_EQ(rig.metrics.Get(Metric::late_answers_forgotten), 3u);
  for (const Pdu& submit : submits) smsc.Answer(submit, ESME_ROK, "x");
  ASSERT_EQ(rig.late.size(), 2u);
  EXPECT_EQ(rig.late[0].token, 4u);
  EXPECT_EQ(rig.metrics.Get(Metric::answers_too_late), 3u);
  EXPECT_TRUE(smsc.connected());
}

TEST(SmscLink, AnAnswerOfAnHourLaterIsNotKnown) {
  Rig rig(kTenSeconds);
  SmppPeer smsc = rig.Bound();
  const std::vector<Pdu> submits = rig.TimeOut(smsc, 1);
  rig.network.Advance(1h);
  smsc.Answer(submits[0], ESME_ROK, "x");
  EXPECT_TRUE(rig.late.empty());
  EXPECT_EQ(rig.forgotten, std::vector<std::uint64_t>{1});
}

// Another session has numbers of its own: the same number means another message there.
TEST(SmscLink, WhatTimedOutGoesWithItsSession) {
  Rig rig(kTenSeconds, {.min = 1s, .max = 1s});
  SmppPeer smsc = rig.Bound();
  const std::vector<Pdu> submits = rig.TimeOut(smsc, 2);
  smsc.raw().Break();
  rig.network.RunUntilQuiet();
  EXPECT_EQ(rig.forgotten, (std::vector<std::uint64_t>{1, 2}));
  EXPECT_EQ(rig.metrics.Get(Metric::late_answers_forgotten), 0u) << "nobody waits for them";
  rig.network.Advance(2s);
  SmppPeer again = rig.Bound();
  again.Send(IdAnswer(submit_sm_resp, ESME_ROK, submits[0].sequence_number(), "x"));
  EXPECT_TRUE(rig.late.empty());
}

// Whoever hears of a timeout may end the session within that call.
TEST(SmscLink, ATimeoutThatEndsTheSessionIsForgottenToo) {
  Rig rig(kTenSeconds);
  SmppPeer smsc = rig.Bound();
  rig.closes_at_end = true;
  rig.Submit(1);
  rig.Submit(2);
  rig.network.Advance(10s);
  EXPECT_FALSE(smsc.connected());
  ASSERT_EQ(rig.ends.size(), 2u);
  EXPECT_EQ(rig.ends[0].end, SubmitEnd::kTimeout);
  EXPECT_EQ(rig.ends[1].end, SubmitEnd::kLinkLost);
  EXPECT_EQ(rig.forgotten, std::vector<std::uint64_t>{1});
}

// A supplier that stood still and then answers everything at once has done nothing that should cost it its bind.
TEST(SmscLink, ClosesASupplierThatInventsResponsesButNotOneThatIsLate) {
  Rig rig({.enquire_link_interval = 0s, .response_timeout = 10s, .unsolicited_responses_max = 3});
  SmppPeer smsc = rig.Bound();
  for (std::uint64_t n = 0; n < 5; ++n) rig.Submit(n);
  std::vector<Pdu> submits;
  for (int i = 0; i < 5; ++i) submits.push_back(*smsc.Next());
  rig.network.Advance(10s);
  for (const Pdu& submit : submits) smsc.Answer(submit, ESME_ROK, "late");
  EXPECT_TRUE(rig.ended.empty());
  for (int i = 0; i < 2; ++i) smsc.Answer(submits[0], ESME_ROK, "again");
  EXPECT_TRUE(rig.ended.empty());
  smsc.Answer(submits[0], ESME_ROK, "again");
  EXPECT_EQ(rig.ended, std::vector{CloseReason::too_many_unsolicited});
  EXPECT_EQ(rig.metrics.Get(Metric::unsolicited_closed), 1u);
}

}  // namespace
}  // namespace hub::test
