#include "tests/unit/server/net/loop_rig.h"
#include "tests/unit/server/net/raw_peer.h"

namespace hub::net {
namespace {

struct Closing : testing::Test {
  LoopRig rig;
  Recorder events;

  void Accept() {
    ASSERT_TRUE(rig.RunUntil([&] { return events.stream != nullptr; }));
  }
  void RunUntilClosed() {
    ASSERT_TRUE(rig.RunUntil([&] { return events.closed_calls > 0; }));
    rig.RunFor(5ms);
    EXPECT_EQ(events.closed_calls, 1);
    EXPECT_EQ(rig.loop.counters().streams_open.value(), 0u);
  }
};

TEST_F(Closing, CloseDropsTheQueueAndTellsAtTheEndOfTheTurn) {
  RawPeer peer(rig.Listen(events));
  Accept();
  bool told_within_the_call = false;
  rig.loop.Post([&] {
    events.stream->WriteCopy(smpp::AsBytes("never sent"));
    events.stream->Close();
    events.stream->Close();  // twice is normal
    events.stream->WriteCopy(smpp::AsBytes("ignored"));
    told_within_the_call = events.closed_calls > 0;
  });
  RunUntilClosed();
  EXPECT_FALSE(told_within_the_call);
  EXPECT_EQ(*events.cause, CloseCause::kOurs);
  EXPECT_FALSE(peer.Receive());
  EXPECT_EQ(peer.received, "");
}

TEST_F(Closing, NoOctetsComeAfterClose) {
  events.take = [&](const Slice& octets) {
    events.stream->ReadMore();
    events.stream->Close();
    return octets.size() / 2;
  };
  RawPeer peer(rig.Listen(events));
  peer.Send("abcdef");
  RunUntilClosed();
  EXPECT_EQ(events.calls, 1);
}

TEST_F(Closing, CloseAfterFlushSendsEverythingFirst) {
  RawPeer peer(rig.Listen(events, {.output_octets_max = 100'000'000}));
  Accept();
  const std::string text(10'000'000, 'x');
  events.stream->WriteCopy(smpp::AsBytes(text));
  events.stream->CloseAfterFlush();
  events.stream->WriteCopy(smpp::AsBytes("ignored"));
  bool open = true;
  ASSERT_TRUE(rig.RunUntil([&] {
    open = open && peer.Receive();
    return !open;
  }));
  EXPECT_EQ(peer.error, 0);
  EXPECT_EQ(peer.received.size(), text.size());
  EXPECT_EQ(*events.cause, CloseCause::kOurs);
  EXPECT_EQ(events.closed_calls, 1);
}

TEST_F(Closing, CloseAfterFlushWaitsForAConnectionThatIsStillBeingMade) {
  Recorder incoming;
  const std::uint16_t port = rig.Listen(incoming);
  rig.loop.Post([&] {  // the flush of this turn finds nothing queued, and nobody there yet
    rig.loop.Connect({"localhost", port}, events, {})->CloseAfterFlush();
  });
  ASSERT_TRUE(rig.RunUntil([&] { return events.closed_calls == 1 && incoming.closed_calls == 1; }));
  EXPECT_EQ(*events.cause, CloseCause::kOurs);
  EXPECT_FALSE(events.connected);
  EXPECT_EQ(*incoming.cause, CloseCause::kPeerClosed) << "it was there, and saw an orderly end";
}

// A peer that floods us with garbage gets our answer, not a reset that overtakes it.
TEST_F(Closing, TheLastAnswerSurvivesUnreadInput) {
  events.take = [&](const Slice&) {
    events.stream->WriteCopy(smpp::AsBytes("generic_nack"));
    events.stream->CloseAfterFlush();
    return std::size_t{0};
  };
  RawPeer peer(rig.Listen(events));
  peer.Send(std::string(100'000, 'g'));
  RunUntilClosed();
  while (peer.Receive()) {
  }
  EXPECT_EQ(peer.received, "generic_nack");
  EXPECT_EQ(peer.error, 0);
}

TEST_F(Closing, CloseAfterFlushGivesUpOnAPeerThatDoesNotRead) {
  RawPeer peer(rig.Listen(events, {.output_octets_max = 100'000'000, .flush_timeout = 30ms}));
  Accept();
  TimePoint start{};
  TimePoint end{};
  events.on_closed = [&] { end = rig.loop.clock().Now(); };
  rig.loop.Post([&] {
    start = rig.loop.timers().now();
    events.stream->WriteCopy(smpp::AsBytes(std::string(20'000'000, 'x')));
    events.stream->CloseAfterFlush();
  });
  RunUntilClosed();
  EXPECT_GE(end - start, 30ms);
  EXPECT_EQ(*events.cause, CloseCause::kOurs);
}

TEST_F(Closing, APeerThatOnlyEndsItsDataGetsTheAnswersOfThatTurn) {
  events.take = [&](const Slice& octets) {
    events.stream->WriteCopy(smpp::AsBytes("unbind_resp"));
    return octets.size();
  };
  RawPeer peer(rig.Listen(events));
  peer.Send("unbind");
  peer.Shutdown();
  RunUntilClosed();
  EXPECT_EQ(*events.cause, CloseCause::kPeerClosed);
  while (peer.Receive()) {
  }
  EXPECT_EQ(peer.received, "unbind_resp");
}

TEST_F(Closing, DeferredWorkOfOnClosedRunsAfterAllCallbacks) {
  std::string order;
  events.on_closed = [&] {
    order += "closed ";
    rig.loop.Defer([&] { order += "buried "; });
  };
  RawPeer peer(rig.Listen(events));
  Accept();
  peer.Close();
  RunUntilClosed();
  EXPECT_EQ(order, "closed buried ");
}

TEST_F(Closing, ARefusedConnectionIsClosedAtOnceAndSilently) {
  auto port = rig.loop.Listen({"127.0.0.1", 0},
                              [](Stream& stream) {
                                stream.WriteCopy(smpp::AsBytes("not sent"));
                                return static_cast<StreamEvents*>(nullptr);
                              },
                              {});
  ASSERT_TRUE(port.ok());
  RawPeer peer(*port);
  ASSERT_TRUE(rig.RunUntil([&] { return !peer.Receive(); }));
  EXPECT_EQ(rig.loop.counters().streams_open.value(), 0u);
}

TEST_F(Closing, ALoopMayDieWithOpenStreams) {
  Recorder outgoing;
  {
    LoopRig short_lived;
    Recorder incoming;
    const std::uint16_t port = short_lived.Listen(incoming);
    short_lived.loop.Connect({"127.0.0.1", port}, outgoing, {});
    short_lived.loop.Connect({"localhost", port}, outgoing, {});
    ASSERT_TRUE(short_lived.RunUntil([&] { return outgoing.connected; }));
  }
  EXPECT_EQ(outgoing.closed_calls, 0);
}

}  // namespace
}  // namespace hub::net
