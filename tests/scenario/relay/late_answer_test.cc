// A submit_sm_resp that comes when the hub has given up waiting for it: server/relay/kept/keeper_late.cc has the table.
#include <gtest/gtest.h>

#include "tests/scenario/relay/late_rig.h"

namespace hub::test {
namespace {

using enum smpp::Status;
using namespace std::chrono_literals;

// --- held ------------------------------------------------------------------------------------------------------

TEST(LateAnswer, AHeldMessageIsTakenAndItsReceiptFindsIt) {
  LateRig rig;
  const Pdu submit = rig.TimedOut();
  ASSERT_TRUE(rig.IsHeld());
  rig.alpha().Answer(submit, ESME_ROK, "77");
  const store::LateAnswerRecord row = rig.Last<store::LateAnswerRecord>();
  EXPECT_EQ(std::to_string(row.message_id), rig.id);
  EXPECT_EQ(row.attempt_no, 1);
  EXPECT_TRUE(row.accepted);
  EXPECT_EQ(row.cost, Nano{20'000'000}) << "what alpha takes for it";
  EXPECT_EQ(row.upstream_id, "77");
  EXPECT_EQ(row.upstream_key, "77");
  EXPECT_TRUE(rig.Queue().empty());
  EXPECT_EQ(rig.Count(Metric::kept_taken_late), 1u);
  EXPECT_EQ(rig.Count(Metric::messages_in_flight), 0u);
  EXPECT_FALSE(rig.acme.Next()) << "the client has its answer";
  rig.SendReceipt(rig.alpha(), "77");
  EXPECT_EQ(rig.archive.finds, 0) << "known in memory";
  rig.ExpectToldOnce("DELIVRD");
}

TEST(LateAnswer, ASecondOneChangesNothing) {
  LateRig rig;
  const Pdu submit = rig.TimedOut();
  rig.alpha().Answer(submit, ESME_ROK, "77");
  rig.alpha().Answer(submit, ESME_ROK, "78");
  rig.alpha().Answer(submit, ESME_RSYSERR, "");
  EXPECT_EQ(rig.All<store::LateAnswerRecord>().size(), 1u);
  rig.SendReceipt(rig.alpha(), "77");
  rig.ExpectToldOnce("DELIVRD");
}

TEST(LateAnswer, WhatIsHeldUntilASupplierTakesItIsChargedByIt) {
  store::Catalog catalog = AlphaAlone();
  catalog.decks[0].charge_basis = store::ChargeBasis::kUpstreamAck;
  LateRig rig(catalog);
  const Pdu submit = rig.TimedOut();
  EXPECT_FALSE(rig.Last<store::AttemptRecord>().resolves_hold);
  rig.alpha().Answer(submit, ESME_ROK, "77");
  EXPECT_TRUE(rig.Last<store::LateAnswerRecord>().resolves_hold);
  rig.SendReceipt(rig.alpha(), "77");
  EXPECT_TRUE(rig.Last<store::OutcomeRecord>().moves_money);
  rig.ExpectToldOnce("DELIVRD");
}

TEST(LateAnswer, AReceiptThatCameBeforeItWaitsForIt) {
  LateRig rig;
  const Pdu submit = rig.TimedOut();
  rig.SendReceipt(rig.alpha(), "77");
  rig.network.Advance(4s);
  EXPECT_FALSE(rig.acme.Next());
  rig.alpha().Answer(submit, ESME_ROK, "77");
  rig.ExpectToldOnce("DELIVRD");
  EXPECT_TRUE(rig.All<store::StrayReceiptRecord>().empty());
}

TEST(LateAnswer, ARefusalMeansThatNobodyHasItAndItIsTriedAgain) {
  LateRig rig;
  const Pdu submit = rig.TimedOut();
  rig.alpha().Answer(submit, ESME_RSYSERR, "");
  const store::LateAnswerRecord row = rig.Last<store::LateAnswerRecord>();
  EXPECT_FALSE(row.accepted);
  EXPECT_EQ(row.command_status, static_cast<std::uint32_t>(ESME_RSYSERR));
  EXPECT_EQ(row.cost, Nano{});
  const store::QueuedRecord queued = rig.Last<store::QueuedRecord>();
  EXPECT_NE(queued.next_at_us, kHeld);
  EXPECT_FALSE(queued.possible_duplicate);
  EXPECT_EQ(queued.cycles, 1);
  EXPECT_FALSE(rig.alpha().Next()) << "not at once: it is slow to refuse";
  rig.network.Advance(5s);
  ASSERT_TRUE(rig.Answers(rig.alpha(), ESME_ROK, "78"));
  EXPECT_FALSE(rig.Last<store::HandedRecord>().possible_duplicate);
  EXPECT_EQ(rig.Last<store::HandedRecord>().attempt_no, 2);
  rig.SendReceipt(rig.alpha(), "78");
  rig.ExpectToldOnce("DELIVRD");
}

TEST(LateAnswer, ARefusalForGoodIsOne) {
  LateRig rig;
  const Pdu submit = rig.TimedOut();
  rig.alpha().Answer(submit, ESME_RINVDSTADR, "");
  EXPECT_EQ(rig.Last<store::OutcomeRecord>().cause, store::OutcomeCause::kUpstreamReject);
  rig.ExpectToldOnce("REJECTD");
}

// From then on Overdue ends it, and may have: a second author would tell a second final state.
TEST(LateAnswer, ARefusalBehindDlrTimeoutIsTheRowsAlone) {
  store::Catalog catalog = AlphaAlone();
  catalog.clients[0].dlr_timeout_s = 60;
  for (const smpp::Status status : {ESME_RSYSERR, ESME_RINVDSTADR}) {
    LateRig rig(catalog);
    const Pdu submit = rig.TimedOut();
    rig.network.Advance(61s);
    rig.alpha().Answer(submit, status, "");
    EXPECT_EQ(rig.All<store::LateAnswerRecord>().size(), 1u);
    EXPECT_TRUE(rig.IsHeld());
    EXPECT_TRUE(rig.All<store::OutcomeRecord>().empty());
    rig.network.Advance(1h);
    EXPECT_FALSE(LateRig::NextSubmit(rig.alpha()) || rig.acme.Next());
  }
}

// Its receipt is a late one then, once PostgreSQL shows the end.
TEST(LateAnswer, BehindDlrTimeoutItsReceiptIsNotOurs) {
  store::Catalog catalog = AlphaAlone();
  catalog.clients[0].dlr_timeout_s = 60;
  LateRig rig(catalog);
  const Pdu submit = rig.TimedOut();
  rig.network.Advance(61s);
  rig.alpha().Answer(submit, ESME_ROK, "77");
  EXPECT_EQ(rig.Last<store::LateAnswerRecord>().upstream_key, "77");
  store::FoundMessage known;
  known.asked = {101, "77"};
  known.message_id = std::stoull(rig.id);
  known.client_id = 1;
  known.registered_delivery = 1;
  known.destination_addr = kNumber;
  known.outcome_known = true;
  rig.archive.known = {known};
  rig.SendReceipt(rig.alpha(), "77");
  rig.network.Advance(7s);
  EXPECT_EQ(rig.Count(Metric::receipts_late), 1u);
  EXPECT_TRUE(rig.All<store::StrayReceiptRecord>().empty());
  EXPECT_FALSE(rig.acme.Next());
}

TEST(LateAnswer, TooManyHeldMessagesAreTakenWherePostgreSqlHasThem) {
  relay::Limits limits = Patient();
  limits.kept_held_max = 1;
  LateRig rig(AlphaAlone(), limits);
  const Pdu first = rig.TimedOut(2), second = rig.TimedOut(3);
  EXPECT_EQ(rig.Count(Metric::kept_held_forgotten), 1u);
  rig.alpha().Answer(first, ESME_ROK, "1");
  EXPECT_EQ(rig.Last<store::LateAnswerRecord>().upstream_key, "1") << "its receipt finds it there";
  EXPECT_TRUE(rig.IsHeld());
  rig.alpha().Answer(second, ESME_ROK, "2");
  EXPECT_EQ(rig.Last<store::LateAnswerRecord>().upstream_key, "2");
  EXPECT_TRUE(rig.Queue().empty());
}

TEST(LateAnswer, ARefusalOfOneThatIsNotInMemoryIsTheRowsAlone) {
  relay::Limits limits = Patient();
  limits.kept_held_max = 1;
  LateRig rig(AlphaAlone(), limits);
  const Pdu first = rig.TimedOut(2);
  rig.TimedOut(3);
  rig.alpha().Answer(first, ESME_RINVDSTADR, "");
  EXPECT_FALSE(rig.Last<store::LateAnswerRecord>().accepted);
  EXPECT_EQ(rig.Queue().size(), 2u);
  EXPECT_TRUE(rig.All<store::OutcomeRecord>().empty());
}

// PostgreSQL has it alone, and shows it before it has settled that it ended.
TEST(LateAnswer, AMessageThatIsNotInMemoryIsNotSentAgain) {
  relay::Limits limits = Patient();
  limits.kept_messages_max = 2;  // one that waits for its time
  LateRig rig(Resending(AlphaAlone()), limits);
  rig.Accepted(rig.acme, Timed(9, At(rig.wall_now() + 12s), "", 0));
  const Pdu submit = rig.TimedOut();
  ASSERT_EQ(rig.Count(Metric::kept_spilled), 1u);
  rig.network.Advance(3s);
  ASSERT_TRUE(rig.Answers(rig.alpha(), ESME_ROK, "other"));  // there is room again
  rig.archive.hold = true;
  rig.network.Advance(6s);  // due: a page with it is made
  rig.alpha().Answer(submit, ESME_ROK, "77");
  rig.archive.hold = false;
  rig.archive.AnswerHeld();
  rig.network.Advance(1min);
  EXPECT_FALSE(rig.alpha().Next());
  EXPECT_EQ(rig.Last<store::LateAnswerRecord>().upstream_key, "77");
  EXPECT_TRUE(rig.Queue().empty());
}

// --- not ours to deliver ---------------------------------------------------------------------------------------

TEST(LateAnswer, AClientThatWaitedForTheAnswerKeepsTheOneItHas) {
  LateRig rig(UpstreamAlphaAlone());
  rig.acme.Send(Submit(2));
  const Pdu submit = *rig.alpha().Next();
  rig.network.Advance(10s);
  EXPECT_EQ(AnswersTo(rig.acme), std::vector{ESME_RSYSERR});
  rig.alpha().Answer(submit, ESME_ROK, "77");
  const store::LateAnswerRecord row = rig.Last<store::LateAnswerRecord>();
  EXPECT_TRUE(row.accepted);
  EXPECT_FALSE(row.resolves_hold);
  EXPECT_EQ(row.upstream_id, "77");
  EXPECT_EQ(row.upstream_key, "");
  EXPECT_TRUE(rig.All<store::MessageRecord>().empty());
  rig.ExpectNothingMore();
}

TEST(LateAnswer, AMessageThatEndedAsUnknownStaysEnded) {
  store::Catalog catalog = AlphaAlone();
  catalog.suppliers[0].on_unknown = store::OnUnknown::kFail;
  LateRig rig(catalog);
  const Pdu submit = rig.TimedOut();
  rig.alpha().Answer(submit, ESME_ROK, "77");
  EXPECT_TRUE(rig.Last<store::LateAnswerRecord>().accepted);
  rig.ExpectToldOnce("UNKNOWN");
}

}  // namespace
}  // namespace hub::test
