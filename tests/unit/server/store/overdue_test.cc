// Messages whose receipt did not come, and receipts that nobody fetched: what time alone brings about.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>
#include <set>

#include "tests/unit/server/store/archive_rig.h"
#include "tests/unit/server/store/locked_day.h"

namespace hub::test {
namespace {

using namespace hub::store;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

constexpr std::int64_t kDay = 86'400;

class OverdueTest : public testing::Test {
 protected:
  OverdueTest() {
    rig_.Run("UPDATE crm.client SET dlr_timeout_s = 3600");
    rig_.AddBatch(rig_.Id(0));  // what follows is settled
  }
  std::vector<MessageId> Ask(std::int32_t limit = 100) {
    LookAgain();
    last_ = AskNow<OverduePage>([&](auto done) { return archive_->FindOverdue(limit, done); });
    EXPECT_TRUE(last_.reachable);
    std::vector<MessageId> ids;
    for (const OverdueMessage& message : last_.messages) ids.push_back(message.message_id);
    return ids;
  }
  void LookAgain() { rig_.Run("UPDATE ops.overdue_cursor SET next_look = '-infinity'"); }
  void Later(int seconds) {
    const std::string by = " - " + std::to_string(seconds) + " * interval '1 s'";
    rig_.Run("UPDATE traffic.message SET accepted_at = accepted_at" + by +
             "; UPDATE ops.overdue SET look_at = look_at" + by +
             "; UPDATE ops.overdue_cursor SET settled_upto = settled_upto" + by +
             ", looked_upto = looked_upto" + by);
  }
  void AMinuteLater() { rig_.Run("UPDATE ops.overdue SET look_at = look_at - interval '1 min'"); }
  MessageId Add(std::int64_t ago_s, MessageValues values = {}) {
    const MessageId id = rig_.Id(ago_s, 1, 0, next_++);
    values.accepted_ago_s = ago_s;
    rig_.AddMessage(id, values);
    return id;
  }

