#include "server/relay/supplier/link_queue.h"

#include <gtest/gtest.h>

namespace hub::relay {
namespace {

using enum smpp::CommandId;
using namespace std::chrono_literals;

constexpr std::size_t kPlaces = 16;
constexpr TimePoint kStart{Duration(1h)};

struct Rig {
  SubmitJob Job(smpp::CommandId id, MessageId age = 1, bool again = false) {
    SubmitJob job;
    job.command_id = id;
    job.age = age;
    job.again = again;
    return job;
  }
  void Put(const SubmitJob& job, SlotId id, TimePoint give_up = kStart) {
    EXPECT_FALSE(queue.IsFullFor(job));
    queue.Put(job, id, give_up);
  }
  std::uint64_t Counted() const { return metrics.Get(Metric::queue_messages); }

  Metrics metrics;
  LinkQueue queue{kPlaces, metrics};
};

TEST(LinkQueue, MessagesGoInTheOrderInWhichTheyCame) {
  Rig rig;
  for (SlotId id = 1; id <= 3; ++id) rig.Put(rig.Job(submit_sm, 10 - id), id);
  EXPECT_EQ(rig.Counted(), 3u);
  for (SlotId id = 1; id <= 3; ++id) EXPECT_EQ(rig.queue.PopMessage(), id);
  EXPECT_TRUE(rig.queue.empty());
  EXPECT_EQ(rig.Counted(), 0u);
}

TEST(LinkQueue, WhatWasThrottledGoesBeforeThemOldestFirst) {
  Rig rig;
  rig.Put(rig.Job(submit_sm, 5), 1);
  rig.Put(rig.Job(submit_sm, 8, true), 2);
  rig.Put(rig.Job(submit_sm, 7, true), 3);
  for (const SlotId id : {3u, 2u, 1u}) EXPECT_EQ(rig.queue.PopMessage(), id);
}

TEST(LinkQueue, ChangesGoBeforeQueriesAndNeitherIsAMessage) {
  Rig rig;
  rig.Put(rig.Job(query_sm), 1);
  rig.Put(rig.Job(cancel_sm), 2);
  EXPECT_EQ(rig.queue.messages(), 0u);
  EXPECT_EQ(rig.queue.asides(), 2u);
  EXPECT_EQ(rig.queue.PopAside(), 2u);
  EXPECT_EQ(rig.queue.PopAside(), 1u);
  EXPECT_FALSE(rig.queue.has_asides());
}

TEST(LinkQueue, MessagesAndChangesShareItsPlacesAndQueriesHaveTheirOwn) {
  Rig rig;
  const std::size_t share = ChangeShare::Of(kPlaces);
  for (SlotId id = 0; id < share; ++id) rig.Put(rig.Job(replace_sm), id);
  EXPECT_TRUE(rig.queue.IsFullFor(rig.Job(replace_sm)));
  for (SlotId id = share; id < kPlaces; ++id) rig.Put(rig.Job(submit_sm), id);
  EXPECT_TRUE(rig.queue.IsFullFor(rig.Job(submit_sm)));
  EXPECT_FALSE(rig.queue.IsFullFor(rig.Job(submit_sm, 1, true))) << "it has a place always";
  for (SlotId id = 0; id < share; ++id) rig.Put(rig.Job(query_sm), 100 + id);
  EXPECT_TRUE(rig.queue.IsFullFor(rig.Job(query_sm)));
}

TEST(LinkQueue, WhosePatienceIsOverIsTakenOutWhereverItStands) {
  Rig rig;
  EXPECT_EQ(rig.queue.first_over(), TimePoint::max());
  rig.Put(rig.Job(submit_sm, 1, true), 1, kStart + 9s);
  rig.Put(rig.Job(submit_sm, 2, true), 2, kStart + 1s);  // behind one that is more patient
  rig.Put(rig.Job(submit_sm), 3, kStart + 2s);
  rig.Put(rig.Job(query_sm), 4, kStart + 2s);
  rig.Put(rig.Job(submit_sm), 5, kStart + 3s);
  EXPECT_EQ(rig.queue.first_over(), kStart + 1s);
  EXPECT_EQ(rig.queue.PopExpired(kStart + 2s), (std::vector<SlotId>{2, 3, 4}));
  EXPECT_EQ(rig.queue.first_over(), kStart + 3s);
  EXPECT_EQ(rig.Counted(), 2u);
}

}  // namespace
}  // namespace hub::relay
