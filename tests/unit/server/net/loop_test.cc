#include "server/net/loop.h"

#include <atomic>
#include <thread>

#include "server/base/spsc_ring.h"
#include "tests/support/fake_clock.h"
#include "tests/unit/server/net/loop_rig.h"
#include "tests/unit/server/net/raw_peer.h"

namespace hub::net {
namespace {

TEST(Loop, PostRunsOnTheLoopsThreadInOrder) {
  LoopRig rig;
  std::vector<int> order;
  std::thread::id ran_on;
  std::thread other([&] {
    for (int i = 0; i < 1000; ++i) {
      EXPECT_TRUE(rig.loop.Post([&, i] {
        order.push_back(i);
        ran_on = std::this_thread::get_id();
      }));
    }
  });
  ASSERT_TRUE(rig.RunUntil([&] { return order.size() == 1000; }));
  other.join();
  for (int i = 0; i < 1000; ++i) ASSERT_EQ(order[static_cast<std::size_t>(i)], i);
  EXPECT_EQ(ran_on, std::this_thread::get_id());
}

TEST(Loop, PostRefusesWhatIsOverItsLimit) {
  LoopRig rig({.posts_max = 2});
  int ran = 0;
  EXPECT_TRUE(rig.loop.Post([&] { ++ran; }));
  EXPECT_TRUE(rig.loop.Post([&] { ++ran; }));
  EXPECT_FALSE(rig.loop.Post([&] { ++ran; }));
  EXPECT_EQ(rig.loop.counters().posts_refused.value(), 1u);
  rig.RunFor(2ms);
  EXPECT_EQ(ran, 2);
}

TEST(Loop, PostAlwaysComesThroughAFullMailboxInItsTurn) {
  LoopRig rig({.posts_max = 2});
  std::string ran;
  EXPECT_TRUE(rig.loop.Post([&] { ran += 'a'; }));
  EXPECT_TRUE(rig.loop.Post([&] { ran += 'b'; }));
  rig.loop.PostAlways([&] { ran += 'c'; });
  EXPECT_FALSE(rig.loop.Post([&] { ran += 'd'; }));
  EXPECT_EQ(rig.loop.counters().posts_refused.value(), 1u);
  rig.RunFor(2ms);
  EXPECT_EQ(ran, "abc");
}

// No timer runs in this loop: a lost wake-up would let it sleep for ever.
TEST(Loop, NoWakeIsLostHoweverOftenItIsCalled) {
  SystemClock clock;
  Loop loop(clock, {});
  constexpr int kValues = 200'000;
  SpscRing<int> mailbox(64);
  int got = 0;
  loop.EachTurn([&] {
    for (int value; mailbox.TryPop(&value);) {
      ASSERT_EQ(value, got);
      ++got;
    }
    if (got == kValues) loop.Stop();
  });
  std::thread producer([&] {
    for (int i = 0; i < kValues;) {
      if (mailbox.TryPush(int{i})) ++i;
      loop.Wake();
    }
  });
  loop.Run();
  producer.join();
  EXPECT_EQ(got, kValues);
}

TEST(Loop, TimersFireInOrderAndNotEarly) {
  LoopRig rig;
  std::string order;
  TimePoint fired{};
  Timer late(rig.loop.timers(), [&] {
    order += "late";
    fired = rig.loop.clock().Now();
  });
  Timer soon(rig.loop.timers(), [&] { order += "soon "; });
  const TimePoint start = rig.loop.clock().Now();
  rig.loop.timers().set_now(start);
  late.Start(30ms);
  soon.Start(10ms);
  ASSERT_TRUE(rig.RunUntil([&] { return order.size() == 9; }));
  EXPECT_EQ(order, "soon late");
  EXPECT_GE(fired - start, 30ms);
}

// Milliseconds rounded up would make each of these late by 800 us.
TEST(Loop, PreciseTimersAreGoodToMicroseconds) {
  LoopRig rig({.precise_timers = true});
  Duration best = 1s;
  for (int i = 0; i < 100; ++i) {
    TimePoint fired{};
    Timer timer(rig.loop.timers(), [&] { fired = rig.loop.clock().Now(); });
    const TimePoint start = rig.loop.clock().Now();
    rig.loop.timers().set_now(start);
    timer.Start(200us);
    ASSERT_TRUE(rig.RunUntil([&] { return fired != TimePoint{}; }));
    ASSERT_GE(fired - start, 200us);
    best = std::min(best, Duration(fired - start));
  }
  EXPECT_LT(best, 700us);
}

// A process that was stopped for a while must not take its own silence for its peers': their answers lie in the kernel.
TEST(Loop, WhatLiesHereIsReadBeforeTimersThatAreLateByOurFault) {
  for (const auto& [stall, expected] : {std::pair<Duration, std::string>(10'900ms, "tr"),
                                        std::pair<Duration, std::string>(11'100ms, "rt")}) {
    test::FakeClock clock;
    Loop loop(clock, {});
    loop.EachTurn([&] { loop.Stop(); });  // Run is one turn
    Recorder events;
    std::string order;
    events.take = [&](const Slice& octets) {
      order += 'r';
      return octets.size();
    };
    const auto port = loop.Listen({"127.0.0.1", 0},
                                  [&events](Stream& stream) {
                                    events.stream = &stream;
                                    return &events;
                                  },
                                  {});
    ASSERT_TRUE(port.ok());
    RawPeer peer(*port);
    while (events.stream == nullptr) loop.Run();
    Timer timer(loop.timers(), [&] { order += 't'; });
    loop.timers().set_now(clock.Now());
    timer.Start(10s);
    ASSERT_EQ(peer.Send("x"), 1u);
    clock.Advance(stall);
    while (order.size() < 2) loop.Run();
    EXPECT_EQ(order, expected);
  }
}

// One octet a turn, as a session judges only so many frames; each turn takes `turn`.
std::string OrderAfterAStall(std::size_t octets, Duration turn) {
  test::FakeClock clock;
  Loop loop(clock, {});
  loop.EachTurn([&] { loop.Stop(); });
  Recorder events;
  std::string order;
  events.take = [&](const Slice&) -> std::size_t {
    order += 'r';
    clock.Advance(turn);
    events.stream->ReadMore();
    return 1;
  };
  const auto port = loop.Listen({"127.0.0.1", 0},
                                [&events](Stream& stream) {
                                  events.stream = &stream;
                                  return &events;
                                },
                                {});
  EXPECT_TRUE(port.ok());
  RawPeer peer(*port);
  while (events.stream == nullptr) loop.Run();
  Timer timer(loop.timers(), [&] { order += 't'; });
  loop.timers().set_now(clock.Now());
  timer.Start(10s);
  EXPECT_EQ(peer.Send(std::string(octets, 'x')), octets);
  clock.Advance(20s);
  while (order.size() <= octets) loop.Run();
  return order;
}

TEST(Loop, AllThatLiesHereIsReadBeforeLateTimersHoweverManyTurnsItTakes) {
  EXPECT_EQ(OrderAfterAStall(500, 1ms), std::string(500, 'r') + "t");
}

TEST(Loop, LateTimersWaitNoLongerThanASecondForALoopThatIsNeverDoneWithReading) {
  EXPECT_EQ(OrderAfterAStall(10, 300ms), "rrrrtrrrrrr");
}

TEST(Loop, DeferredWorkRunsOnceAtTheEndOfTheTurn) {
  LoopRig rig;
  std::string order;
  rig.loop.Post([&] {
    rig.loop.Defer([&] {
      order += "deferred ";
      rig.loop.Defer([&] { order += "again "; });
    });
    order += "post ";
  });
  ASSERT_TRUE(rig.RunUntil([&] { return order.size() == 20; }));
  EXPECT_EQ(order, "post deferred again ");
}

TEST(Loop, IdleLoopsSleep) {
  SystemClock clock;
  Loop loop(clock, {});
  std::thread stopper([&] {
    std::this_thread::sleep_for(50ms);
    loop.Stop();
  });
  loop.Run();
  stopper.join();
  EXPECT_LE(loop.counters().turns.value(), 3u);
}

// Each loop has a listener of its own on the one port; the kernel spreads the connections.
TEST(Loop, TwoLoopsShareAPort) {
  SystemClock clock;
  Loop loops[2] = {Loop(clock, {}), Loop(clock, {})};
  std::atomic<int> accepted[2] = {0, 0};
  std::atomic<std::uint64_t> octets{0};
  struct Sink : StreamEvents {
    explicit Sink(std::atomic<std::uint64_t>& total) : octets(total) {}
    void OnConnected() override {}
    std::size_t OnOctets(const Slice& s) override {
      octets += s.size();
      return s.size();
    }
    void OnDrained() override {}
    void OnClosed(CloseCause, int) override {}
    std::atomic<std::uint64_t>& octets;
  } sink(octets);
  std::uint16_t port = 0;
  for (int i = 0; i < 2; ++i) {
    auto listening = loops[i].Listen({"127.0.0.1", port},
                                     [&, i](Stream&) {
                                       ++accepted[i];
                                       return &sink;
                                     },
                                     {});
    ASSERT_TRUE(listening.ok()) << listening.error().Text();
    port = *listening;
  }
  std::thread threads[2] = {std::thread([&] { loops[0].Run(); }),
                            std::thread([&] { loops[1].Run(); })};
  std::vector<RawPeer> peers;
  for (int i = 0; i < 64; ++i) {
    peers.emplace_back(port);
    peers.back().Send("hello");
  }
  const TimePoint limit = clock.Now() + 5s;
  while (octets.load() < 64 * 5 && clock.Now() < limit) std::this_thread::sleep_for(1ms);
  for (Loop& loop : loops) loop.Stop();
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(octets.load(), 64u * 5);
  EXPECT_EQ(accepted[0] + accepted[1], 64);
  EXPECT_GT(accepted[0].load(), 0);
  EXPECT_GT(accepted[1].load(), 0);
}

}  // namespace
}  // namespace hub::net
