#include "server/base/pooled.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <memory>
#include <set>
#include <thread>
#include <vector>

namespace hub {
namespace {

struct Thing final : Pooled<Thing, 4> {
  std::uint64_t octets[8] = {};
};

std::vector<std::unique_ptr<Thing>> Make(int count) {
  std::vector<std::unique_ptr<Thing>> made;
  for (int i = 0; i < count; ++i) made.push_back(std::make_unique<Thing>());
  return made;
}

TEST(Pooled, GivesBackWhatWasFreedLast) {
  if (!kPools) GTEST_SKIP() << "a sanitizer keeps what is freed";
  auto things = Make(3);
  const Thing* last = things.back().get();
  things.pop_back();
  EXPECT_EQ(Thing::spare_count(), 1u);
  const auto next = std::make_unique<Thing>();
  EXPECT_EQ(next.get(), last);
  EXPECT_EQ(next->octets[0], 0u);  // made anew
  EXPECT_EQ(Thing::spare_count(), 0u);
}

TEST(Pooled, KeepsNoMoreThanItsLimit) {
  Make(10);
  EXPECT_EQ(Thing::spare_count(), kPools ? 4u : 0u);
  const auto things = Make(10);
  std::set<const Thing*> places;
  for (const auto& each : things) places.insert(each.get());
  EXPECT_EQ(places.size(), 10u);
  EXPECT_EQ(Thing::spare_count(), 0u);
}

TEST(Pooled, EachThreadHasItsOwn) {
  Make(2);
  const std::size_t here = Thing::spare_count();
  auto thing = std::make_unique<Thing>();
  thing.reset();
  std::thread([moved = std::make_unique<Thing>()]() mutable {
    EXPECT_EQ(Thing::spare_count(), 0u);
    moved.reset();
    EXPECT_EQ(Thing::spare_count(), kPools ? 1u : 0u);
  }).join();
  EXPECT_EQ(Thing::spare_count(), here - (kPools ? 1 : 0));
}

}  // namespace
}  // namespace hub
