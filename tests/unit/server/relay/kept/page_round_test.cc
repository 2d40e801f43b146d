#include "server/relay/kept/page_round.h"

#include <gtest/gtest.h>

namespace hub::relay {
namespace {

using namespace std::chrono_literals;

constexpr TimePoint kStart{1h};

Limits With(std::int32_t kept_page) {
  Limits limits;
  limits.kept_page = kept_page;
  return limits;
}

PageRound Passing(MessageId rows) {
  PageRound round;
  for (MessageId id = 1; id <= rows; ++id) round.PassOver({1'000, id});
  return round;
}

TEST(PageRound, GoesOnBehindWhatItWasShown) {
  PageRound round;
  EXPECT_EQ(round.behind().message_id, 0u) << "from the beginning";
  round.PassOver({1'000, 5});
  EXPECT_EQ(round.behind().message_id, 5u);
  round.Take({1'001, 4}, kStart, With(10));
  EXPECT_EQ(round.behind().next_at_us, 1'001);
  round.MoveTo({1'002, 3});  // rows without messages
  EXPECT_EQ(round.behind().next_at_us, 1'002);
  EXPECT_EQ(round.behind().message_id, 3u);
}

TEST(PageRound, IsNotOverBeforeItsEndOrSomethingNew) {
  EXPECT_EQ(Passing(1'000'000).over_at(), TimePoint::max());
}

TEST(PageRound, IsFollowedByAnotherOneTheLaterTheMoreWasPassedOver) {
  const Limits limits = With(100);
  for (const auto& [rows, pause] : {std::pair<MessageId, Duration>{0, 200ms},
                                    {100, 200ms},
                                    {1'000, 2s},
                                    {10'000, 20s},
                                    {1'000'000, 30s}}) {
    PageRound round = Passing(rows);
    round.ReachEnd(kStart, limits);
    EXPECT_EQ(round.over_at(), kStart + pause) << rows;
    round.ReachEnd(kStart + 1min, limits);
    EXPECT_EQ(round.over_at(), kStart + pause)
        << "looks at what comes behind it do not put that off";
  }
}

// Else what stands before the place reached would wait for the end of an overload.
TEST(PageRound, IsOverSomeTimeBehindTheFirstThatItTookWhetherThereIsAnEndOrNot) {
  const Limits limits = With(100);
  PageRound round = Passing(1'000);
  round.Take({2'000, 1}, kStart, limits);
  round.Take({2'000, 2}, kStart + 20s, limits);
  EXPECT_EQ(round.over_at(), kStart + limits.kept_load_pause_max);
}

}  // namespace
}  // namespace hub::relay
