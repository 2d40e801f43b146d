// TLS over real sockets: a user of a stream cannot tell it from TCP.
#include <gmock/gmock.h>

#include <atomic>

#include "tests/unit/server/net/certificates.h"
#include "tests/unit/server/net/loop_rig.h"
#include "tests/unit/server/net/raw_peer.h"

namespace hub::net {
namespace {

using testing::HasSubstr;

class TlsStreams : public testing::Test {
 protected:
  TlsContextPtr Server(const Authority::Leaf& leaf) {
    auto made = TlsContext::ForServer({.certificate = leaf.certificate, .key = leaf.key});
    EXPECT_TRUE(made.ok()) << made.error().Text();
    return *made;
  }
  std::uint16_t Listen(StreamLimits limits = {}) {
    auto port = rig.loop.Listen({"127.0.0.1", 0},
                                [this](Stream& stream) {
                                  theirs.stream = &stream;
                                  return &theirs;
                                },
                                limits, {.tls = Server(leaf_)});
    EXPECT_TRUE(port.ok());
    return *port;
  }
  Stream* Connect(std::uint16_t port, Recorder& events) {
    const auto context = TlsContext::ForClient({.ca = ca_.ca()});
    return rig.loop.ConnectTls({"127.0.0.1", port}, {*context, "smsc.example"}, events, {});
  }

