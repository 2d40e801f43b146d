// Connections dealt out over loops.
#include "server/net/deal.h"

#include <memory>
#include <set>
#include <vector>

#include "tests/unit/server/net/loop_rig.h"
#include "tests/unit/server/net/raw_peer.h"

namespace hub::net {
namespace {

constexpr int kLoops = 3;

// Loops that listen on one port, run in turn on the test's own thread.
class Dealt {
 public:
  explicit Dealt(Loop::Options options = {}) {
    const auto deal = std::make_shared<Deal>(7);
    for (int i = 0; i < kLoops; ++i) {
      rigs.push_back(std::make_unique<LoopRig>(options));
      const auto port = rigs[i]->loop.Listen({"127.0.0.1", port_},
                                             [this, i](Stream&) {
                                               served.push_back(i);
                                               return &recorder_;
                                             },
                                             {}, {.deal = deal});
      EXPECT_TRUE(port.ok()) << port.error().Text();
      if (port.ok()) port_ = *port;
    }
  }

  void Connect() {
    const auto before = served.size();
    peers.push_back(std::make_unique<RawPeer>(port_));
    for (int round = 0; round < 20 && served.size() == before; ++round) RunAll();
  }
  void RunAll() {
    for (auto& rig : rigs) rig->RunFor(2ms);
  }

  std::vector<std::unique_ptr<LoopRig>> rigs;
  std::vector<std::unique_ptr<RawPeer>> peers;
  std::vector<int> served;  // by which loop, connection by connection

 private:
  std::uint16_t port_ = 0;
  Recorder recorder_;
};

TEST(Deal, AnyRoundOfConnectionsIsOneForEachLoop) {
  Dealt dealt;
  std::set<int> firsts;
  for (int round = 0; round < 12; ++round) {
    dealt.served.clear();
    for (int i = 0; i < kLoops; ++i) dealt.Connect();
    ASSERT_EQ(dealt.served.size(), std::size_t{kLoops});
    EXPECT_EQ(std::set<int>(dealt.served.begin(), dealt.served.end()).size(), std::size_t{kLoops});
    firsts.insert(dealt.served.front());
  }
  EXPECT_EQ(firsts.size(), std::size_t{kLoops}) << "whose turn is first is drawn anew";
}

TEST(Deal, WhoHasTooMuchToDoIsPassedOver) {
  Dealt dealt({.posts_max = 0});
  for (int i = 0; i < 2 * kLoops; ++i) dealt.Connect();
  EXPECT_EQ(dealt.served.size(), std::size_t{2 * kLoops}) << "served by whoever accepted it";
}

TEST(Deal, WhatIsPassedToAListenerThatStoppedIsClosed) {
  Dealt dealt;
  for (int i = 1; i < kLoops; ++i) dealt.rigs[i]->loop.StopListening();
  for (int i = 0; i < kLoops; ++i) dealt.Connect();
  EXPECT_EQ(dealt.served, std::vector<int>{0});
  int closed = 0;
  for (auto& peer : dealt.peers) closed += !peer->Receive();
  EXPECT_EQ(closed, kLoops - 1);
}

}  // namespace
}  // namespace hub::net
