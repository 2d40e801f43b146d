// What a start asks.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "server/store/archive_queries.h"
#include "tests/unit/server/store/archive_rig.h"

namespace hub::test {
namespace {

using namespace hub::store;
using testing::ElementsAre;
using testing::SizeIs;

class ArchiveWaitingTest : public testing::Test {
 protected:
  void AddQueued(MessageId id, const QueueValues& values = {}) {
    rig_.AddMessage(id, {.basis = "upstream_ack"});
    rig_.AddQueued(id, values);
  }

  ArchiveRig rig_;
  std::unique_ptr<PgArchive> archive_ = rig_.Archive();
};

TEST_F(ArchiveWaitingTest, AStartLearnsWhatWaits) {
  const MessageId id = rig_.Id(10);
  for (const std::uint64_t receipt : {1, 2, 3}) rig_.AddReceipt(receipt, id, {.client_id = 2});
  rig_.AddReceipt(4, id, {.client_id = 1});
  rig_.AddReceipt(5, id, {.client_id = 77, .node_id = 2});
  AddQueued(rig_.Id(1), {.message_class = "otp"});
  AddQueued(rig_.Id(2), {.message_class = "promo"});
  AddQueued(rig_.Id(3), {.message_class = "promo", .next_at = "'2030-01-01'"});
  AddQueued(rig_.Id(4),
            {.message_class = "promo", .next_at = "'infinity'"});  // held: nothing to load
  AddQueued(rig_.Id(5, 2), {.message_class = "promo", .node_id = 2});
  const auto waiting =
      AskNow<Archive::Waiting>([&](auto done) { return archive_->LoadWaiting(done); });
  EXPECT_TRUE(waiting.reachable);
  EXPECT_THAT(waiting.clients_with_receipts, ElementsAre(1, 2));
  EXPECT_THAT(waiting.queued_by_class,
              ElementsAre(testing::Pair("otp", 1), testing::Pair("promo", 2)));
}

TEST_F(ArchiveWaitingTest, AStartLearnsWhichMobileOriginatedMessagesWait) {
  const MessageId none = 0;
  rig_.AddReceipt(1, rig_.Id(10), {.client_id = 1});  // a receipt
  rig_.AddReceipt(3, none, {.client_id = 2, .expires_at = "'2030-01-01 00:00+00'"});
  rig_.AddReceipt(2, none, {.client_id = 2});
  rig_.AddReceipt(4, none, {.client_id = 1});
  rig_.AddReceipt(5, none, {.client_id = 1, .expires_at = "now() - interval '1 second'"});
  rig_.AddReceipt(6, none, {.client_id = 1, .node_id = 2});
  const auto waiting =
      AskNow<Archive::Waiting>([&](auto done) { return archive_->LoadWaiting(done); });
  EXPECT_THAT(waiting.clients_with_receipts, ElementsAre(1, 2));
  ASSERT_THAT(waiting.mo, SizeIs(3));
  EXPECT_EQ(waiting.mo[0].client_id, 1);
  EXPECT_EQ(waiting.mo[0].receipt_id, 4u);
  EXPECT_EQ(waiting.mo[1].receipt_id, 2u);
  EXPECT_EQ(waiting.mo[2].receipt_id, 3u);
  EXPECT_EQ(waiting.mo[2].expires_at_us, 1'893'456'000'000'000);
}

// A start must not take longer because millions wait.
TEST_F(ArchiveWaitingTest, AStartCountsQueuedMessagesUpToALimitOnly) {
  AddQueued(rig_.Id(1), {.message_class = "otp"});
  rig_.Run(
      "INSERT INTO traffic.queue (message_id, node_id, client_id, class, priority, next_at,"
      " expires_at, pdu) SELECT n, 1, 1, CASE WHEN n % 3 = 0 THEN 'bulk' ELSE 'promo' END, 3,"
      " CASE WHEN n % 3 = 0 THEN 'infinity' ELSE now() END, '2030-01-01', ''"
      " FROM generate_series(1, 150001) AS n");
  const auto waiting =
      AskNow<Archive::Waiting>([&](auto done) { return archive_->LoadWaiting(done); });
  EXPECT_THAT(
      waiting.queued_by_class,
      ElementsAre(testing::Pair("otp", 1), testing::Pair("promo", Archive::Waiting::kUncounted)));
}

TEST(DedupeShare, IsTwiceTheFairOneOrAThousandAndAllTogetherBounded) {
  EXPECT_EQ(DedupeShare(200'000, 1), 200'000);
  EXPECT_EQ(DedupeShare(200'000, 10), 40'000);
  EXPECT_EQ(DedupeShare(200'000, 400), 1'000);
  EXPECT_EQ(DedupeShare(200'000, 2'000), 500);
  EXPECT_EQ(DedupeShare(200'000, 1'000'000), 1);
  EXPECT_EQ(DedupeShare(1'000, 1), 1'000);
}

TEST_F(ArchiveWaitingTest, AStartReadsOfOneClientItsShareOfDedupeKeysAndWhatOthersLeave) {
  rig_.Run(
      "UPDATE crm.client SET dedupe_window_s = 600 WHERE client_id = 1;"
      "INSERT INTO money.account (currency) SELECT currency FROM money.account,"
      " generate_series(1, 9) WHERE account_id = 1;"
      "INSERT INTO crm.client OVERRIDING SYSTEM VALUE SELECT (jsonb_populate_record(c,"
      " jsonb_build_object('client_id', 100 + a.account_id, 'system_id', 'c' || a.account_id,"
      " 'account_id', a.account_id))).* FROM crm.client c, money.account a WHERE c.client_id = 1"
      " AND NOT EXISTS (SELECT FROM crm.client o WHERE o.account_id = a.account_id)");
  for (unsigned i = 0; i < 8; ++i)
    rig_.AddMessage(rig_.Id(10, 1, 0, i), {.accepted_ago_s = 10 + i});
  rig_.Run("UPDATE traffic.message SET dedupe_key = '00ff0102-0304-0506-0708-090a0b0c0d0e'");
  archive_ = rig_.Archive({.dedupe_entries_max = 10});
  EXPECT_THAT(
      AskNow<Archive::Waiting>([&](auto done) { return archive_->LoadWaiting(done); }).dedupe,
      SizeIs(8));
  archive_ = rig_.Archive({.dedupe_entries_max = 6});
  EXPECT_THAT(
      AskNow<Archive::Waiting>([&](auto done) { return archive_->LoadWaiting(done); }).dedupe,
      SizeIs(6));
}

TEST_F(ArchiveWaitingTest, DedupeKeysAreTheNewestWithinTheirWindow) {
  const MessageId out = rig_.Id(700), old = rig_.Id(500), mid = rig_.Id(400),
                  fresh = rig_.Id(300, 2);
  const MessageId of_other = rig_.Id(10);
  for (const auto& [id, ago] : {std::pair{out, 700}, {old, 500}, {mid, 400}, {fresh, 300}}) {
    rig_.AddMessage(id, {.accepted_ago_s = ago});
  }
  rig_.AddMessage(of_other, {.client_id = 2});  // its window is 0
  rig_.Run(
      "UPDATE traffic.message SET dedupe_key = '00ff0102-0304-0506-0708-090a0b0c0d0e';"
      "UPDATE crm.client SET dedupe_window_s = 600 WHERE client_id = 1");
  archive_ = rig_.Archive({.dedupe_entries_max = 2});
  const auto waiting =
      AskNow<Archive::Waiting>([&](auto done) { return archive_->LoadWaiting(done); });
  ASSERT_THAT(waiting.dedupe, SizeIs(2));
  EXPECT_EQ(waiting.dedupe[0].message_id, mid);
  EXPECT_EQ(waiting.dedupe[1].message_id, fresh);
  EXPECT_EQ(waiting.dedupe[1].client_id, 1);
  EXPECT_EQ(waiting.dedupe[1].key,
            std::string("\x00\xff\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0e", 16));
  EXPECT_NEAR(
      static_cast<double>(ToMicros(SystemClock().WallNow()) - waiting.dedupe[1].accepted_at_us),
      300e6, 60e6);
}

}  // namespace
}  // namespace hub::test
