#include <sys/resource.h>

#include <cerrno>
#include <deque>

#include "server/net/socket.h"
#include "tests/unit/server/net/loop_rig.h"
#include "tests/unit/server/net/raw_peer.h"

namespace hub::net {
namespace {

struct Connecting : testing::Test {
  LoopRig rig;
  Recorder ours;
  Recorder theirs;
};

TEST_F(Connecting, ConnectsToANumericAddress) {
  const std::uint16_t port = rig.Listen(theirs);
  Stream* stream = rig.loop.Connect({"127.0.0.1", port}, ours, {});
  stream->WriteCopy(smpp::AsBytes("written before the peer was there"));
  EXPECT_FALSE(ours.connected);  // never from within the call
  ASSERT_TRUE(rig.RunUntil([&] { return !theirs.received.empty(); }));
  EXPECT_TRUE(ours.connected);
  EXPECT_EQ(theirs.received, "written before the peer was there");
  EXPECT_EQ(stream->peer(), "127.0.0.1:" + std::to_string(port));
  EXPECT_EQ(theirs.stream->peer().substr(0, 10), "127.0.0.1:");
}

TEST_F(Connecting, LooksUpAHostNameOffTheLoop) {
  const std::uint16_t port = rig.Listen(theirs);
  rig.loop.Connect({"localhost", port}, ours, {});
  ASSERT_TRUE(rig.RunUntil([&] { return ours.connected; }));
}

TEST_F(Connecting, TellsANameWithoutAddress) {
  rig.loop.Connect({"no host has such a name", 1}, ours, {});
  ASSERT_TRUE(rig.RunUntil([&] { return ours.closed_calls == 1; }));
  EXPECT_EQ(*ours.cause, CloseCause::kConnectFailed);
  EXPECT_EQ(ours.error, EHOSTUNREACH);
}

TEST_F(Connecting, TellsARefusal) {
  std::uint16_t port = 0;
  {
    LoopRig gone;
    port = gone.Listen(theirs);
  }
  rig.loop.Connect({"127.0.0.1", port}, ours, {});
  EXPECT_EQ(ours.closed_calls, 0);
  ASSERT_TRUE(rig.RunUntil([&] { return ours.closed_calls == 1; }));
  EXPECT_FALSE(ours.connected);
  EXPECT_EQ(*ours.cause, CloseCause::kConnectFailed);
  EXPECT_EQ(ours.error, ECONNREFUSED);
  EXPECT_EQ(rig.loop.counters().connects_failed.value(), 1u);
}

TEST_F(Connecting, GivesUpAfterTheTimeout) {
  // A listener whose backlog is full leaves the next attempts without an answer.
  Socket full(::socket(AF_INET, SOCK_STREAM, 0));
  sockaddr_in at{};
  at.sin_family = AF_INET;
  at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  ASSERT_EQ(bind(full.fd(), reinterpret_cast<sockaddr*>(&at), sizeof at), 0);
  ASSERT_EQ(listen(full.fd(), 0), 0);
  const std::uint16_t port = LocalPort(full.fd());
  RawPeer first(port);
  std::deque<Recorder> others(4);
  for (Recorder& other : others) {
    rig.loop.Connect({"127.0.0.1", port}, other, {.connect_timeout = 50ms});
  }
  ASSERT_TRUE(rig.RunUntil([&] { return others.back().closed_calls == 1; }));
  EXPECT_EQ(*others.back().cause, CloseCause::kConnectFailed);
  EXPECT_EQ(others.back().error, ETIMEDOUT);
}

TEST_F(Connecting, CloseWhileConnectingIsOurs) {
  const std::uint16_t port = rig.Listen(theirs);
  rig.loop.Connect({"127.0.0.1", port}, ours, {})->Close();
  ASSERT_TRUE(rig.RunUntil([&] { return ours.closed_calls == 1; }));
  EXPECT_EQ(*ours.cause, CloseCause::kOurs);
  EXPECT_FALSE(ours.connected);
}

TEST_F(Connecting, AnAddressInUseIsAnErrorThatSaysWhere) {
  Socket taken(::socket(AF_INET, SOCK_STREAM, 0));  // without SO_REUSEPORT
  sockaddr_in at{};
  at.sin_family = AF_INET;
  at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  ASSERT_EQ(bind(taken.fd(), reinterpret_cast<sockaddr*>(&at), sizeof at), 0);
  ASSERT_EQ(listen(taken.fd(), 1), 0);
  const std::uint16_t port = LocalPort(taken.fd());
  const auto refused = rig.loop.Listen({"127.0.0.1", port}, [](Stream&) { return nullptr; }, {});
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().system_errno, EADDRINUSE);
  EXPECT_EQ(refused.error().doing, "listen on 127.0.0.1:" + std::to_string(port));
}

TEST_F(Connecting, StopListeningKeepsOpenStreams) {
  const std::uint16_t port = rig.Listen(theirs);
  RawPeer peer(port);
  ASSERT_TRUE(rig.RunUntil([&] { return theirs.stream != nullptr; }));
  rig.loop.StopListening();
  rig.loop.Connect({"127.0.0.1", port}, ours, {});
  ASSERT_TRUE(rig.RunUntil([&] { return ours.closed_calls == 1; }));
  EXPECT_EQ(ours.error, ECONNREFUSED);
  peer.Send("still here");
  ASSERT_TRUE(rig.RunUntil([&] { return theirs.received == "still here"; }));
}

TEST_F(Connecting, AcceptingPausesWhenDescriptorsRunOutAndGoesOn) {
  const std::uint16_t port = rig.Listen(theirs);
  RawPeer peer(port);
  rlimit before{};
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &before), 0);
  const int next_fd = dup(0);  // the lowest free descriptor: none above it may be opened
  close(next_fd);
  const rlimit none{static_cast<rlim_t>(next_fd), before.rlim_max};
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &none), 0);
  rig.RunFor(50ms);
  setrlimit(RLIMIT_NOFILE, &before);
  EXPECT_EQ(rig.loop.counters().accept_pauses.value(), 1u);  // paused, not spinning
  EXPECT_EQ(theirs.stream, nullptr);
  ASSERT_TRUE(rig.RunUntil([&] { return theirs.stream != nullptr; }));
}

}  // namespace
}  // namespace hub::net
