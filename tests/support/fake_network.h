// A net::Network without sockets: the other end of every stream is an object of the test, time moves by hand.
//
//   FakeNetwork network;
//   ScriptedPeer& esme = network.PeerConnects(acceptor);   // as if somebody had connected to our listener
//   esme.Deliver(bytes);                                   // our OnOctets runs; turns run until all is quiet
//   EXPECT_EQ(esme.TakeReceived(), answer);
//   network.Advance(30s);                                  // timers fire in order, each at its own time
//
//   Stream* s = network.Connect(address, events, limits);  // our code connects
//   network.peers().back()->Accept();                      // or Refuse(), or nothing: connect_timeout
#pragma once

#include <cerrno>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "server/net/input_buffer.h"
#include "server/net/network.h"
#include "tests/support/fake_clock.h"

namespace hub::test {

class FakeNetwork;
class FakeStream;

/// The far end of one stream. Owned by the network, lives as long as it does. One thread.
class ScriptedPeer {
 public:
  /// Octets travel to our stream; turns run until the network is quiet. A paused stream leaves them in the kernel.
  void Deliver(smpp::Bytes octets);
  void Deliver(std::string_view octets) { Deliver(smpp::AsBytes(octets)); }
  /// The same, one octet a turn.
  void DeliverOneByOne(smpp::Bytes octets);

  /// The octets our stream sent since the last call.
  std::string TakeReceived();
  const std::string& received() const { return received_; }

  /// The peer ends the connection: kPeerClosed after what it delivered before was read.
  void Hangup();
  /// The connection breaks: kError with this errno, undelivered octets are lost.
  void Break(int system_errno = ECONNRESET);

  /// Only for streams made by Connect.
  void Accept();
  void Refuse(int system_errno = ECONNREFUSED);

  /// From now on octets wait in our stream's queue; ReadAgain takes them.
  void StopReading() { reading_ = false; }
  void ReadAgain();

  /// True from acceptance to the end of our stream, whoever ended it.
  bool connected() const { return connected_; }
  /// Why our stream ended, once it did.
  std::optional<net::CloseCause> close_cause() const { return close_cause_; }
  /// Where Connect wanted to go; for PeerConnects: where the peer comes from.
  const net::Address& address() const { return address_; }
  /// The name that ConnectTls wanted to see; nullopt for a plain connection.
  const std::optional<std::string>& tls_server_name() const { return tls_server_name_; }
  /// From now on our stream says that it speaks TLS; octets travel plain here.
  void SpeakTls() { speaks_tls_ = true; }
  std::size_t octets_in_kernel() const { return inbound_.size(); }

 private:
  friend class FakeNetwork;
  friend class FakeStream;
  ScriptedPeer(FakeNetwork& network, net::Address address)
      : network_(network), address_(std::move(address)) {}

  FakeNetwork& network_;
  net::Address address_;
  std::optional<std::string> tls_server_name_;
  FakeStream* stream_ = nullptr;  // null once our stream is freed
  std::string inbound_;           // delivered, not yet read by our stream
  std::string received_;
  bool speaks_tls_ = false;
  bool reading_ = true;
  bool connected_ = false;
  bool hung_up_ = false;
  std::optional<net::CloseCause> close_cause_;
};

class FakeNetwork final : public net::Network {
 public:
  FakeNetwork();
  ~FakeNetwork() override;

  const Clock& clock() const override { return clock_; }
  Timers& timers() override { return timers_; }
  net::Stream* Connect(const net::Address& address, net::StreamEvents& events,
                       const net::StreamLimits& limits) override;
  /// As Connect: octets travel plain here. The peer remembers what was asked of it.
  net::Stream* ConnectTls(const net::Address& address, const net::TlsTarget& tls,
                          net::StreamEvents& events, const net::StreamLimits& limits) override;
  void Defer(std::function<void()> work) override { deferred_.push_back(std::move(work)); }

  /// As Loop::EachTurn: runs once a turn, before streams are flushed.
  void EachTurn(std::function<void()> poll) { polls_.push_back(std::move(poll)); }

  /// Somebody connects to our listener. The peer is not connected() when the acceptor refuses.
  ScriptedPeer& PeerConnects(const net::Acceptor& acceptor, const net::StreamLimits& limits = {},
                             net::Address from = {"192.0.2.7", 40112});

  /// Moves time, stopping at every deadline on the way; runs turns until all is quiet at each.
  void Advance(Duration by);
  /// The process stood still meanwhile: all timers that are due fire now.
  void Stall(Duration by) {
    clock_.Advance(by);
    RunUntilQuiet();
  }
  /// One turn, in the order of the real loop.
  void Turn();
  /// Turns until nothing is left to do without more input or time.
  void RunUntilQuiet();

  /// All peers ever made, in order: those we connected to and those that connected to us.
  const std::vector<ScriptedPeer*>& peers() const { return peers_; }
  std::size_t open_streams() const { return streams_.size(); }

 private:
  friend class ScriptedPeer;
  friend class FakeStream;

  ScriptedPeer& NewPeer(net::Address address);
  FakeStream& NewStream(ScriptedPeer& peer, const net::StreamLimits& limits);
  bool Busy() const;
  void Flush();
  void Bury();

  FakeClock clock_;
  Timers timers_;
  net::ReadSlab slab_;
  std::deque<std::unique_ptr<ScriptedPeer>> owned_peers_;
  std::vector<ScriptedPeer*> peers_;
  std::vector<std::unique_ptr<FakeStream>> streams_;
  std::vector<std::function<void()>> polls_;
  std::vector<std::function<void()>> deferred_;
};

}  // namespace hub::test
