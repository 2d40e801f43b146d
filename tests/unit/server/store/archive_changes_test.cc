// Who has the messages that clients take back or change.
#include <gtest/gtest.h>

#include <map>

#include "tests/unit/server/store/archive_rig.h"

namespace hub::test {
namespace {

using namespace hub::store;

class ArchiveChangesTest : public testing::Test {
 protected:
  ArchiveRig rig_;
  std::unique_ptr<PgArchive> archive_ = rig_.Archive();
};

TEST_F(ArchiveChangesTest, TellsWhoHasMessages) {
  const MessageId ended = rig_.Id(10), taken = rig_.Id(20), waits = rig_.Id(30), held = rig_.Id(40),
                  others = rig_.Id(50, 2), delivered = rig_.Id(60);
  for (const MessageId id : {ended, taken, waits, held, others}) rig_.AddMessage(id);
  rig_.AddMessage(delivered, {.basis = "delivered"});
  rig_.AddOutcome(ended);
  rig_.AddAttempt(taken, 2, "key");
  rig_.Run("UPDATE traffic.message SET class = 'broadcast' WHERE message_id = " +
           std::to_string(ended));
  rig_.AddQueued(waits, {.next_at = "now() + interval '1 hour'"});
  rig_.AddQueued(held, {.next_at = "'infinity'"});
  rig_.AddQueued(others, {.node_id = 2});
  rig_.Run(
      "UPDATE traffic.message SET dedupe_key = '00ff0102-0304-0506-0708-090a0b0c0d0e', esm_class = "
      "64"
      " WHERE message_id = " +
      std::to_string(taken));
  const auto page = AskNow<ChangePage>([&](auto done) {
    return archive_->LoadChanges({ended, taken, waits, held, others, delivered, rig_.Id(70)}, done);
  });
  ASSERT_TRUE(page.reachable);
  EXPECT_EQ(page.settled, 100u);
  std::map<MessageId, ChangeableMessage> read;
  for (const ChangeableMessage& one : page.messages) read[one.message_id] = one;
  ASSERT_EQ(read.size(), 6u) << "nobody knows the seventh";
  EXPECT_TRUE(read[ended].is_final);
  EXPECT_TRUE(read[ended].is_broadcast);
  EXPECT_FALSE(read[taken].is_broadcast);
  EXPECT_EQ(read[taken].client_id, 1);
  EXPECT_EQ(read[taken].source_addr, "ACME");
  EXPECT_EQ(read[taken].source_addr_ton, 5);
  EXPECT_EQ(read[taken].registered_delivery, 1);
  EXPECT_EQ(read[taken].supplier_id, 2);
  EXPECT_EQ(read[taken].upstream_id, "key");
  EXPECT_EQ(read[taken].dedupe_key,
            std::string("\x00\xff\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0e", 16));
  EXPECT_EQ(read[ended].dedupe_key, "");
  EXPECT_EQ(read[taken].esm_class, 0x40);
  EXPECT_EQ(read[ended].esm_class, kNoEsmClass) << "an earlier version wrote it";
  EXPECT_FALSE(read[taken].is_final || read[taken].queued || read[taken].receipt_decides);
  EXPECT_TRUE(read[delivered].receipt_decides);
  ASSERT_TRUE(read[waits].waits);
  EXPECT_EQ(read[waits].waits->message_id, waits);
  EXPECT_FALSE(read[waits].waits->pdu.empty());
  for (const MessageId id : {held, others}) {
    EXPECT_TRUE(read[id].queued) << id;
    EXPECT_FALSE(read[id].waits) << id;
    EXPECT_EQ(read[id].supplier_id, 0);
  }
}

TEST_F(ArchiveChangesTest, TellsWhatASecondSupplierMayHave) {
  std::int64_t ago_s = 10;
  for (const char* first : {"accepted", "timeout", "link_lost", "unknown", "refused"}) {
    const MessageId id = rig_.Id(++ago_s);
    rig_.AddMessage(id);
    rig_.AddAttempt(id, 1, "", first);
    rig_.AddAttempt(id, 2, "key");
    const auto page =
        AskNow<ChangePage>([&](auto done) { return archive_->LoadChanges({id}, done); });
    ASSERT_EQ(page.messages.size(), 1u);
    EXPECT_EQ(page.messages[0].maybe_elsewhere, first != std::string("refused")) << first;
    EXPECT_EQ(page.messages[0].upstream_id, "key");
  }
}

}  // namespace
}  // namespace hub::test
