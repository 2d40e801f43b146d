#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <thread>

#include "server/store/archive_queries.h"
#include "tests/unit/server/store/locked_day.h"
#include "tests/unit/server/store/pg_archive_rig.h"

namespace hub::test {
namespace {

using namespace hub::store;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;
using testing::UnorderedElementsAre;

TEST_F(PgArchiveTest, CarriesEveryFieldOfAQueuedMessage) {
  const MessageId id = rig_.Id(10);
  AddQueued(id, {.next_at = "'2026-01-02 03:04:05.678901+00'"});
  rig_.Run("UPDATE traffic.message SET accepted_at = '2026-01-02 03:04:04.678901+00'");
  const MessagePage page = Messages(Due());
  EXPECT_TRUE(page.reachable);
  EXPECT_EQ(page.settled, 100u);
  EXPECT_FALSE(page.more);
  EXPECT_EQ(page.next_due_us, std::nullopt);
  ASSERT_THAT(page.messages, SizeIs(1));
  const StoredMessage& read = page.messages[0];
  EXPECT_EQ(read.message_id, id);
  EXPECT_EQ(read.client_id, 1);
  EXPECT_EQ(read.message_class, "transactional");
  EXPECT_EQ(read.rate_id, 1);
  EXPECT_EQ(read.rate, Nano{20'000'000});
  EXPECT_EQ(read.amount, Nano{20'000'000});
  EXPECT_EQ(read.basis, ChargeBasis::kUpstreamAck);
  EXPECT_EQ(read.priority, 3);
  EXPECT_EQ(read.accepted_at_us, 1'767'323'044'678'901);
  EXPECT_EQ(read.next_at_us, 1'767'323'045'678'901);
  EXPECT_EQ(read.expires_at_us, 1'893'456'000'000'001);
  EXPECT_EQ(read.cycles, 4);
  EXPECT_EQ(read.attempts, 5);
  EXPECT_TRUE(read.possible_duplicate);
  EXPECT_THAT(read.pdu, ElementsAre(0x00, 0x01, 0xfe, 0x0a));
}

// Attempts are settled before the row of the queue is: a crash may have come between.
TEST_F(PgArchiveTest, AttemptsThatTheQueueDoesNotKnowCount) {
  const MessageId refused = rig_.Id(10), lost = rig_.Id(20);
  for (const MessageId id : {refused, lost}) AddQueued(id);
  rig_.Run("UPDATE traffic.queue SET attempts = 0, possible_duplicate = false");
  rig_.AddAttempt(refused, 2, "", "refused");
  rig_.AddAttempt(lost, 1, "", "unknown");
  const MessagePage page = Messages(Due());
  std::map<MessageId, StoredMessage> read;
  for (const StoredMessage& one : page.messages) read[one.message_id] = one;
  ASSERT_THAT(read, SizeIs(2));
  EXPECT_EQ(read[refused].attempts, 2);
  EXPECT_FALSE(read[refused].possible_duplicate);
  EXPECT_EQ(read[lost].attempts, 1);
  EXPECT_TRUE(read[lost].possible_duplicate);
}

TEST_F(PgArchiveTest, MessagesComeByTheirTimeThenTheirId) {
  const MessageId a = rig_.Id(9, 1, 5), b = rig_.Id(8, 1, 0), c = rig_.Id(7, 1, 63);
  AddQueued(a, {.next_at = "'2026-01-01 00:00:02+00'"});
  AddQueued(c, {.next_at = "'2026-01-01 00:00:01+00'"});
  AddQueued(b, {.next_at = "'2026-01-01 00:00:01+00'"});
  EXPECT_THAT(IdsOf(Messages(Due())), ElementsAre(b, c, a));
}

TEST_F(PgArchiveTest, APageEndsAtItsLimitAndSaysSo) {
  std::vector<MessageId> ids;
  for (unsigned i = 0; i < 5; ++i) {
    ids.push_back(rig_.Id(100 - i, 1, i % 2));
    AddQueued(ids[i], {.next_at = "now() - interval '" + std::to_string(60 - i) + " s'"});
  }
  const MessagePage cut = Messages(Due(3));
  EXPECT_THAT(IdsOf(cut), ElementsAre(ids[0], ids[1], ids[2]));
  EXPECT_TRUE(cut.more);
  const MessagePage whole = Messages(Due(5));
  EXPECT_THAT(whole.messages, SizeIs(5));
  EXPECT_FALSE(whole.more);
}

TEST_F(PgArchiveTest, APageBeginsBehindARow) {
  std::vector<MessageId> ids;
  for (unsigned i = 0; i < 5; ++i) {
    ids.push_back(rig_.Id(20 - i, 1, i % 2));
    AddQueued(ids[i], {.next_at = "'2026-01-02 03:04:0" + std::to_string(i / 2) + ".000001+00'"});
  }
  MessageQuery query = Due(3);  // the page ends between two of one moment
  std::vector<MessageId> seen;
  bool more = true;
  for (int pages = 0; more && pages < 5; ++pages) {
    const MessagePage page = Messages(query);
    for (const MessageId id : IdsOf(page)) seen.push_back(id);
    more = page.more;
    ASSERT_THAT(page.messages, Not(IsEmpty()));
    query.behind = page.end;
  }
  EXPECT_EQ(seen, ids) << "each once, of two at one moment too";
}

// Their days are gone already, or an operator took them.
TEST_F(PgArchiveTest, APageOfRowsWithoutMessagesHasAnEndToo) {
  std::vector<MessageId> ids;
  for (unsigned i = 0; i < 5; ++i) ids.push_back(rig_.Id(20 - i));
  for (unsigned i = 0; i < 4; ++i) rig_.AddQueued(ids[i]);
  AddQueued(ids[4]);
  const MessagePage gone = Messages(Due(2));
  EXPECT_THAT(gone.messages, IsEmpty());
  EXPECT_TRUE(gone.more);
  MessageQuery query = Due(3);
  query.behind = gone.end;
  const MessagePage rest = Messages(query);
  EXPECT_THAT(IdsOf(rest), UnorderedElementsAre(ids[4])) << "two have gone by";
  EXPECT_FALSE(rest.more);
}

TEST_F(PgArchiveTest, WhatIsLaterOrHeldIsNotDue) {
  AddQueued(rig_.Id(1), {.next_at = "'2030-01-01 00:00+00'"});
  AddQueued(rig_.Id(2), {.next_at = "'2029-01-01 00:00+00'"});
  AddQueued(rig_.Id(3), {.next_at = "'infinity'"});
  const MessagePage page = Messages(Due());
  EXPECT_THAT(page.messages, IsEmpty());
  EXPECT_EQ(page.next_due_us, 1'861'920'000'000'000);
  MessageQuery all = Due();
  all.due_us = INT64_MAX;
  const MessagePage late = Messages(all);
  EXPECT_THAT(late.messages, SizeIs(2));
  EXPECT_EQ(late.next_due_us, std::nullopt);
}

TEST_F(PgArchiveTest, OnlyOwnNodesOwnClasssOwnLoopsMessages) {
  AddQueued(rig_.Id(1, 2), {.node_id = 2});
  AddQueued(rig_.Id(2), {.message_class = "promo"});
  const MessageId zero = rig_.Id(3, 1, 0), one = rig_.Id(4, 1, 1), of_more_loops = rig_.Id(5, 1, 7);
  for (const MessageId id : {zero, one, of_more_loops}) AddQueued(id);
  MessageQuery query = Due();
  query.loops = 2;
  EXPECT_THAT(IdsOf(Messages(query)), UnorderedElementsAre(zero));
  query.loop = 1;
  EXPECT_THAT(IdsOf(Messages(query)), UnorderedElementsAre(one, of_more_loops));
}

// A page without a snapshot would sooner or later show a row whose position it does not know yet, or the other way.
TEST_F(PgArchiveTest, APageIsExactlyWhatIsSettledUpToItsPosition) {
  std::atomic<bool> stop{false};
  rig_.Run("UPDATE money.node SET settled_position = 0");
  std::thread settler([&] {
    Pg pg = Connect(rig_.database);
    for (int k = 1; k <= 400 && !stop; ++k) {
      const MessageId id = rig_.Id(1'000'000 - k);
      const std::string text = std::to_string(id);
      HUB_CHECK(
          pg.RunFile("settle", "BEGIN; INSERT INTO traffic.receipt VALUES (" + std::to_string(k) +
                                   ", " + text +
                                   ", 1, 2, 1, 2, true, 0, now(), '2030-01-01', '');"
                                   "UPDATE money.node SET settled_position = settled_position + 1;"
                                   "COMMIT")
              .ok());
    }
  });
  for (std::size_t seen = 0; seen < 400;) {
    const ReceiptPage page = Receipts({.client_id = 1, .limit = 1'000});
    if (!page.reachable || page.receipts.size() != page.settled) {
      stop = true;
      ADD_FAILURE() << page.receipts.size() << " receipts, settled " << page.settled;
      break;
    }
    seen = page.receipts.size();
  }
  settler.join();
}

TEST_F(PgArchiveTest, ReceiptsComeInOrderAfterTheOneKnown) {
  const MessageId id = rig_.Id(10);
  rig_.AddReceipt(30, id, {.epoch = 1, .tries = 2});
  rig_.AddReceipt(10, id);
  rig_.AddReceipt(20, id, {.expires_at = "'2030-01-01 00:00+00'"});
  rig_.AddReceipt(40, id, {.client_id = 2});
  rig_.AddReceipt(50, id, {.node_id = 2});
  rig_.AddReceipt(60, id, {.expires_at = "now() - interval '1 s'"});
  const ReceiptPage cut = Receipts({.client_id = 1, .limit = 2});
  EXPECT_TRUE(cut.more);
  EXPECT_EQ(cut.settled, 100u);
  ASSERT_THAT(cut.receipts, SizeIs(2));
  EXPECT_EQ(cut.receipts[0].receipt_id, 10u);
  const StoredReceipt& second = cut.receipts[1];
  EXPECT_EQ(second.receipt_id, 20u);
  EXPECT_EQ(second.message_id, id);
  EXPECT_EQ(second.message_state, 2);
  EXPECT_TRUE(second.is_final);
  EXPECT_EQ(second.tries, 0);
  EXPECT_FALSE(second.earlier_run);
  EXPECT_EQ(second.expires_at_us, 1'893'456'000'000'000);
  EXPECT_THAT(second.pdu, ElementsAre(0xff, 0x00));

  const ReceiptPage rest = Receipts({.client_id = 1, .after = 20, .limit = 2});
  EXPECT_FALSE(rest.more);
  ASSERT_THAT(rest.receipts, SizeIs(1));
  EXPECT_EQ(rest.receipts[0].receipt_id, 30u);
  EXPECT_EQ(rest.receipts[0].tries, 2);
  EXPECT_TRUE(rest.receipts[0].earlier_run);
}

TEST_F(PgArchiveTest, FindsTheNewestMessageOfAKey) {
  const MessageId old = rig_.Id(10 * 86'400), before = rig_.Id(30), fresh = rig_.Id(10, 2);
  const MessageId other = rig_.Id(20), refused = rig_.Id(1);
  for (const MessageId id : {old, before, fresh, other, refused}) rig_.AddMessage(id);
  for (const MessageId id : {before, fresh, old}) rig_.AddAttempt(id, 1, "77");
  rig_.AddAttempt(other, 2, "77");
  rig_.AddAttempt(refused, 1, "77", "refused");
  rig_.AddOutcome(other);
  const FoundPage page = Find({{1, "77"}, {2, "77"}, {1, "78"}, {1, ""}});
  EXPECT_TRUE(page.reachable);
  ASSERT_THAT(page.found, SizeIs(2));
  const bool in_order = page.found[0].asked.supplier_id == 1;
  const FoundMessage& one = page.found[in_order ? 0 : 1];
  const FoundMessage& two = page.found[in_order ? 1 : 0];
  EXPECT_EQ(one.message_id, fresh);
  EXPECT_EQ(one.asked.key, "77");
  EXPECT_EQ(one.client_id, 1);
  EXPECT_EQ(one.registered_delivery, 1);
  EXPECT_EQ(one.destination_addr, "447700900" + std::to_string(fresh % 1000));
  EXPECT_EQ(one.source_addr, "ACME");
  EXPECT_EQ(one.source_addr_ton, 5);
  EXPECT_EQ(one.dest_addr_ton, 1);
  EXPECT_EQ(one.dest_addr_npi, 1);
  EXPECT_FALSE(one.outcome_known);
  EXPECT_FALSE(one.moves_money);  // charged on submit, and kept whatever a receipt says
  EXPECT_GT(one.taken_at_us, 0);
  EXPECT_EQ(two.message_id, other);
  EXPECT_TRUE(two.outcome_known);
}

TEST_F(PgArchiveTest, FindsMessagesOfAMonth) {
  const MessageId newer = rig_.Id(20 * 86'400), older = rig_.Id(31 * 86'400);
  const MessageId today = rig_.Id(1), forgotten = rig_.Id(40 * 86'400);
  int key = 0;
  for (const MessageId id : {newer, older, today, forgotten}) {
    rig_.AddMessage(id);
    rig_.AddAttempt(id, 1, std::to_string(key++));
  }
  rig_.AddAttempt(older, 2, "0");  // another supplier's
  rig_.AddAttempt(forgotten, 2, "1");
  const FoundPage page = Find({{1, "2"}, {1, "3"}, {1, "0"}, {1, "1"}});
  std::map<std::string, MessageId> found;
  for (const FoundMessage& one : page.found) found[one.asked.key] = one.message_id;
  EXPECT_THAT(found, ElementsAre(testing::Pair("0", newer), testing::Pair("1", older),
                                 testing::Pair("2", today)));
}

TEST_F(PgArchiveTest, OlderDaysAreAskedForTheKeysThatWantThem) {
  const MessageId older = rig_.Id(5 * 86'400), today = rig_.Id(1);
  rig_.AddMessage(older);
  rig_.AddMessage(today);
  rig_.AddAttempt(older, 1, "older");
  rig_.AddAttempt(older, 2, "also older");
  rig_.AddAttempt(today, 1, "today");
  const FoundPage page =
      Find({{1, "older", false}, {1, "today", false}, {2, "also older", true}, {1, "none", false}});
  std::vector<std::string> found;
  for (const FoundMessage& one : page.found) found.push_back(one.asked.key);
  EXPECT_THAT(found, UnorderedElementsAre("today", "also older"));
}

TEST_F(PgArchiveTest, MoneyMovesByBasisOrByContract) {
  const MessageId submit = rig_.Id(10), held = rig_.Id(20);
  rig_.AddMessage(submit);
  rig_.AddMessage(held, {.basis = "delivered"});
  rig_.AddAttempt(submit, 1, "s");
  rig_.AddAttempt(held, 1, "h");
  EXPECT_FALSE(Find({{1, "s"}}).found.at(0).moves_money);
  EXPECT_TRUE(Find({{1, "h"}}).found.at(0).moves_money);
  rig_.Run("UPDATE crm.client SET refund_on_undelivered = true");
  EXPECT_TRUE(Find({{1, "s"}}).found.at(0).moves_money);
}

TEST_F(PgArchiveTest, LoadsMessagesByTheirIds) {
  const MessageId ended = rig_.Id(10), held = rig_.Id(40 * 86'400), other = rig_.Id(30);
  rig_.AddMessage(ended, {.registered_delivery = 0});
  rig_.AddOutcome(ended);
  rig_.AddMessage(held, {.client_id = 2, .basis = "delivered"});
  rig_.AddMessage(other);
  rig_.Run("UPDATE crm.client SET refund_on_hub_fault = false");
  const auto page = AskNow<OverduePage>([&](auto done) {
    return archive_->LoadByIds({held, rig_.Id(20), ended}, done);
  });
  EXPECT_TRUE(page.reachable);
  std::map<MessageId, OverdueMessage> read;
  for (const OverdueMessage& one : page.messages) read[one.message_id] = one;
  ASSERT_THAT(read, SizeIs(2));
  EXPECT_EQ(read[ended].registered_delivery, 0);
  EXPECT_FALSE(read[ended].moves_money);
  EXPECT_EQ(read[held].client_id, 2);
  EXPECT_EQ(read[held].source_addr_ton, 5);
  EXPECT_TRUE(read[held].moves_money);
}

// A year of days must not be planned for, nor locked, for those of a few messages.
TEST_F(PgArchiveTest, QuestionsLookIntoTheDaysOfTheirMessagesAlone) {
  const MessageId id = rig_.Id(10);
  AddQueued(id);
  rig_.AddAttempt(id, 1, "k", "timeout");
  rig_.Run(
      "UPDATE traffic.message SET dedupe_key = '00ff0102-0304-0506-0708-090a0b0c0d0e';"
      "UPDATE crm.client SET dedupe_window_s = 600");
  archive_ = rig_.Archive({}, 2'000);
  const LockedDay other_day(rig_.database);
  EXPECT_THAT(IdsOf(Messages(Due())), ElementsAre(id));
  EXPECT_THAT(
      AskNow<OverduePage>([&](auto done) { return archive_->LoadByIds({id}, done); }).messages,
      SizeIs(1));
  EXPECT_THAT(AskNow<FatePage>([&](auto done) { return archive_->LoadFates({id}, done); }).fates,
              SizeIs(1));
  EXPECT_THAT(
      AskNow<ChangePage>([&](auto done) { return archive_->LoadChanges({id}, done); }).messages,
      SizeIs(1));
  EXPECT_THAT(
      AskNow<Archive::Waiting>([&](auto done) { return archive_->LoadWaiting(done); }).dedupe,
      SizeIs(1));
}

TEST_F(PgArchiveTest, AKeyOfAnyOctetsIsHarmless) {
  const std::string key("a\"\\,{}\0\xff'", 9);
  const MessageId id = rig_.Id(10);
  rig_.AddMessage(id);
  rig_.Run("SET standard_conforming_strings = on");
  rig_.AddAttempt(id, 1, "a\"\\\\,{}\\x00\\xFF''");  // as CleanText writes it
  const FoundPage page = Find({{1, key}, {1, "}"}, {1, "\\"}});
  EXPECT_TRUE(page.reachable);
  ASSERT_THAT(page.found, SizeIs(1));
  EXPECT_EQ(page.found[0].asked.key, key);
}

TEST_F(PgArchiveTest, SaysAtOnceThatPostgresIsAwayAndComesBackWithIt) {
  const MessageId id = rig_.Id(10);
  rig_.AddMessage(id);
  rig_.AddAttempt(id, 1, "k");
  EXPECT_THAT(Find({{1, "k"}}).found, SizeIs(1));
  PostgresServer::Get().Stop();
  const TimePoint before = std::chrono::steady_clock::now();
  for (int i = 0; i < 20; ++i) {
    EXPECT_FALSE(Find({{1, "k"}}).reachable);
    EXPECT_FALSE(Messages(Due()).reachable);
    EXPECT_FALSE(Receipts({.client_id = 1}).reachable);
  }
  EXPECT_FALSE(
      AskNow<OverduePage>([&](auto done) { return archive_->FindOverdue(1, done); }).reachable);
  EXPECT_FALSE(
      AskNow<Archive::Waiting>([&](auto done) { return archive_->LoadWaiting(done); }).reachable);
  EXPECT_LT(std::chrono::steady_clock::now() - before, std::chrono::seconds(5));
  PostgresServer::Get().Start();
  FoundPage page = Find({{1, "k"}});
  const TimePoint until = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (!page.reachable && std::chrono::steady_clock::now() < until) {
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    page = Find({{1, "k"}});
  }
  EXPECT_THAT(page.found, SizeIs(1));
}

}  // namespace
}  // namespace hub::test
