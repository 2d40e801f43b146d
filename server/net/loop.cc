#include "server/net/loop.h"

#include "server/net/listener.h"
#include "server/net/loop_core.h"
#include "server/net/tcp_stream.h"

namespace hub::net {

Loop::Loop(const Clock& clock, Options options)
    : core_(std::make_unique<LoopCore>(clock, options)) {}

Loop::~Loop() = default;

const Clock& Loop::clock() const { return core_->clock(); }

Timers& Loop::timers() { return core_->timers(); }

Stream* Loop::Connect(const Address& address, StreamEvents& events, const StreamLimits& limits) {
  TcpStream& stream = core_->NewStream(limits);
  stream.Connecting(address, events);
  return &stream;
}

Stream* Loop::ConnectTls(const Address& address, const TlsTarget& tls, StreamEvents& events,
                         const StreamLimits& limits) {
  TcpStream& stream = core_->NewStream(limits);
  stream.SpeakTls(*tls.context, tls.server_name);
  stream.Connecting(address, events);
  return &stream;
}

void Loop::Defer(std::function<void()> work) { core_->Defer(std::move(work)); }

Outcome<std::uint16_t> Loop::Listen(const Address& address, Acceptor acceptor,
                                    const StreamLimits& limits, ListenOptions options) {
  auto socket = OpenListener(address);
  if (!socket) return Err{socket.error()};
  const std::uint16_t port = LocalPort(socket->fd());
  core_->AddListener(std::make_unique<Listener>(*core_, std::move(socket).value(),
                                                std::move(acceptor), limits, std::move(options)));
  return port;
}

void Loop::UseTls(const TlsContextPtr& tls) { core_->UseTls(tls); }

void Loop::StopListening() { core_->StopListening(); }

void Loop::EachTurn(std::function<void()> poll) { core_->EachTurn(std::move(poll)); }

bool Loop::Post(std::function<void()> work) { return core_->Post(std::move(work)); }

void Loop::PostAlways(std::function<void()> work) { core_->PostAlways(std::move(work)); }

void Loop::Wake() { core_->Wake(); }

void Loop::Run() {
  while (!core_->stopped()) core_->Turn();
  core_->ClearStop();
}

void Loop::Stop() { core_->Stop(); }

const LoopCounters& Loop::counters() const { return core_->counters(); }

}  // namespace hub::net