  Authority ca_{"one"};
  const Authority::Leaf leaf_ = ca_.Sign("smsc", "DNS:smsc.example");
  LoopRig rig;
  Recorder ours, theirs;
};

TEST_F(TlsStreams, CarryOctetsBothWays) {
  Stream* stream = Connect(Listen(), ours);
  stream->WriteCopy(smpp::AsBytes("written before the handshake"));
  ASSERT_TRUE(rig.RunUntil([&] { return !theirs.received.empty(); }));
  EXPECT_TRUE(ours.connected);
  EXPECT_EQ(theirs.received, "written before the handshake");
  theirs.stream->WriteCopy(smpp::AsBytes("answer"));
  ASSERT_TRUE(rig.RunUntil([&] { return ours.received == "answer"; }));
  EXPECT_EQ(stream->tls().version, "TLSv1.3");
  EXPECT_EQ(theirs.stream->tls().cipher, stream->tls().cipher);
  EXPECT_EQ(rig.loop.counters().tls_handshakes.value(), 2u);  // both ends are ours
}

TEST_F(TlsStreams, CarryMegabytesInOrderToAReaderThatTakesLittle) {
  Stream* stream = Connect(Listen({.output_octets_max = 8'000'000}), ours);
  ASSERT_TRUE(rig.RunUntil([&] { return ours.connected && theirs.stream != nullptr; }));
  std::string sent;
  for (int i = 0; i < 600'000; ++i) sent += std::to_string(i % 10);
  std::size_t taken = 0;
  theirs.take = [&](const Slice& octets) {
    if (++taken % 3 == 0) theirs.stream->ReadMore();
    return std::max<std::size_t>(octets.size() / 2, 1);
  };
  stream->WriteCopy(smpp::AsBytes(sent));
  theirs.stream->WriteCopy(smpp::AsBytes(sent));
  ASSERT_TRUE(rig.RunUntil([&] {
    if (theirs.stream != nullptr) theirs.stream->ReadMore();
    return ours.received.size() == sent.size() && theirs.received.size() == sent.size();
  }));
  EXPECT_TRUE(ours.received == sent && theirs.received == sent);
}

TEST_F(TlsStreams, APauseStopsOctetsAndResumingLosesNone) {
  Stream* stream = Connect(Listen(), ours);
  ASSERT_TRUE(rig.RunUntil([&] { return ours.connected && theirs.stream != nullptr; }));
  theirs.stream->PauseReading();
  stream->WriteCopy(smpp::AsBytes(std::string(100'000, 'p')));
  rig.RunFor(50ms);
  EXPECT_EQ(theirs.received.size(), 0u);
  theirs.stream->ResumeReading();
  ASSERT_TRUE(rig.RunUntil([&] { return theirs.received.size() == 100'000; }));
}

TEST_F(TlsStreams, CloseAfterFlushDeliversEverythingFirst) {
  Stream* stream = Connect(Listen(), ours);
  ASSERT_TRUE(rig.RunUntil([&] { return ours.connected; }));
  stream->WriteCopy(smpp::AsBytes(std::string(500'000, 'z')));
  stream->CloseAfterFlush();
  ASSERT_TRUE(rig.RunUntil([&] { return ours.closed_calls == 1 && theirs.closed_calls == 1; }));
  EXPECT_EQ(theirs.received.size(), 500'000u);
  EXPECT_EQ(*theirs.cause, CloseCause::kPeerClosed);
  EXPECT_EQ(*ours.cause, CloseCause::kOurs);
}

TEST_F(TlsStreams, TheLastUnitsAreServedBeforeTheGoodbyeThatCameWithThem) {
  Stream* stream = Connect(Listen(), ours);
  ASSERT_TRUE(rig.RunUntil([&] { return ours.connected && theirs.stream != nullptr; }));
  theirs.take = [&](const Slice&) {
    theirs.stream->ReadMore();
    return std::size_t{1};
  };
  stream->WriteCopy(smpp::AsBytes(std::string(100, 'u')));
  stream->CloseAfterFlush();
  ASSERT_TRUE(rig.RunUntil([&] { return theirs.closed_calls == 1; }));
  EXPECT_EQ(theirs.received.size(), 100u);
  EXPECT_EQ(*theirs.cause, CloseCause::kPeerClosed);
}

TEST_F(TlsStreams, AGoodbyeWaitsForAUserWhoPaused) {
  Stream* stream = Connect(Listen(), ours);
  ASSERT_TRUE(rig.RunUntil([&] { return ours.connected && theirs.stream != nullptr; }));
  theirs.take = [&](const Slice&) {
    theirs.stream->PauseReading();
    return std::size_t{0};
  };
  stream->WriteCopy(smpp::AsBytes("unbind"));
  stream->CloseAfterFlush();
  rig.RunFor(50ms);
  EXPECT_EQ(theirs.calls, 1);
  ASSERT_EQ(theirs.closed_calls, 0);
  theirs.take = nullptr;
  theirs.stream->ResumeReading();
  ASSERT_TRUE(rig.RunUntil([&] { return theirs.closed_calls == 1; }));
  EXPECT_EQ(theirs.received, "unbind");
}

TEST_F(TlsStreams, PlainOctetsEndTheirConnectionOnly) {
  const std::uint16_t port = Listen();
  RawPeer plain(port);
  plain.Send("GET / HTTP/1.1\r\n\r\n");
  ASSERT_TRUE(rig.RunUntil([&] { return theirs.closed_calls == 1; }));
  EXPECT_EQ(*theirs.cause, CloseCause::kTlsFailed);
  EXPECT_EQ(theirs.received, "");
  EXPECT_EQ(rig.loop.counters().tls_handshakes_failed.value(), 1u);
  Connect(port, ours)->WriteCopy(smpp::AsBytes("next"));
  ASSERT_TRUE(rig.RunUntil([&] { return theirs.received == "next"; }));
}

TEST_F(TlsStreams, AClientTellsWhyItDoesNotTrust) {
  const Authority other("two");
  const auto context = TlsContext::ForClient({.ca = other.ca()});
  std::string failure;
  Stream* stream = nullptr;
  ours.on_closed = [&] { failure = stream->tls().failure; };
  stream = rig.loop.ConnectTls({"127.0.0.1", Listen()}, {*context, "smsc.example"}, ours, {});
  stream->WriteCopy(smpp::AsBytes("secret"));
  ASSERT_TRUE(rig.RunUntil([&] { return ours.closed_calls == 1 && theirs.closed_calls == 1; }));
  EXPECT_EQ(*ours.cause, CloseCause::kTlsFailed);
  EXPECT_FALSE(ours.connected);
  EXPECT_EQ(theirs.received, "");
  EXPECT_THAT(failure, HasSubstr("unable to get local issuer certificate"));
}

TEST_F(TlsStreams, APlainServerIsNoTlsServer) {
  const std::uint16_t port = rig.Listen(theirs);
  Connect(port, ours);
  ASSERT_TRUE(rig.RunUntil([&] { return !theirs.received.empty(); }));
  theirs.stream->WriteCopy(smpp::AsBytes("what is this that you send me?"));
  ASSERT_TRUE(rig.RunUntil([&] { return ours.closed_calls == 1; }));
  EXPECT_EQ(*ours.cause, CloseCause::kTlsFailed);
}

TEST_F(TlsStreams, APeerThatNeverFinishesItsHandshakeCanBeClosed) {
  RawPeer silent(Listen());
  silent.Send("\x16\x03\x01");  // a record, begun
  ASSERT_TRUE(rig.RunUntil([&] { return theirs.stream != nullptr; }));
  theirs.stream->Close();  // what the session's init timer does
  ASSERT_TRUE(rig.RunUntil([&] { return theirs.closed_calls == 1; }));
  EXPECT_EQ(rig.loop.counters().tls_handshakes_failed.value(), 1u);
}

TEST_F(TlsStreams, AConnectThatFailsIsNoHandshakeThatFailed) {
  std::uint16_t closed = 0;
  {
    LoopRig gone;
    Recorder nobody;
    closed = gone.Listen(nobody);
  }
  Connect(closed, ours);
  ASSERT_TRUE(rig.RunUntil([&] { return ours.closed_calls == 1; }));
  EXPECT_EQ(*ours.cause, CloseCause::kConnectFailed);
  EXPECT_EQ(rig.loop.counters().connects_failed.value(), 1u);
  EXPECT_EQ(rig.loop.counters().tls_handshakes_failed.value(), 0u);
}

// A flood of connections that are refused must not cost what TLS keeps for each.
TEST_F(TlsStreams, WhoIsRefusedGetsNoTls) {
  static std::atomic<int> made{0};
  static const int index = CountTlsStates(&made);
  ASSERT_GE(index, 0);
  const auto port =
      rig.loop.Listen({"127.0.0.1", 0}, [](Stream&) { return static_cast<StreamEvents*>(nullptr); },
                      {}, {.tls = Server(leaf_)});
  ASSERT_TRUE(port.ok());
  made = 0;
  RawPeer refused(*port);
  ASSERT_TRUE(rig.RunUntil([&] { return !refused.Receive(); }));
  EXPECT_EQ(made.load(), 0);
  RawPeer taken(Listen());
  ASSERT_TRUE(rig.RunUntil([&] { return theirs.stream != nullptr; }));
  EXPECT_EQ(made.load(), 1);
}

TEST_F(TlsStreams, ANewCertificateHoldsForNewConnectionsOnly) {
  const std::uint16_t port = Listen();
  Stream* old = Connect(port, ours);
  ASSERT_TRUE(rig.RunUntil([&] { return ours.connected; }));
  Authority other("two");
  rig.loop.UseTls(Server(other.Sign("smsc", "DNS:smsc.example")));
  old->WriteCopy(smpp::AsBytes("still here"));
  ASSERT_TRUE(rig.RunUntil([&] { return theirs.received == "still here"; }));
  Recorder distrusts, trusts;
  Connect(port, distrusts);
  ASSERT_TRUE(rig.RunUntil([&] { return distrusts.closed_calls == 1; }));
  const auto context = TlsContext::ForClient({.ca = other.ca()});
  rig.loop.ConnectTls({"127.0.0.1", port}, {*context, "smsc.example"}, trusts, {});
  ASSERT_TRUE(rig.RunUntil([&] { return trusts.connected; }));
  EXPECT_EQ(ours.closed_calls, 0);
}

}  // namespace
}  // namespace hub::net
