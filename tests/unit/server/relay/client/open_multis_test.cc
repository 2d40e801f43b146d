#include "server/relay/client/open_multis.h"

#include <gtest/gtest.h>

#include <memory>
#include <thread>
#include <vector>

namespace hub {
namespace {

using relay::OpenMultis;

constexpr WallTime kNow = std::chrono::sys_days{std::chrono::year{2026} / 11 / 21};

struct OpenMultisTest : testing::Test {
  std::unique_ptr<OpenMultis> multis = std::make_unique<OpenMultis>();
  MessageIdSource ids{1, 0, 0};
};

TEST_F(OpenMultisTest, KnowsTheMessagesOfWhatIsOpenAndNoOthers) {
  const MessageId block = ids.NextBlock(kNow, 3), other = ids.NextBlock(kNow, 3);
  ASSERT_TRUE(multis->Open(block));
  EXPECT_TRUE(multis->IsOpen(block + 1));
  EXPECT_TRUE(multis->IsOpen(block + 3));
  EXPECT_FALSE(multis->IsOpen(other + 1));
  EXPECT_FALSE(multis->IsOpen(ids.Next(kNow)));
  multis->Close(block);
  EXPECT_FALSE(multis->IsOpen(block + 1));
}

TEST_F(OpenMultisTest, WhatHasNoPlaceIsRefusedAndWhatHasOneIsNotForgotten) {
  std::vector<MessageId> open;
  for (MessageId id = ids.NextBlock(kNow, 2); multis->Open(id); id = ids.NextBlock(kNow, 2))
    open.push_back(id);
  EXPECT_GT(open.size(), 2u * OpenMultis::kOfClientMax);
  for (const MessageId id : open) ASSERT_TRUE(multis->IsOpen(id + 1));
  for (const MessageId id : open) multis->Close(id);
  for (const MessageId id : open) ASSERT_FALSE(multis->IsOpen(id + 1));
}

TEST_F(OpenMultisTest, ThreadsMayShareIt) {  // for the thread sanitizer
  const auto work = [this](unsigned loop) {
    MessageIdSource mine(1, loop, 0);
    for (int i = 0; i < 1'000; ++i) {
      const MessageId id = mine.NextBlock(kNow, 2);
      EXPECT_TRUE(multis->Open(id));
      EXPECT_TRUE(multis->IsOpen(id + 1));
      multis->Close(id);
    }
  };
  std::thread one(work, 1), two(work, 2);
  one.join();
  two.join();
}

}  // namespace
}  // namespace hub
