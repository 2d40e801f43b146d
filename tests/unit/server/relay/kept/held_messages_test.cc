#include "server/relay/kept/held_messages.h"

#include <gtest/gtest.h>

namespace hub::relay {
namespace {

std::unique_ptr<Message> Held(MessageId id) {
  auto message = std::make_unique<Message>();
  message->id = id;
  return message;
}

TEST(HeldMessages, GivesEachBackOnce) {
  HeldMessages held(10);
  EXPECT_EQ(held.Put(Held(1)), 0u);
  EXPECT_EQ(held.Put(Held(2)), 0u);
  EXPECT_EQ(held.Take(3), nullptr);
  EXPECT_EQ(held.Take(1)->id, 1u);
  EXPECT_EQ(held.Take(1), nullptr);
  EXPECT_EQ(held.size(), 1u);
}

TEST(HeldMessages, TheOldestGiveWayToTheLimit) {
  HeldMessages held(2);
  held.Put(Held(1));
  held.Put(Held(2));
  held.Take(1);
  held.Put(Held(1));  // held once more: the youngest now
  EXPECT_EQ(held.Put(Held(3)), 1u);
  EXPECT_EQ(held.Take(2), nullptr);
  EXPECT_NE(held.Take(1), nullptr);
  EXPECT_NE(held.Take(3), nullptr);
  HeldMessages none(0);
  EXPECT_EQ(none.Put(Held(1)), 1u);
  EXPECT_EQ(none.size(), 0u);
}

}  // namespace
}  // namespace hub::relay
