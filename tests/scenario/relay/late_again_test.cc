// A submit_sm_resp that comes when its message waits for another try, or is with another supplier: keeper_late.cc has the table.
#include <gtest/gtest.h>

#include "tests/scenario/relay/late_rig.h"

namespace hub::test {
namespace {

using enum smpp::Status;
using namespace std::chrono_literals;

TEST(LateAnswer, OfAMessageThatAnotherSupplierTookIsTheRowsAlone) {
  LateRig rig(Resending());
  const Pdu first = rig.TimedOut();
  ASSERT_TRUE(rig.Answers(rig.beta(), ESME_ROK, "88"));
  rig.alpha().Answer(first, ESME_ROK, "77");
  const store::LateAnswerRecord row = rig.Last<store::LateAnswerRecord>();
  EXPECT_TRUE(row.accepted);
  EXPECT_EQ(row.upstream_id, "77");
  // PostgreSQL keeps the id by which it knows the message: store/late_answer has that.
  rig.SendReceipt(rig.alpha(), "77");
  rig.network.Advance(7s);
  EXPECT_EQ(rig.All<store::StrayReceiptRecord>().size(), 1u);
  EXPECT_FALSE(rig.acme.Next());
  rig.SendReceipt(rig.beta(), "88");
  rig.ExpectToldOnce("DELIVRD");
}

TEST(LateAnswer, WhileAnotherSupplierHasItTooTheFirstToSayItIsKnown) {
  LateRig rig(Resending());
  const Pdu first = rig.TimedOut(), second = *rig.beta().Next();
  rig.alpha().Answer(first, ESME_ROK, "77");
  EXPECT_EQ(rig.Last<store::LateAnswerRecord>().upstream_key, "77");
  EXPECT_TRUE(rig.Queue().empty()) << "a kill now must not send it again";
  rig.beta().Answer(second, ESME_ROK, "88");
  EXPECT_EQ(rig.Last<store::AttemptRecord>().upstream_id, "88");
  EXPECT_EQ(rig.Last<store::AttemptRecord>().upstream_key, "") << "two would be two final states";
  EXPECT_EQ(rig.Count(Metric::messages_in_flight), 0u);
  rig.SendReceipt(rig.beta(), "88");
  rig.network.Advance(7s);
  EXPECT_EQ(rig.All<store::StrayReceiptRecord>().size(), 1u);
  rig.SendReceipt(rig.alpha(), "77");
  rig.ExpectToldOnce("DELIVRD");
}

TEST(LateAnswer, WithoutAnIdItLeavesTheReceiptsToTheOtherSupplier) {
  LateRig rig(Resending());
  const Pdu first = rig.TimedOut(), second = *rig.beta().Next();
  rig.alpha().Answer(first, ESME_ROK, "");
  EXPECT_TRUE(rig.Queue().empty()) << "a kill now must not send it again";
  rig.beta().Answer(second, ESME_ROK, "88");
  EXPECT_EQ(rig.Last<store::AttemptRecord>().upstream_key, "88");
  EXPECT_TRUE(rig.All<store::QueueEndRecord>().empty()) << "it had ended before";
  EXPECT_EQ(rig.Count(Metric::messages_in_flight), 0u);
  rig.SendReceipt(rig.beta(), "88");
  EXPECT_EQ(rig.archive.finds, 0) << "known in memory";
  EXPECT_TRUE(rig.All<store::StrayReceiptRecord>().empty());
  rig.ExpectToldOnce("DELIVRD");
}

// Overdue goes by the first of them until it hears of the second one, and may have ended it by then.
TEST(LateAnswer, WithoutAnIdItLeavesThemForAsLongAsTheyAreWaitedFor) {
  store::Catalog catalog = Resending();
  catalog.clients[0].dlr_timeout_s = 60;
  catalog.suppliers[1].response_timeout_ms = 600'000;
  for (const std::chrono::seconds later : {60s, 61s}) {
    LateRig rig(catalog);
    const Pdu first = rig.TimedOut(), second = *rig.beta().Next();
    rig.alpha().Answer(first, ESME_ROK, "");
    rig.network.Advance(later);
    rig.beta().Answer(second, ESME_ROK, "88");
    EXPECT_EQ(rig.Last<store::AttemptRecord>().upstream_id, "88");
    EXPECT_EQ(rig.Last<store::AttemptRecord>().upstream_key, later == 60s ? "88" : "");
  }
}

TEST(LateAnswer, ARefusalLeavesTheReceiptsToTheOtherSupplier) {
  LateRig rig(Resending());
  const Pdu first = rig.TimedOut(), second = *rig.beta().Next();
  rig.alpha().Answer(first, ESME_RINVDSTADR, "");
  rig.beta().Answer(second, ESME_ROK, "88");
  EXPECT_EQ(rig.Last<store::AttemptRecord>().upstream_key, "88");
  rig.SendReceipt(rig.beta(), "88");
  rig.ExpectToldOnce("DELIVRD");
}

TEST(LateAnswer, ItsReceiptMayComeWhileAnotherSupplierHasIt) {
  LateRig rig(Resending());
  const Pdu first = rig.TimedOut(), second = *rig.beta().Next();
  rig.alpha().Answer(first, ESME_ROK, "77");
  rig.SendReceipt(rig.alpha(), "77");
  rig.beta().Answer(second, ESME_RINVDSTADR, "");
  rig.ExpectToldOnce("DELIVRD");
}

TEST(LateAnswer, WhatWasNotHandedToTheNextSupplierYetStaysHere) {
  LateRig rig(Resending());
  rig.id = rig.Accepted(rig.acme, Submit(2));
  const Pdu first = *rig.alpha().Next();
  rig.network.Advance(9s);
  rig.journal.slow = true;
  rig.network.Advance(1s);
  rig.alpha().Answer(first, ESME_ROK, "77");
  rig.journal.slow = false;
  rig.SyncDisk();
  EXPECT_FALSE(rig.beta().Next());
  EXPECT_EQ(rig.Last<store::AttemptRecord>().result, store::AttemptResult::kNotSent);
  rig.SendReceipt(rig.alpha(), "77");
  rig.ExpectToldOnce("DELIVRD");
}

class OtherFails : public testing::TestWithParam<smpp::Status> {};

TEST_P(OtherFails, AndTheOneThatAnsweredLateHasIt) {
  LateRig rig(Resending());
  const Pdu first = rig.TimedOut(), second = *rig.beta().Next();
  rig.alpha().Answer(first, ESME_ROK, "77");
  if (GetParam() == ESME_ROK) {
    rig.network.Advance(10s);
  } else {
    rig.beta().Answer(second, GetParam(), "");
  }
  const store::LateAnswerRecord row = rig.Last<store::LateAnswerRecord>();
  EXPECT_EQ(row.attempt_no, 1);
  EXPECT_EQ(row.upstream_key, "77");
  EXPECT_TRUE(rig.Queue().empty());
  EXPECT_TRUE(rig.All<store::OutcomeRecord>().empty()) << "nobody refused it";
  rig.SendReceipt(rig.alpha(), "77");
  rig.ExpectToldOnce("DELIVRD");
}

INSTANTIATE_TEST_SUITE_P(LateAnswer, OtherFails,
                         testing::Values(ESME_RINVDSTADR, ESME_RSYSERR, ESME_RTHROTTLED, ESME_ROK),
                         [](const auto& c) {
                           return c.param == ESME_ROK ? std::string("Silent")
                                                      : std::string(smpp::StatusName(c.param));
                         });

TEST(LateAnswer, AMessageThatWaitsForItsNextTurnIsNotSentAgain) {
  LateRig rig(Resending(AlphaAlone()));
  const Pdu submit = rig.TimedOut();
  ASSERT_NE(rig.Last<store::QueuedRecord>().next_at_us, kHeld);
  rig.network.Advance(1s);
  rig.alpha().Answer(submit, ESME_ROK, "77");
  EXPECT_TRUE(rig.Queue().empty());
  rig.network.Advance(1min);
  EXPECT_FALSE(rig.alpha().Next());
  rig.SendReceipt(rig.alpha(), "77");
  rig.ExpectToldOnce("DELIVRD");
}

TEST(LateAnswer, ARefusalLeavesAMessageThatWaitsForItsNextTurnThere) {
  LateRig rig(Resending(AlphaAlone()));
  const Pdu submit = rig.TimedOut();
  rig.alpha().Answer(submit, ESME_RINVDSTADR, "");
  EXPECT_EQ(rig.All<store::LateAnswerRecord>().size(), 1u);
  rig.network.Advance(5s);
  ASSERT_TRUE(rig.Answers(rig.alpha(), ESME_ROK, "78"));
  rig.SendReceipt(rig.alpha(), "78");
  rig.ExpectToldOnce("DELIVRD");
}

// Two suppliers may have it: it is held until both have spoken, or one took it.
struct TwiceRig : LateRig {
  TwiceRig() : LateRig(Resending()), first(TimedOut()), second(*beta().Next()) {
    network.Advance(10s);
    EXPECT_TRUE(IsHeld());
  }
  Pdu first, second;
};

TEST(LateAnswer, OneRefusalOfTwoSaysNothingAboutTheOther) {
  TwiceRig rig;
  rig.alpha().Answer(rig.first, ESME_RINVDSTADR, "");
  EXPECT_TRUE(rig.IsHeld());
  EXPECT_EQ(rig.All<store::LateAnswerRecord>().size(), 1u);
  rig.beta().Answer(rig.second, ESME_ROK, "88");
  rig.SendReceipt(rig.beta(), "88");
  rig.ExpectToldOnce("DELIVRD");
}

TEST(LateAnswer, TwoRefusalsMeanThatNobodyHasIt) {
  TwiceRig rig;
  rig.beta().Answer(rig.second, ESME_RSYSERR, "");
  EXPECT_TRUE(rig.IsHeld());
  rig.alpha().Answer(rig.first, ESME_RINVDSTADR, "");
  rig.ExpectToldOnce("REJECTD");
}

TEST(LateAnswer, TheFirstOfTwoThatTookItIsTheOneThatIsKnown) {
  TwiceRig rig;
  rig.alpha().Answer(rig.first, ESME_ROK, "77");
  rig.beta().Answer(rig.second, ESME_ROK, "88");
  const auto rows = rig.All<store::LateAnswerRecord>();
  ASSERT_EQ(rows.size(), 2u);
  EXPECT_EQ(rows[0].upstream_key, "77");
  rig.SendReceipt(rig.beta(), "88");
  rig.network.Advance(7s);
  EXPECT_FALSE(rig.acme.Next());
  rig.SendReceipt(rig.alpha(), "77");
  rig.ExpectToldOnce("DELIVRD");
}

}  // namespace
}  // namespace hub::test
