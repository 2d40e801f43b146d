#include "server/session/timed_out.h"

#include <gtest/gtest.h>

#include <map>

#include "server/base/random.h"

namespace hub {
namespace {

using namespace std::chrono_literals;
using smpp::CommandId;

Outstanding Submit(std::uint32_t sequence_number, TimePoint sent_at = {}) {
  return {sequence_number, CommandId::submit_sm, sequence_number * 10ull, sent_at};
}

TEST(TimedOut, KnowsEachOnce) {
  TimedOut late(10);
  for (const std::uint32_t number : {2u, 3u, 7u}) late.Put(Submit(number));
  for (const std::uint32_t invented : {0u, 1u, 4u, 8u, 0x7FFFFFFFu, 0x80000003u}) {
    EXPECT_EQ(late.Find(invented), nullptr) << invented;
    EXPECT_FALSE(late.Take(invented)) << invented;
  }
  ASSERT_NE(late.Find(3), nullptr);
  EXPECT_EQ(late.Find(3)->token, 30u);
  EXPECT_EQ(late.Take(3)->token, 30u);
  EXPECT_FALSE(late.Take(3));
  EXPECT_EQ(late.Take(7)->token, 70u);
  EXPECT_EQ(late.Take(2)->token, 20u);
  EXPECT_EQ(late.size(), 0u);
  EXPECT_FALSE(late.Take(2));
}

TEST(TimedOut, TheOldestGiveWayToTheLimit) {
  TimedOut late(3);
  std::vector<std::uint32_t> forgotten;
  for (std::uint32_t number = 1; number <= 5; ++number) {
    late.Put(Submit(number));
    while (const auto gone = late.Forget({})) forgotten.push_back(gone->sequence_number);
    EXPECT_LE(late.size(), 3u);
  }
  EXPECT_EQ(forgotten, (std::vector<std::uint32_t>{1, 2}));
  EXPECT_FALSE(late.Take(2));
  EXPECT_TRUE(late.Take(3));
}

TEST(TimedOut, ALimitOfNoneKnowsNone) {
  TimedOut late(0);
  late.Put(Submit(1));
  EXPECT_EQ(late.Forget({})->sequence_number, 1u);
  EXPECT_FALSE(late.Forget({}));
  EXPECT_EQ(late.Find(1), nullptr);
}

TEST(TimedOut, AnHourIsEnough) {
  TimedOut late(10);
  const TimePoint start{};
  late.Put(Submit(1, start));
  late.Put(Submit(2, start + 1min));
  EXPECT_FALSE(late.Forget(start + TimedOut::kKept));
  EXPECT_EQ(late.Forget(start + TimedOut::kKept + 1ms)->sequence_number, 1u);
  EXPECT_FALSE(late.Forget(start + TimedOut::kKept + 1ms));
  EXPECT_TRUE(late.Take(2));
}

TEST(TimedOut, AllAreForgottenAtTheEnd) {
  TimedOut late(10);
  late.Put(Submit(1));
  late.Put(Submit(2));
  EXPECT_EQ(late.ForgetAny()->sequence_number, 1u);
  EXPECT_EQ(late.ForgetAny()->sequence_number, 2u);
  EXPECT_FALSE(late.ForgetAny());
}

TEST(TimedOut, AgreesWithAMapWhereNumbersWrap) {  // §3.2: behind 0x7FFFFFFF comes 1
  TimedOut late(64);
  std::map<std::uint32_t, std::uint64_t> model;
  Random random(4711);
  std::uint32_t next = 0x7FFFFF00;
  for (int step = 0; step < 20'000; ++step) {
    next = next % kSequenceNumberMax + 1 + static_cast<std::uint32_t>(random.Below(3));
    if (next > kSequenceNumberMax) next -= kSequenceNumberMax;
    if (random.Below(2) == 0) {
      late.Put(Submit(next));
      model[next] = next * 10ull;
      while (const auto gone = late.Forget({})) ASSERT_EQ(model.erase(gone->sequence_number), 1u);
    } else if (!model.empty()) {
      auto it = model.lower_bound(static_cast<std::uint32_t>(random.Below(0x80000000)));
      if (it == model.end()) it = model.begin();
      ASSERT_EQ(late.Take(it->first)->token, it->second);
      model.erase(it);
    }
    ASSERT_EQ(late.size(), model.size());
    for (const auto& [number, token] : model) ASSERT_EQ(late.Find(number)->token, token);
  }
}

}  // namespace
}  // namespace hub
