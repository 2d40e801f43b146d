#include "server/relay/kept/recent_ends.h"

#include <gtest/gtest.h>

#include "tests/support/fake_journal.h"
#include "tests/support/fake_network.h"

namespace hub::relay {
namespace {

struct NoPasswords final : access::PasswordJudge {
  bool Judge(access::PasswordCase) override { return false; }
  void Forget(std::int64_t) override {}
};

struct RecentEndsTest : testing::Test {
  RecentEndsTest() { journal.slow = true; }

  // A turn of the loop in which these messages end.
  void Turn(std::initializer_list<MessageId> ends, journal::Position settled = 0) {
    for (const MessageId id : ends) {
      records.Write(store::QueueEndRecord{id});
      recent.Note(id);
    }
    recent.EndTurn(records, settled);
    records.EndTurn();
  }
  // Everything is on disk; what is noticed is noticed. Returns how far the journal is then.
  journal::Position Sync() {
    journal.Sync();
    Turn({});
    return journal.durable_end();
  }

  test::FakeNetwork network;
  Metrics metrics;
  Limits limits;
  test::FakeJournal journal;
  test::FakeSettler settler{journal};
  test::FakeArchive archive;
  NoPasswords passwords;
  access::ProcessKey key;
  access::Guard guard{key, {}};
  Dedupe dedupe{16};
  std::unique_ptr<PartPins> parts = std::make_unique<PartPins>();
  std::unique_ptr<OpenMultis> multis = std::make_unique<OpenMultis>();
  PostOffice post{1};
  Context context{network, metrics,   limits, journal, settler,
                  archive, passwords, guard,  dedupe,  *parts,
                  *multis, post,      1,      0,       [](std::function<void()>) { return true; }};
  Records records{context};
  RecentEnds recent{3};
};

// It was held, taken up again by a late answer, and ended: PostgreSQL still shows the time between the two.
TEST_F(RecentEndsTest, AMessageThatWasLetGoTwiceIsKnownUntilTheSecondTimeIsSettled) {
  Turn({1});
  const journal::Position first = Sync();
  Turn({1});
  const journal::Position second = Sync();
  Turn({}, first);
  EXPECT_TRUE(recent.Contains(1));
  Turn({}, second);
  EXPECT_FALSE(recent.Contains(1));
  EXPECT_EQ(recent.size(), 0u);
}

TEST_F(RecentEndsTest, AnEndIsKnownFromItsTurnUntilItIsSettled) {
  Turn({1});
  EXPECT_TRUE(recent.Contains(1));
  EXPECT_FALSE(recent.Contains(2));
  Turn({}, 1'000'000);
  EXPECT_TRUE(recent.Contains(1)) << "not on disk: whatever is settled, it is not this";
  const journal::Position end = Sync();
  Turn({}, end - 1);
  EXPECT_TRUE(recent.Contains(1));
  Turn({}, end);
  EXPECT_FALSE(recent.Contains(1));
  EXPECT_EQ(recent.size(), 0u);
}

TEST_F(RecentEndsTest, TheyGoInTheOrderOfTheJournal) {
  Turn({1, 2});
  const journal::Position first = Sync();
  Turn({3});
  const journal::Position second = Sync();
  ASSERT_LT(first, second);
  Turn({}, first);
  EXPECT_FALSE(recent.Contains(1) || recent.Contains(2));
  EXPECT_TRUE(recent.Contains(3));
  Turn({}, second);
  EXPECT_FALSE(recent.Contains(3));
}

TEST_F(RecentEndsTest, WhatWasOnDiskWhenItWasSettledGoesThoughTheJournalGrows) {
  Turn({1});
  Turn({2});
  const journal::Position end = Sync();
  Turn({3});
  Sync();  // settlement lags behind the disk, as it always does
  Turn({}, end);
  EXPECT_FALSE(recent.Contains(1) || recent.Contains(2)) << recent.size();
  EXPECT_TRUE(recent.Contains(3));
}

TEST_F(RecentEndsTest, BeyondTheLimitTheOldestGoAndOlderPagesAreOfNoUse) {
  Turn({1, 2});
  const journal::Position first = Sync();
  Turn({3, 4});
  Sync();
  EXPECT_FALSE(recent.Contains(1) || recent.Contains(2));
  EXPECT_TRUE(recent.Contains(3) && recent.Contains(4));
  EXPECT_EQ(recent.size(), 2u);
  EXPECT_FALSE(recent.Knows(first - 1)) << "it may show 1 and 2 as they were";
  EXPECT_TRUE(recent.Knows(first));
}

TEST_F(RecentEndsTest, WhatIsNotOnDiskIsNotDroppedWhateverTheLimit) {
  Turn({1, 2, 3, 4, 5});
  Turn({});
  EXPECT_EQ(recent.size(), 5u);
  EXPECT_TRUE(recent.Knows(0));
}

TEST_F(RecentEndsTest, APageMadeBeforeAnEndWasSettledIsOfNoUseBehindIt) {
  EXPECT_TRUE(recent.Knows(0)) << "nothing was dropped yet";
  Turn({1});
  const journal::Position end = Sync();
  Turn({}, end);
  EXPECT_FALSE(recent.Knows(end - 1));
  EXPECT_TRUE(recent.Knows(end));
}

TEST_F(RecentEndsTest, TheMemoryOfABacklogGoesWithIt) {
  constexpr MessageId kMany = 100'000;
  RecentEnds many{kMany};
  const auto turn = [&](journal::Position settled) {
    many.EndTurn(records, settled);
    records.EndTurn();
  };
  for (MessageId id = 1; id <= kMany; ++id) {
    records.Write(store::QueueEndRecord{id});
    many.Note(id);
  }
  turn(0);
  journal.Sync();
  const journal::Position first = journal.durable_end();
  records.Write(store::QueueEndRecord{kMany + 1});
  many.Note(kMany + 1);
  EXPECT_GT(many.buckets(), kMany);
  turn(first);
  EXPECT_EQ(many.size(), 1u);
  EXPECT_LT(many.buckets(), 100u);
  EXPECT_TRUE(many.Contains(kMany + 1));
}

}  // namespace
}  // namespace hub::relay
