// What became of messages that clients ask about, and who has one whose end nobody here knows.
#include <gtest/gtest.h>

#include <map>

#include "tests/unit/server/store/archive_rig.h"

namespace hub::test {
namespace {

using namespace hub::store;

TEST(ArchiveFates, TellWhichSupplierHasAMessageThatIsOnItsWay) {
  ArchiveRig rig;
  const auto archive = rig.Archive();
  const MessageId taken = rig.Id(10), refused = rig.Id(20), again = rig.Id(30), ended = rig.Id(40);
  for (const MessageId id : {taken, refused, again, ended}) {
    rig.AddMessage(id);
    rig.AddAttempt(id, 2, "0A1B", id == refused ? "refused" : "accepted");
  }
  rig.AddQueued(again);
  rig.AddOutcome(ended);
  const auto page = AskNow<FatePage>([&](auto done) {
    return archive->LoadFates({taken, refused, again, ended}, done);
  });
  std::map<MessageId, MessageFate> fates;
  for (const MessageFate& fate : page.fates) fates[fate.message_id] = fate;
  ASSERT_EQ(fates.size(), 4u);
  EXPECT_EQ(fates[taken].supplier_id, 2);
  EXPECT_EQ(fates[taken].upstream_id, "0A1B");
  EXPECT_EQ(fates[taken].source_addr_ton, 5);
  EXPECT_FALSE(fates[taken].queued);
  EXPECT_EQ(fates[refused].supplier_id, 0);
  EXPECT_EQ(fates[refused].upstream_id, "");
  EXPECT_TRUE(fates[again].queued);
  EXPECT_EQ(fates[ended].supplier_id, 0) << "nobody is asked any more";
}

TEST(ArchiveFates, TellWhatBecameOfMessages) {
  ArchiveRig rig;
  const auto archive = rig.Archive();
  const MessageId ended = rig.Id(90'000), on_its_way = rig.Id(20), later = rig.Id(30),
                  due = rig.Id(40), held = rig.Id(50);
  for (const MessageId id : {ended, on_its_way, later, due, held}) rig.AddMessage(id);
  rig.AddOutcome(ended);
  rig.Run(
      "UPDATE traffic.outcome SET message_state = 5, error = '034', received_at ="
      " 'epoch'::timestamptz + interval '1764028800.000001 seconds'");
  rig.AddQueued(later, {.next_at = "now() + interval '1 hour'"});
  rig.AddQueued(due);
  rig.AddQueued(held, {.next_at = "'infinity'"});
  rig.Run("UPDATE traffic.queue SET attempts = 0");
  const auto page = AskNow<FatePage>([&](auto done) {
    return archive->LoadFates({ended, on_its_way, later, due, held, rig.Id(60)}, done);
  });
  ASSERT_TRUE(page.reachable);
  std::map<MessageId, MessageFate> fates;
  for (const MessageFate& fate : page.fates) fates[fate.message_id] = fate;
  ASSERT_EQ(fates.size(), 5u) << "nobody knows the sixth";
  EXPECT_TRUE(fates[ended].is_final);
  EXPECT_EQ(fates[ended].final_state, 5);
  EXPECT_EQ(fates[ended].final_at_us, 1'764'028'800'000'001);
  EXPECT_EQ(fates[ended].error, "034");
  EXPECT_EQ(fates[ended].client_id, 1);
  EXPECT_EQ(fates[ended].source_addr, "ACME");
  for (const MessageId id : {on_its_way, due, held}) {
    EXPECT_FALSE(fates[id].is_final);
    EXPECT_TRUE(fates[id].started) << id;
  }
  EXPECT_FALSE(fates[later].started);
  rig.Run("UPDATE traffic.queue SET attempts = 1");
  const auto tried = AskNow<FatePage>([&](auto done) { return archive->LoadFates({later}, done); });
  ASSERT_EQ(tried.fates.size(), 1u);
  EXPECT_TRUE(tried.fates[0].started) << "it waits for another try";
}

TEST(ArchiveFates, TellABroadcastFromAMessage) {
  ArchiveRig rig;
  const auto archive = rig.Archive();
  const MessageId broadcast = rig.Id(10), message = rig.Id(20);
  rig.AddMessage(broadcast, {.message_class = std::string(kBroadcastClass)});
  rig.AddMessage(message);
  const auto page = AskNow<FatePage>([&](auto done) {
    return archive->LoadFates({broadcast, message}, done);
  });
  ASSERT_EQ(page.fates.size(), 2u);
  for (const MessageFate& fate : page.fates)
    EXPECT_EQ(fate.is_broadcast, fate.message_id == broadcast);
}

TEST(ArchiveFates, TheLastSupplierThatTookItHasIt) {
  ArchiveRig rig;
  const auto archive = rig.Archive();
  const MessageId id = rig.Id(10);
  rig.AddMessage(id);
  rig.AddAttempt(id, 1, "first");
  rig.AddAttempt(id, 2, "second");
  const auto page = AskNow<FatePage>([&](auto done) { return archive->LoadFates({id}, done); });
  ASSERT_EQ(page.fates.size(), 1u);
  EXPECT_EQ(page.fates[0].supplier_id, 2);
  EXPECT_EQ(page.fates[0].upstream_id, "second");
}

}  // namespace
}  // namespace hub::test
