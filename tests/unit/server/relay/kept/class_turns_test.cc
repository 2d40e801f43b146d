#include "server/relay/kept/class_turns.h"

#include <gtest/gtest.h>

#include <map>
#include <random>

namespace hub::relay {
namespace {

using enum MessageClass;

constexpr unsigned Mask(std::initializer_list<MessageClass> classes) {
  unsigned mask = 0;
  for (const MessageClass c : classes) mask |= 1u << IndexOf(c);
  return mask;
}

TEST(ClassTurns, GiveEachSixteenthToALowerClass) {
  ClassTurns turns;
  for (int round = 0; round < 3; ++round) {
    for (unsigned n = 1; n < kShareEvery; ++n) {
      ASSERT_EQ(turns.Pick(Mask({ktransactional, ktest})), ktransactional);
    }
    ASSERT_EQ(turns.Pick(Mask({ktransactional, ktest})), ktest);
  }
}

TEST(ClassTurns, ShareByWeightAmongThoseThatWait) {
  ClassTurns turns;
  std::map<MessageClass, int> picks;
  for (int n = 0; n < 16 * 60; ++n) ++picks[turns.Pick(Mask({kotp, kp2p, kpromo}))];
  EXPECT_EQ(picks[kotp], 900);
  EXPECT_EQ(picks[kp2p], 40);
  EXPECT_EQ(picks[kpromo], 20);
}

TEST(ClassTurns, ANewcomerAboveABacklogIsNext) {
  ClassTurns turns;
  for (int n = 0; n < 100; ++n) {
    ASSERT_EQ(turns.Pick(Mask({kpromo})), kpromo);
    ASSERT_EQ(turns.Pick(Mask({kotp, kpromo})), kotp);
  }
}

TEST(ClassTurns, NobodyWaitsLongWhoeverComesAndGoes) {
  std::mt19937_64 random(1);
  ClassTurns turns;
  int waited = 0, longest = 0;
  for (int n = 0; n < 200'000; ++n) {
    const unsigned others = static_cast<unsigned>(random() % 16);  // any of the four above
    const MessageClass c = turns.Pick(others | Mask({ktest}));
    ASSERT_TRUE((others | Mask({ktest})) >> IndexOf(c) & 1);
    waited = c == ktest ? 0 : waited + 1;
    longest = std::max(longest, waited);
  }
  EXPECT_LE(longest, 16 * 15 * 2) << "two rounds of all weights";
}

}  // namespace
}  // namespace hub::relay