  ArchiveRig rig_;
  std::unique_ptr<PgArchive> archive_ = rig_.Archive();
  OverduePage last_;
  unsigned next_ = 0;
};

TEST_F(OverdueTest, ToldWhenItsTimeIsOver) {
  Add(3'500);
  const MessageId id = Add(3'700);
  EXPECT_THAT(Ask(), ElementsAre(id));
  const OverdueMessage& read = last_.messages[0];
  EXPECT_EQ(read.client_id, 1);
  EXPECT_EQ(read.registered_delivery, 1);
  EXPECT_EQ(read.source_addr, "ACME");
  EXPECT_EQ(read.destination_addr, "447700900" + std::to_string(id % 1000));
  EXPECT_EQ(read.source_addr_ton, 5);
  EXPECT_EQ(read.source_addr_npi, 0);
  EXPECT_EQ(read.dest_addr_ton, 1);
  EXPECT_EQ(read.dest_addr_npi, 1);
  EXPECT_TRUE(read.moves_money);
  EXPECT_NEAR(static_cast<double>(ToMicros(SystemClock().WallNow()) - read.accepted_at_us), 3'700e6,
              60e6);
  EXPECT_FALSE(last_.more);
}

TEST_F(OverdueTest, OnlyWhatWantedAReceiptOrHoldsMoney) {
  Add(4'000, {.registered_delivery = 0});
  Add(4'001, {.registered_delivery = 0x10});  // an intermediate notification is no final receipt
  Add(4'002, {.registered_delivery = 0, .basis = "delivered", .amount = "0"});
  const MessageId held = Add(4'003, {.registered_delivery = 0, .basis = "delivered"});
  const MessageId failure_only = Add(4'004, {.registered_delivery = 2});
  EXPECT_THAT(Ask(), testing::UnorderedElementsAre(held, failure_only));
}

TEST_F(OverdueTest, NotWhatHasAnOutcomeNorWhatIsAnothersNodes) {
  rig_.AddOutcome(Add(4'000));
  const MessageId of_two = rig_.Id(4'000, 2);
  rig_.AddMessage(of_two, {.accepted_ago_s = 4'000});
  EXPECT_THAT(Ask(), IsEmpty());
}

TEST_F(OverdueTest, ToldAgainUntilItsOutcomeIsSettled) {
  const MessageId id = Add(4'000);
  EXPECT_THAT(Ask(), ElementsAre(id));
  EXPECT_THAT(Ask(), IsEmpty());  // the caller has a minute
  AMinuteLater();
  EXPECT_THAT(Ask(), ElementsAre(id));
  AMinuteLater();
  rig_.AddOutcome(id);
  EXPECT_THAT(Ask(), IsEmpty());
  EXPECT_EQ(Scalar(rig_.pg, "SELECT count(*) FROM ops.overdue"), "0");
}

// It was scheduled, or tried for long: its receipt has all its time from when a supplier took it.
TEST_F(OverdueTest, TimeCountsFromWhenASupplierTookIt) {
  const MessageId id = Add(9'000), refused = Add(9'001);
  rig_.AddAttempt(id, 1, "1");
  rig_.AddAttempt(refused, 1, "2", "refused");
  rig_.Run("UPDATE traffic.attempt SET ended_at = now() - interval '1 minute'");
  EXPECT_THAT(Ask(), ElementsAre(refused)) << "nobody took it: since it was accepted";
  EXPECT_FALSE(last_.messages[0].held);
  rig_.Run("UPDATE traffic.attempt SET ended_at = now() - interval '3700 s'");
  for (int i = 0; i < 58; ++i) AMinuteLater();
  EXPECT_THAT(Ask(), ElementsAre(refused)) << "it is looked at when that time is over";
  for (int i = 0; i < 2; ++i) AMinuteLater();
  EXPECT_THAT(Ask(), testing::UnorderedElementsAre(id, refused));
  for (const OverdueMessage& each : last_.messages) {
    const double age = static_cast<double>(ToMicros(SystemClock().WallNow()) - each.waits_since_us);
    EXPECT_NEAR(age, each.message_id == id ? 3'700e6 : 9'001e6, 60e6);
  }
}

TEST_F(OverdueTest, OfAHeldMessageTimeCountsFromWhenASupplierMayHaveTakenIt) {
  const MessageId id = Add(9'000);
  rig_.AddAttempt(id, 1, "", "timeout");
  rig_.AddQueued(id, {.next_at = "'infinity'"});
  rig_.Run("UPDATE traffic.attempt SET ended_at = now() - interval '1 minute'");
  EXPECT_THAT(Ask(), IsEmpty());
  rig_.Run(
      "UPDATE traffic.attempt SET ended_at = now() - interval '3700 s';"
      "UPDATE ops.overdue SET look_at = now()");
  EXPECT_THAT(Ask(), ElementsAre(id));
  EXPECT_TRUE(last_.messages[0].held);
}

TEST_F(OverdueTest, WhatStillWaitsToBeTriedIsToldWhenItLeftTheQueue) {
  const MessageId waits = Add(4'000), held = Add(4'001);
  rig_.AddQueued(waits, {.next_at = "now() + interval '1 hour'"});
  rig_.AddQueued(held, {.next_at = "'infinity'"});
  EXPECT_THAT(Ask(), ElementsAre(held));
  rig_.Run("DELETE FROM traffic.queue");
  for (int i = 0; i < 10; ++i) AMinuteLater();
  EXPECT_THAT(Ask(), testing::UnorderedElementsAre(held, waits));
}

// --- held messages that nobody else would end: no receipt was asked for, no money is held

const MessageValues kQuiet{.registered_delivery = 0};

TEST_F(OverdueTest, WhatIsHeldIsToldWhoeverAskedForAReceipt) {
  const MessageId held = Add(3'700, kQuiet), young = Add(3'500, kQuiet), taken = Add(3'701, kQuiet);
  const MessageId waits = Add(3'702, kQuiet), final = Add(3'703, kQuiet);
  for (const MessageId id : {held, young, final}) rig_.AddQueued(id, {.next_at = "'infinity'"});
  rig_.AddQueued(waits);
  rig_.AddOutcome(final);
  const MessageId of_two = rig_.Id(4'000, 2);
  rig_.AddMessage(of_two, {.accepted_ago_s = 4'000, .registered_delivery = 0});
  rig_.AddQueued(of_two, {.next_at = "'infinity'", .node_id = 2});
  ASSERT_THAT(Ask(), ElementsAre(held)) << "and not " << taken;
  EXPECT_EQ(last_.messages[0].registered_delivery, 0);
  EXPECT_FALSE(last_.more);
}

TEST_F(OverdueTest, WhatIsHeldLongAfterItsTimeWasPassedIsTold) {
  const MessageId id = Add(4'000, kQuiet);
  rig_.AddQueued(id);
  EXPECT_THAT(Ask(), IsEmpty());
  rig_.Run("UPDATE traffic.queue SET next_at = 'infinity'");
  EXPECT_THAT(Ask(), ElementsAre(id));
  EXPECT_THAT(Ask(), IsEmpty());  // the caller has a minute
  AMinuteLater();
  EXPECT_THAT(Ask(), ElementsAre(id));
}

TEST_F(OverdueTest, WhatLeftTheQueueMeanwhileAndWantsNoReceiptIsForgotten) {
  rig_.AddQueued(Add(4'000, kQuiet), {.next_at = "'infinity'"});
  EXPECT_THAT(Ask(), SizeIs(1));
  AMinuteLater();
  rig_.Run("DELETE FROM traffic.queue");  // taken after all
  EXPECT_THAT(Ask(), IsEmpty());
  EXPECT_EQ(Scalar(rig_.pg, "SELECT count(*) FROM ops.overdue"), "0");
}

TEST_F(OverdueTest, HeldMessagesOfOneClientThatDoNotEndKeepNobodyElseBack) {
  rig_.Run("UPDATE crm.client SET dlr_timeout_s = 600 WHERE client_id = 2");
  for (int i = 0; i < 5; ++i) rig_.AddQueued(Add(5'000 + i, kQuiet), {.next_at = "'infinity'"});
  const MessageId two = Add(700, {.client_id = 2, .registered_delivery = 0});
  rig_.AddQueued(two, {.next_at = "'infinity'", .client_id = 2});
  EXPECT_EQ(Scalar(rig_.pg, "SELECT ops.note_held(1, 8)"), "3") << "two of one, all of the other";
  EXPECT_EQ(Scalar(rig_.pg, "SELECT ops.note_held(1, 8)"), "0") << "until these end";
  EXPECT_EQ(Scalar(rig_.pg, "SELECT bool_or(message_id = $1) FROM ops.overdue",
                   {ToParam(static_cast<std::int64_t>(two))}),
            "t");
}

TEST_F(OverdueTest, ALimitCutsAndSaysSo) {
  std::set<MessageId> left;
  for (int i = 0; i < 5; ++i) left.insert(Add(4'000 + i));
  for (const bool more : {true, true, false}) {
    for (const MessageId id : Ask(2)) EXPECT_EQ(left.erase(id), 1u);
    EXPECT_EQ(last_.more, more);
    EXPECT_FALSE(last_.scan_cut);
  }
  EXPECT_THAT(left, IsEmpty());
}

// A year of days must not be planned for, nor locked, for those of a few messages.
TEST_F(OverdueTest, WhatIsDueIsTakenOutOfItsOwnDays) {
  const MessageId id = Add(4'000), ended = Add(4'001);
  EXPECT_EQ(Scalar(rig_.pg, "SELECT ops.scan_overdue(1, 100)"), "f");
  rig_.AddOutcome(ended);
  rig_.Run("SET statement_timeout = '2s'");
  const LockedDay other_day(rig_.database);
  EXPECT_EQ(
      Scalar(rig_.pg, "SELECT string_agg(message_id::text, ' ') FROM ops.take_overdue(1, 100)"),
      std::to_string(id));
}

TEST_F(OverdueTest, ASettlementThatLagsHidesNothing) {
  rig_.Run("DELETE FROM money.settle_batch");
  rig_.AddBatch(rig_.Id(3 * kDay));  // PostgreSQL was away for days
  EXPECT_THAT(Ask(), IsEmpty());
  const MessageId late = Add(2 * kDay);
  EXPECT_THAT(Ask(), ElementsAre(late));
  rig_.AddBatch(rig_.Id(0));
  EXPECT_THAT(Ask(), IsEmpty());
  EXPECT_EQ(Scalar(rig_.pg,
                   "SELECT count(*) FROM ops.overdue_cursor WHERE settled_upto > now() -"
                   " interval '3601 s' AND looked_upto = settled_upto"),
            "1");
}

TEST_F(OverdueTest, LooksAgainAfterAHundredthOfTheTimeoutAtMostTenSeconds) {
  rig_.Run("UPDATE crm.client SET dlr_timeout_s = 200 WHERE client_id = 1");
  EXPECT_THAT(Ask(), IsEmpty());
  EXPECT_EQ(Scalar(rig_.pg,
                   "SELECT string_agg(dlr_timeout_s || ' ' || round(extract(epoch FROM next_look"
                   " - now() + (now() - settled_upto) - dlr_timeout_s * interval '1 s'), 2)::text,"
                   " ', ' ORDER BY dlr_timeout_s) FROM ops.overdue_cursor"),
            "200 2.00, 3600 10.00");
  Add(4'000);
  const auto page = AskNow<OverduePage>([&](auto done) { return archive_->FindOverdue(10, done); });
  EXPECT_THAT(page.messages, IsEmpty());
}

TEST_F(OverdueTest, EachClientHasItsOwnTimeout) {
  rig_.Run("UPDATE crm.client SET dlr_timeout_s = 600 WHERE client_id = 2");
  Add(700);
  const MessageId two = Add(701, {.client_id = 2}), one = Add(3'700);
  EXPECT_THAT(Ask(), testing::UnorderedElementsAre(one, two));
}

TEST_F(OverdueTest, ALoweredTimeoutForgetsNothing) {
  EXPECT_THAT(Ask(), IsEmpty());
  const MessageId id = Add(3'000);
  rig_.Run(
      "UPDATE crm.client SET dlr_timeout_s = 60");  // the new cursor begins where the old one is
  EXPECT_THAT(Ask(), ElementsAre(id));
  EXPECT_EQ(Scalar(rig_.pg,
                   "SELECT string_agg(dlr_timeout_s::text, ' ' ORDER BY dlr_timeout_s)"
                   " FROM ops.overdue_cursor"),
            "60 3600");
  rig_.Run("UPDATE crm.client SET dlr_timeout_s = 70");
  EXPECT_THAT(Ask(), IsEmpty());
  EXPECT_EQ(Scalar(rig_.pg,
                   "SELECT string_agg(dlr_timeout_s::text, ' ' ORDER BY dlr_timeout_s)"
                   " FROM ops.overdue_cursor"),
            "70 3600");
}

// The cursor of the new timeout has passed the message already: that of the old one comes to it.
TEST_F(OverdueTest, ATimeoutLoweredToAnothersForgetsNothing) {
  rig_.Run("UPDATE crm.client SET dlr_timeout_s = 600 WHERE client_id = 2");
  const MessageId id = Add(3'000);
  EXPECT_THAT(Ask(), IsEmpty());
  rig_.Run("UPDATE crm.client SET dlr_timeout_s = 600");
  EXPECT_THAT(Ask(), IsEmpty());
  Later(500);
  EXPECT_THAT(Ask(), IsEmpty());
  Later(200);
  EXPECT_THAT(Ask(), ElementsAre(id));
}

TEST_F(OverdueTest, AMessageWhoseDayWasDroppedIsForgotten) {
  EXPECT_THAT((Add(4'000), Ask()), SizeIs(1));
  rig_.Run("TRUNCATE traffic.message");
  AMinuteLater();
  EXPECT_THAT(Ask(), IsEmpty());
  EXPECT_EQ(Scalar(rig_.pg, "SELECT count(*) FROM ops.overdue"), "0");
}

// Messages are settled in the journal's order, nearly that of their times, in batches with pauses; looks come at any
// moment and see only so many; outcomes are settled or not. Whatever happens: at the end every message that is overdue
// and has no outcome was told.
TEST_F(OverdueTest, NeverSkipsWhateverIsSettledWhen) {
  constexpr int kMessages = 600;
  constexpr int kSpan = 600;  // seconds
  for (unsigned seed = 1; seed <= 4; ++seed) {
    SCOPED_TRACE(seed);
    std::mt19937 random(seed);
    rig_.Run(
        "TRUNCATE traffic.message, traffic.outcome, ops.overdue, ops.overdue_cursor;"
        "DELETE FROM money.settle_batch; UPDATE crm.client SET dlr_timeout_s = 60");
    std::set<MessageId> expected, told;
    for (int i = 0; i < kMessages;) {
      const int batch = 1 + static_cast<int>(random() % 80);
      MessageId newest = 0;
      for (int k = 0; k < batch && i < kMessages; ++k, ++i) {
        const std::int64_t ago = 100 + kSpan - std::int64_t{kSpan} * i / kMessages;
        const std::int64_t skew = random() % 10 == 0 ? static_cast<std::int64_t>(random() % 55) : 0;
        const MessageId id = rig_.Id(ago, 1, static_cast<unsigned>(i % 3), next_++ % 1024);
        newest = std::max(newest, id);
        rig_.AddMessage(id, {.client_id = 1 + i % 2, .accepted_ago_s = ago + skew});
        if (random() % 3 == 0)
          rig_.AddOutcome(id);
        else
          expected.insert(id);
      }
      rig_.AddBatch(newest);
      if (seed % 2 == 0 && random() % 3 == 0) {  // at last 100 s are over for all of them
        rig_.Run("UPDATE crm.client SET dlr_timeout_s = (ARRAY[60, 75, 90])[" +
                 std::to_string(1 + random() % 3) +
                 "] WHERE client_id = " + std::to_string(1 + random() % 2));
      }
      for (std::uint32_t looks = random() % 4; looks > 0; --looks) {
        LookAgain();
        Scalar(rig_.pg, "SELECT ops.scan_overdue(1, $1)", {ToParam(1 + random() % 60)});
      }
    }
    // One round may have begun before the last batch; the next one has not.
    for (int i = 0, ended = 0; i < 1'000 && ended < 2; ++i) {
      LookAgain();
      ended += Scalar(rig_.pg, "SELECT ops.scan_overdue(1, 200)") == "f" ? 1 : 0;
    }
    auto taken = rig_.pg.Run("take", "SELECT message_id FROM ops.take_overdue(1, 100000)");
    ASSERT_TRUE(taken.ok()) << taken.error().Text();
    for (int i = 0; i < taken->rows(); ++i) {
      told.insert(static_cast<MessageId>(taken->Int(i, 0)));
    }
    EXPECT_EQ(told, expected);
  }
}

class ExpiryTest : public testing::Test {
 protected:
  std::string Left() {
    return Scalar(rig_.pg,
                  "SELECT string_agg(receipt_id::text, ' ' ORDER BY receipt_id)"
                  " FROM traffic.receipt");
  }
  ArchiveRig rig_;
};

TEST_F(ExpiryTest, WhatIsOverBecomesAnEvent) {
  const MessageId id = rig_.Id(10);
  rig_.AddReceipt(1, id, {.expires_at = "now() - interval '121 s'", .tries = 2});
  rig_.AddReceipt(2, id, {.expires_at = "now() - interval '119 s'"});  // may be answered yet
  rig_.AddReceipt(3, id, {.expires_at = "now() - interval '1 day'"});
  rig_.AddReceipt(4, id, {.expires_at = "now() - interval '1 day'", .node_id = 2});
  EXPECT_EQ(Scalar(rig_.pg, "SELECT ops.expire_receipts(1, 1)"), "1");
  EXPECT_EQ(Left(), "1 2 4");
  EXPECT_EQ(Scalar(rig_.pg, "SELECT ops.expire_receipts(1, 100)"), "1");
  EXPECT_EQ(Scalar(rig_.pg, "SELECT ops.expire_receipts(1, 100)"), "0");
  EXPECT_EQ(Left(), "2 4");
  EXPECT_EQ(Scalar(rig_.pg,
                   "SELECT string_agg(receipt_id || ' ' || what || ' ' || tries || ' ' ||"
                   " possible_duplicate, ', ' ORDER BY receipt_id) FROM traffic.receipt_event"
                   " WHERE message_id = $1",
                   {ToParam(static_cast<std::int64_t>(id))}),
            "1 expired 2 true, 3 expired 0 false");
}

TEST_F(ExpiryTest, AnMoThatIsOverStaysItsClientsAndItsSuppliers) {
  rig_.AddReceipt(1, 0, {.client_id = 2, .expires_at = "now() - interval '1 day'"});
  rig_.Run("UPDATE traffic.receipt SET supplier_id = 1");
  EXPECT_EQ(Scalar(rig_.pg, "SELECT ops.expire_receipts(1, 100)"), "1");
  EXPECT_EQ(Scalar(rig_.pg,
                   "SELECT concat_ws(' ', kind, client = (SELECT system_id FROM crm.client WHERE "
                   "client_id = 2), supplier, what) FROM bill.v_receipt_events"),
            "mo t alpha expired");
}

TEST_F(ExpiryTest, TheArchiveLooksByItselfButNotBeforeTheJournalIsSettled) {
  rig_.AddReceipt(1, rig_.Id(10), {.expires_at = "now() - interval '1 day'"});
  rig_.durable_end = 101;  // its delivery may stand in the octet that is not settled
  const auto archive = rig_.Archive({.expire_every_ms = 10});
  std::this_thread::sleep_for(std::chrono::milliseconds(300));
  EXPECT_EQ(Left(), "1");
  rig_.Run("UPDATE money.node SET settled_position = 101");
  for (int i = 0; i < 1'000 && !Left().empty(); ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  EXPECT_EQ(Left(), "");
}

}  // namespace
}  // namespace hub::test
