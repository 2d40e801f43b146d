#include "server/store/records.h"

#include <gtest/gtest.h>

namespace hub::test {
namespace {

using namespace hub::store;

Record Attempt(MessageId id) {
  AttemptRecord attempt;
  attempt.message_id = id;
  attempt.upstream_id = "0123456789";
  return attempt;
}

Record Message(MessageId id) {
  MessageRecord message;
  message.message_id = id;
  message.decision = "12345";
  return message;
}

TEST(Records, AreCutBetweenMessages) {
  std::vector<Record> records;
  for (const MessageId id : {1, 1, 2, 2, 2, 3, 4}) records.push_back(Attempt(id));
  const auto pieces = CutAtMessages(std::move(records), 3);
  ASSERT_EQ(pieces.size(), 2u);
  EXPECT_EQ(pieces[0].size(), 5u);  // the third row is of the second message: so are two more
  ASSERT_EQ(pieces[1].size(), 2u);
  EXPECT_EQ(MessageOf(pieces[1][0]), 3u);
  EXPECT_EQ(MessageOf(pieces[1][1]), 4u);
  EXPECT_TRUE(CutAtMessages({}, 3).empty());
}

TEST(Records, CountTheirTexts) {
  EXPECT_EQ(OctetsOf({}), 0u);
  EXPECT_EQ(OctetsOf({Attempt(1), Message(2)}), 2 * sizeof(Record) + 10 + 5);
}

}  // namespace
}  // namespace hub::test
