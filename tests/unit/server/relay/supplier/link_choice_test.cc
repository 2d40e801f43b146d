#include "server/relay/supplier/link_choice.h"

#include <gtest/gtest.h>

namespace hub::relay {
namespace {

constexpr std::int32_t kWindow = 1000;

// A supplier with one link on each of two loops, both up and idle.
struct LinkChoice : testing::Test {
  LinkChoice() {
    entry.state = std::make_shared<SupplierState>();
    for (const unsigned loop : {0u, 1u}) {
      auto link = std::make_shared<LinkState>();
      link->loop = loop;
      link->row.window_requests_max = kWindow;
      link->up.store(true);
      entry.links.push_back(std::move(link));
    }
  }
  // The loop of the chosen one; -1: none takes it.
  int Chosen(unsigned loop) {
    const auto link = ChooseLink(entry, WaitsIn::kQueue, loop, limits);
    return link == nullptr ? -1 : static_cast<int>(link->loop);
  }

  SupplierEntry entry;
  LinkState& near() { return *entry.links[0]; }
  LinkState& far() { return *entry.links[1]; }
  Limits limits;
};

TEST_F(LinkChoice, AMessageStaysOnItsLoopWhileThatLinkHasLittleToDo) {
  near().load.store(16);
  EXPECT_EQ(Chosen(0), 0) << "the other one is idle, but a letter away";
  near().promised.store(1);
  EXPECT_EQ(Chosen(0), 1);
}

TEST_F(LinkChoice, AMessageStaysOnItsLoopWhileThatLinkHasNotMuchMoreToDoThanTheLeastLoaded) {
  far().load.store(100);
  near().load.store(216);
  EXPECT_EQ(Chosen(0), 0);
  near().load.store(217);
  EXPECT_EQ(Chosen(0), 1) << "else it would wait behind what a slow bind has not answered";
  far().load.store(kWindow);
  near().load.store(kWindow);
  EXPECT_EQ(Chosen(0), 0) << "of those alike the near one";
}

TEST_F(LinkChoice, FewOfASmallWindowAreFew) {
  near().row.window_requests_max = far().row.window_requests_max = 10;
  near().load.store(1);
  EXPECT_EQ(Chosen(0), 0);
  near().load.store(2);
  EXPECT_EQ(Chosen(0), 1);
  near().row.window_requests_max = 1;
  near().load.store(0);
  EXPECT_EQ(Chosen(0), 0);
  near().load.store(1);
  EXPECT_EQ(Chosen(0), 1);
}

TEST_F(LinkChoice, WhoIsNearButDownOrThrottledIsNotPreferred) {
  near().throttle.store(Throttle::kPaused);
  EXPECT_EQ(Chosen(0), 1);
  near().throttle.store(Throttle::kNone);
  near().up.store(false);
  EXPECT_EQ(Chosen(0), 1);
  far().up.store(false);
  EXPECT_EQ(Chosen(0), -1);
}

TEST_F(LinkChoice, OfTwoOnTheSameLoopTheLessLoadedIsChosen) {
  far().loop = 0;
  near().load.store(2);
  far().load.store(1);
  EXPECT_EQ(ChooseLink(entry, WaitsIn::kQueue, 0, limits), entry.links[1]);
}

}  // namespace
}  // namespace hub::relay
