#include "tests/support/fake_network.h"

#include <algorithm>
#include <utility>

#include "server/base/check.h"
#include "tests/support/fake_stream.h"

namespace hub::test {
namespace {

constexpr std::uint32_t kSlabOctets = 64 * 1024;
constexpr std::uint64_t kSlabOctetsMax = 1ull << 30;
constexpr int kTurnsMax =
    100'000;  // a network that never comes to rest is a bug of the code under test

}  // namespace

void ScriptedPeer::Deliver(smpp::Bytes octets) {
  HUB_CHECK_SAY(!hung_up_, "delivered after Hangup");
  inbound_.append(smpp::AsText(octets));
  network_.RunUntilQuiet();
}

void ScriptedPeer::DeliverOneByOne(smpp::Bytes octets) {
  for (const std::uint8_t octet : octets) Deliver(smpp::Bytes(&octet, 1));
}

std::string ScriptedPeer::TakeReceived() { return std::exchange(received_, {}); }

void ScriptedPeer::Hangup() {
  hung_up_ = true;
  network_.RunUntilQuiet();
}

void ScriptedPeer::Break(int system_errno) {
  inbound_.clear();
  if (stream_ != nullptr) stream_->Doom(net::CloseCause::kError, system_errno);
  network_.RunUntilQuiet();
}

void ScriptedPeer::Accept() {
  HUB_CHECK_SAY(stream_ != nullptr, "the connection attempt is over");
  stream_->Connected();
  network_.RunUntilQuiet();
}

void ScriptedPeer::Refuse(int system_errno) {
  HUB_CHECK_SAY(stream_ != nullptr && !connected_, "the connection attempt is over");
  stream_->Doom(net::CloseCause::kConnectFailed, system_errno);
  network_.RunUntilQuiet();
}

void ScriptedPeer::ReadAgain() {
  reading_ = true;
  network_.RunUntilQuiet();
}

FakeNetwork::FakeNetwork() : slab_(kSlabOctets, kSlabOctetsMax) { timers_.set_now(clock_.Now()); }

FakeNetwork::~FakeNetwork() = default;

ScriptedPeer& FakeNetwork::NewPeer(net::Address address) {
  owned_peers_.push_back(
      std::unique_ptr<ScriptedPeer>(new ScriptedPeer(*this, std::move(address))));
  peers_.push_back(owned_peers_.back().get());
  return *owned_peers_.back();
}

FakeStream& FakeNetwork::NewStream(ScriptedPeer& peer, const net::StreamLimits& limits) {
  streams_.push_back(std::make_unique<FakeStream>(*this, peer, limits));
  return *streams_.back();
}

net::Stream* FakeNetwork::Connect(const net::Address& address, net::StreamEvents& events,
                                  const net::StreamLimits& limits) {
  FakeStream& stream = NewStream(NewPeer(address), limits);
  stream.events_ = &events;
  stream.deadline_.Start(limits.connect_timeout);
  return &stream;
}

net::Stream* FakeNetwork::ConnectTls(const net::Address& address, const net::TlsTarget& tls,
                                     net::StreamEvents& events, const net::StreamLimits& limits) {
  net::Stream* stream = Connect(address, events, limits);
  peers_.back()->tls_server_name_ = tls.server_name;
  return stream;
}

ScriptedPeer& FakeNetwork::PeerConnects(const net::Acceptor& acceptor,
                                        const net::StreamLimits& limits, net::Address from) {
  ScriptedPeer& peer = NewPeer(std::move(from));
  FakeStream& stream = NewStream(peer, limits);
  stream.open_ = true;
  stream.events_ = acceptor(stream);
  if (stream.events_ == nullptr) {
    std::erase_if(streams_, [&](const auto& s) { return s.get() == &stream; });
    return peer;
  }
  peer.connected_ = true;
  RunUntilQuiet();
  return peer;
}

void FakeNetwork::Advance(Duration by) {
  const TimePoint target = clock_.Now() + by;
  RunUntilQuiet();
  for (auto due = timers_.next(); due && *due <= target; due = timers_.next()) {
    if (*due > clock_.Now()) clock_.Advance(*due - clock_.Now());
    Turn();
    RunUntilQuiet();
  }
  clock_.Advance(target - clock_.Now());
  Turn();
  RunUntilQuiet();
}

void FakeNetwork::Turn() {
  timers_.Advance(clock_.Now());
  for (std::size_t i = 0; i < streams_.size(); ++i) streams_[i]->Read();
  for (const auto& poll : polls_) poll();
  Flush();
  Bury();
  for (const auto& work : std::exchange(deferred_, {})) work();
  Flush();
  std::erase_if(streams_, [](const auto& s) { return s->dead_; });
}

void FakeNetwork::RunUntilQuiet() {
  int turns = 0;
  do {
    Turn();
    HUB_CHECK_SAY(++turns < kTurnsMax, "the network never comes to rest");
  } while (Busy());
}

bool FakeNetwork::Busy() const {
  if (!deferred_.empty()) return true;
  return std::ranges::any_of(streams_, [](const auto& s) {
    return s->doomed_ || s->CanRead() || (s->CanFlush() && (s->closing_ || !s->output_.empty()));
  });
}

void FakeNetwork::Flush() {
  for (std::size_t i = 0; i < streams_.size(); ++i) {
    if (!streams_[i]->dead_) streams_[i]->Flush();
  }
}

void FakeNetwork::Bury() {
  for (std::size_t i = 0; i < streams_.size(); ++i) {
    if (streams_[i]->doomed_ && !streams_[i]->dead_) streams_[i]->TellClosed();
  }
}

}  // namespace hub::test
