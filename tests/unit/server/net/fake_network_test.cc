// The fake must behave as the real loop does, or scenario tests prove nothing.
#include "tests/support/fake_network.h"

#include <gtest/gtest.h>

#include "tests/unit/server/net/loop_rig.h"

namespace hub::net {
namespace {

using test::FakeNetwork;
using test::ScriptedPeer;

struct FakeNetworkTest : testing::Test {
  FakeNetwork network;
  Recorder events;

  ScriptedPeer& Connects(StreamLimits limits = {}) {
    return network.PeerConnects(
        [this](Stream& stream) {
          events.stream = &stream;
          return &events;
        },
        limits);
  }
};

TEST_F(FakeNetworkTest, LeftOverComesAgainInFrontOfWhatFollows) {
  std::vector<std::string> seen;
  events.take = [&](const Slice& octets) {
    seen.emplace_back(smpp::AsText(octets.bytes()));
    return octets.size() >= 4 ? std::size_t{4} : std::size_t{0};
  };
  ScriptedPeer& peer = Connects();
  peer.DeliverOneByOne(smpp::AsBytes("abcde"));
  EXPECT_EQ(seen, (std::vector<std::string>{"a", "ab", "abc", "abcd", "e"}));
}

TEST_F(FakeNetworkTest, ReadMoreIsServedBeforeTheHangup) {
  events.take = [&](const Slice&) {
    events.stream->ReadMore();
    return std::size_t{1};
  };
  ScriptedPeer& peer = Connects();
  peer.Deliver("abc");
  peer.Hangup();
  EXPECT_EQ(events.received, "abc");
  EXPECT_EQ(events.cause, CloseCause::kPeerClosed);
  EXPECT_EQ(peer.close_cause(), CloseCause::kPeerClosed);
  EXPECT_FALSE(peer.connected());
  EXPECT_EQ(network.open_streams(), 0u);
}

TEST_F(FakeNetworkTest, WritesReachThePeerAtTheEndOfTheTurn) {
  ScriptedPeer& peer = Connects();
  events.stream->WriteCopy(smpp::AsBytes("one "));
  events.stream->Write(Slice::CopyOf(smpp::AsBytes("two")));
  EXPECT_EQ(peer.received(), "");
  network.Turn();
  EXPECT_EQ(peer.TakeReceived(), "one two");
  EXPECT_EQ(peer.TakeReceived(), "");
}

TEST_F(FakeNetworkTest, APausedStreamLeavesOctetsInTheKernel) {
  ScriptedPeer& peer = Connects();
  events.stream->PauseReading();
  peer.Deliver("later");
  EXPECT_EQ(peer.octets_in_kernel(), 5u);
  EXPECT_EQ(events.calls, 0);
  events.stream->ResumeReading();
  network.RunUntilQuiet();
  EXPECT_EQ(events.received, "later");
}

TEST_F(FakeNetworkTest, APeerThatDoesNotReadCongestsThenOverflows) {
  ScriptedPeer& peer = Connects({.output_octets_high = 10, .output_octets_max = 20});
  peer.StopReading();
  events.stream->WriteCopy(smpp::AsBytes("12345678901"));
  EXPECT_TRUE(events.stream->congested());
  peer.ReadAgain();
  EXPECT_EQ(events.drained, 1);
  peer.StopReading();
  events.stream->WriteCopy(smpp::AsBytes("123456789012345678901"));
  EXPECT_EQ(events.closed_calls, 0);
  network.RunUntilQuiet();
  EXPECT_EQ(events.cause, CloseCause::kOutputLimit);
  EXPECT_EQ(events.closed_calls, 1);
}

TEST_F(FakeNetworkTest, ConnectIsAcceptedRefusedOrTimesOut) {
  Recorder accepted, refused, silent;
  network.Connect({"smsc", 1}, accepted, {});
  network.Connect({"smsc", 2}, refused, {});
  network.Connect({"smsc", 3}, silent, {.connect_timeout = 10s});
  network.peers()[0]->Accept();
  network.peers()[1]->Refuse();
  EXPECT_TRUE(accepted.connected);
  EXPECT_TRUE(network.peers()[0]->connected());
  EXPECT_EQ(refused.cause, CloseCause::kConnectFailed);
  EXPECT_EQ(refused.error, ECONNREFUSED);
  network.Advance(9999ms);
  EXPECT_EQ(silent.closed_calls, 0);
  network.Advance(1ms);
  EXPECT_EQ(silent.error, ETIMEDOUT);
  EXPECT_EQ(network.peers()[2]->address().port, 3);
}

TEST_F(FakeNetworkTest, CloseDropsAndCloseAfterFlushWaitsForThePeer) {
  ScriptedPeer& first = Connects();
  events.stream->WriteCopy(smpp::AsBytes("lost"));
  events.stream->Close();
  EXPECT_EQ(events.closed_calls, 0);
  network.RunUntilQuiet();
  EXPECT_EQ(first.received(), "");
  EXPECT_EQ(events.cause, CloseCause::kOurs);

  ScriptedPeer& second = Connects({.flush_timeout = 5s});
  second.StopReading();
  events.stream->WriteCopy(smpp::AsBytes("kept"));
  events.stream->CloseAfterFlush();
  network.Advance(4s);
  EXPECT_TRUE(second.connected());
  second.ReadAgain();
  EXPECT_EQ(second.received(), "kept");
  EXPECT_FALSE(second.connected());

  ScriptedPeer& third = Connects({.flush_timeout = 5s});
  third.StopReading();
  events.stream->WriteCopy(smpp::AsBytes("given up"));
  events.stream->CloseAfterFlush();
  network.Advance(5s);
  EXPECT_FALSE(third.connected());
}

TEST_F(FakeNetworkTest, TimersFireEachAtItsOwnTime) {
  std::string order;
  const TimePoint start = network.clock().Now();
  std::vector<Duration> at;
  Timer second(network.timers(), [&] { at.push_back(network.clock().Now() - start); });
  Timer first(network.timers(), [&] {
    at.push_back(network.clock().Now() - start);
    second.Start(1s);
  });
  second.Start(30s);
  first.Start(2s);
  network.Advance(10s);
  EXPECT_EQ(at, (std::vector<Duration>{2s, 3s}));
  EXPECT_EQ(network.clock().Now() - start, 10s);
}

TEST_F(FakeNetworkTest, ARefusedPeerIsNotConnected) {
  ScriptedPeer& peer = network.PeerConnects([](Stream&) { return nullptr; });
  EXPECT_FALSE(peer.connected());
  EXPECT_EQ(network.open_streams(), 0u);
}

}  // namespace
}  // namespace hub::net
