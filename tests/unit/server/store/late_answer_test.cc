// What a supplier's late answer makes of an attempt's row, and of the money that is held for its message.
#include "tests/unit/server/store/batch_rig.h"
#include "tests/unit/server/store/locked_day.h"

namespace hub::test {
namespace {

using namespace hub::store;
using enum ChargeBasis;

constexpr Nano kPrice{40'000'000}, kRate{12'000'000};

class LateAnswerTest : public BatchRig {
 protected:
  AttemptRecord TimedOut(const MessageRecord& m, std::int16_t no = 1) {
    AttemptRecord a = Attempt(m, no, AttemptResult::kTimeout, kRate);
    a.upstream_id = a.upstream_key = "";
    return a;
  }
  LateAnswerRecord Taken(const MessageRecord& m, std::int16_t no = 1) {
    LateAnswerRecord late;
    late.message_id = m.message_id;
    late.attempt_no = no;
    late.accepted = true;
    late.resolves_hold = m.basis == kUpstreamAck;
    late.at_us = m.accepted_at_us + 12'000'000;
    late.cost = {kRate.units * m.segments};
    late.upstream_id = "Up-\"9\\\xe9";  // quoted, and no UTF-8
    late.upstream_key = "up-9";
    return late;
  }
  LateAnswerRecord Refused(const MessageRecord& m, std::int16_t no = 1) {
    LateAnswerRecord late;
    late.message_id = m.message_id;
    late.attempt_no = no;
    late.command_status = 0x45;
    late.at_us = m.accepted_at_us + 12'000'000;
    return late;
  }
  std::string Attempts() {
    return Sql(
        "SELECT string_agg(concat_ws(' ', attempt_no, result, cost_state, trim_scale(cost), "
        "command_status, '<' || upstream_id || '>', '<' || upstream_key || '>', "
        "extract(epoch FROM late_at - ended_at)::integer), '; ' ORDER BY message_id, attempt_no) "
        "FROM traffic.attempt");
  }
};

constexpr char kTaken[] = "1 accepted certain 0.024 0 <Up-\"9\\\\\\xE9> <up-9> 12";
constexpr char kRefused[] = "1 refused none 0 69 <> <> 12";

TEST_F(LateAnswerTest, MakesTheRowCertainInTheSameBatch) {
  const MessageRecord m = Queued(kPrice);
  MustSettle(m, TimedOut(m), Taken(m), QueueEndRecord{m.message_id});
  EXPECT_EQ(Attempts(), kTaken);
}

TEST_F(LateAnswerTest, AndInALaterOne) {
  const MessageRecord m = Queued(kPrice);
  MustSettle(m, TimedOut(m));
  EXPECT_EQ(Attempts(), "1 timeout uncertain 0 0 <> <>");
  EXPECT_EQ(Sql("SELECT count(*) FROM bill.v_uncertain_cost"), "1");
  MustSettle(QueueEndRecord{m.message_id}, Taken(m));
  EXPECT_EQ(Attempts(), kTaken);
  EXPECT_EQ(Sql("SELECT count(*) FROM bill.v_uncertain_cost"), "0");
  EXPECT_EQ(Sql("SELECT trim_scale(payable) FROM bill.v_supplier_payable"), "0.024");
}

TEST_F(LateAnswerTest, ARefusalCostsNothing) {
  const MessageRecord m = Queued(kPrice, kUpstreamAck);
  MustSettle(m, TimedOut(m), Refused(m));
  EXPECT_EQ(Attempts(), kRefused);
  EXPECT_EQ(Account(), "10 0.04 9.96") << "it is held still";
}

TEST_F(LateAnswerTest, IsOfOneAttemptAlone) {
  const MessageRecord m = Queued(kPrice), other = Queued(kPrice);
  MustSettle(m, other, TimedOut(m), Attempt(m, 2, AttemptResult::kRefused), TimedOut(other));
  MustSettle(Refused(m), Taken(other));
  EXPECT_EQ(Attempts(), std::string(kRefused) + "; 2 refused none 0 0 <Up-1> <up-1>; " + kTaken);
}

// The same batch again, or a second record about one attempt: the row is no timeout any more.
TEST_F(LateAnswerTest, ComesOnce) {
  const MessageRecord m = Queued(kPrice, kUpstreamAck);
  MustSettle(m, TimedOut(m));
  Fill(batch_, 100, 200, Taken(m));
  ASSERT_TRUE(SettleBatch(pg_, batch_).ok());
  ASSERT_TRUE(SettleBatch(pg_, batch_).ok()) << "its answer was lost";
  from_ = 200;
  MustSettle(Refused(m), Taken(m));
  EXPECT_EQ(Attempts(), kTaken);
  EXPECT_EQ(Account(), "9.96 0 9.96");
  EXPECT_EQ(Sql("SELECT count(*) FROM money.ledger_entry WHERE kind = 'usage'"), "1");
}

TEST_F(LateAnswerTest, ChargesWhatIsHeldUntilASupplierTakesIt) {
  const MessageRecord early = Queued(kPrice, kUpstreamAck), late = Queued(kPrice, kUpstreamAck);
  const MessageRecord delivered = Queued(kPrice, kDelivered);
  MustSettle(early, TimedOut(early), Taken(early), QueueEndRecord{early.message_id}, late,
             TimedOut(late), delivered, TimedOut(delivered));
  EXPECT_EQ(Account(), "9.96 0.08 9.88");
  MustSettle(QueueEndRecord{late.message_id}, Taken(late), Taken(delivered));
  EXPECT_EQ(Account(), "9.92 0.04 9.88") << "the receipt decides about the third";
}

// dlr_timeout was over first, and the client's contract released it.
TEST_F(LateAnswerTest, MovesNothingThatIsDecided) {
  Do("UPDATE crm.client SET ack_unknown = 'release' WHERE client_id = 1");
  const MessageRecord m = Queued(kPrice, kUpstreamAck), same = Queued(kPrice, kUpstreamAck);
  MustSettle(m, TimedOut(m), same, TimedOut(same));
  MustSettle(Final(m, 7, OutcomeCause::kUnknown), QueueEndRecord{m.message_id});
  MustSettle(Taken(m));
  MustSettle(Final(same, 7, OutcomeCause::kUnknown), QueueEndRecord{same.message_id}, Taken(same));
  EXPECT_EQ(Account(), "10 0 9.92");
  EXPECT_EQ(Sql("SELECT count(*) FROM traffic.attempt WHERE result = 'accepted'"), "2");
}

// Whoever keeps it may not know of it, or be killed before it says so.
TEST_F(LateAnswerTest, EndsAMessageThatWaits) {
  const MessageRecord same = Queued(kPrice), later = Queued(kPrice), refused = Queued(kPrice);
  MustSettle(same, TimedOut(same), QueuedRecord{same.message_id, same.next_at_us, 1, 1, true},
             Taken(same), later, TimedOut(later), refused, TimedOut(refused));
  EXPECT_EQ(Sql("SELECT count(*) FROM traffic.queue"), "2");
  MustSettle(Taken(later), Refused(refused));
  EXPECT_EQ(Sql("SELECT message_id FROM traffic.queue"), std::to_string(refused.message_id));
  EXPECT_EQ(Sql("SELECT count(*) FROM traffic.attempt WHERE upstream_key = 'up-9'"), "2");
}

// Its receipts would be of two authors.
TEST_F(LateAnswerTest, GivesNoSecondNameToAMessage) {
  const MessageRecord by_another = Queued(kPrice), in_one = Queued(kPrice), in_two = Queued(kPrice);
  for (const MessageRecord& m : {by_another, in_one, in_two}) MustSettle(m, TimedOut(m));
  MustSettle(Attempt(by_another, 2, AttemptResult::kAccepted), TimedOut(in_one, 2),
             TimedOut(in_two, 2), Taken(in_two, 2));
  LateAnswerRecord second = Taken(in_one);
  second.upstream_key = "up-10";
  MustSettle(Taken(by_another), Taken(in_one, 2), second, Taken(in_two));
  EXPECT_EQ(Sql("SELECT string_agg(attempt_no || ' ' || upstream_key, ', ' ORDER BY message_id, "
                "attempt_no) FROM traffic.attempt WHERE result = 'accepted'"),
            "1 , 2 up-1, 1 , 2 up-9, 1 , 2 up-9");
}

// It says nothing about receipts: those of the attempt that was under way find the message.
TEST_F(LateAnswerTest, WithoutAnIdLeavesTheNameToTheAttemptThatWasUnderWay) {
  const MessageRecord same = Queued(kPrice), later = Queued(kPrice);
  LateAnswerRecord of_same = Taken(same), of_later = Taken(later);
  of_same.upstream_id = of_same.upstream_key = of_later.upstream_id = of_later.upstream_key = "";
  MustSettle(same, TimedOut(same), of_same, Attempt(same, 2, AttemptResult::kAccepted), later,
             TimedOut(later), of_later);
  MustSettle(Attempt(later, 2, AttemptResult::kAccepted));
  EXPECT_EQ(Sql("SELECT string_agg(attempt_no || ' ' || upstream_key, ', ' ORDER BY message_id, "
                "attempt_no) FROM traffic.attempt WHERE result = 'accepted'"),
            "1 , 2 up-1, 1 , 2 up-1");
  EXPECT_EQ(Sql("SELECT count(*) FROM traffic.queue"), "0");
}

TEST_F(LateAnswerTest, LooksAtTheDayOfItsMessageAlone) {
  const MessageRecord m = Queued(kPrice);
  MustSettle(m, TimedOut(m));
  {
    const LockedDay other_day(database_);
    MustSettle(Taken(m));
  }
  EXPECT_EQ(Attempts(), kTaken);
}

// A message that its client was told is refused has no row to charge.
TEST_F(LateAnswerTest, OfARefusedMessageChargesNobody) {
  const MessageRecord m = Message(kPrice);
  RejectRecord reject;
  reject.message_id = m.message_id;
  reject.client_id = 1;
  reject.destination_addr = m.destination_addr;
  reject.reason = "supplier_timeout";
  reject.command_status = 8;
  reject.at_us = m.accepted_at_us;
  LateAnswerRecord late = Taken(m);
  late.upstream_key = "";
  MustSettle(TimedOut(m), reject);
  MustSettle(late);
  EXPECT_EQ(Account(), "10 0 10");
  EXPECT_EQ(Attempts(), "1 accepted certain 0.024 0 <Up-\"9\\\\\\xE9> <> 12");
}

}  // namespace
}  // namespace hub::test
