#include "server/net/listener.h"

#include <cerrno>

#include "server/net/loop_core.h"
#include "server/net/tcp_stream.h"

namespace hub::net {
namespace {

constexpr int kAcceptsPerTurn = 64;  // a storm of connections must not starve the bound sessions
constexpr Duration kAcceptPause = std::chrono::milliseconds(100);

// What accept reports although nothing is wrong with the listener.                       accept(2), "Error handling"
bool ConcernsOnePeer(int error) {
  switch (error) {
    case ECONNABORTED:
    case EINTR:
    case EPERM:
    case ENETDOWN:
    case EPROTO:
    case ENOPROTOOPT:
    case EHOSTDOWN:
    case ENONET:
    case EHOSTUNREACH:
    case EOPNOTSUPP:
    case ENETUNREACH:
    case ETIMEDOUT:
      return true;
    default:
      return false;
  }
}

}  // namespace

Listener::Listener(LoopCore& core, Socket socket, Acceptor acceptor, const StreamLimits& limits)
    : core_(core),
      socket_(std::move(socket)),
      acceptor_(std::move(acceptor)),
      limits_(limits),
      resume_(core.timers(), [this] { readable_.Add(); }) {
  readable_.Set(core.base(), socket_.fd(), EV_READ | EV_PERSIST, &Listener::OnReadable, this);
  readable_.Add();
}

void Listener::Stop() {
  resume_.Stop();
  readable_.Reset();
  socket_ = Socket();
}

void Listener::OnReadable(int, short, void* self) noexcept {
  auto* listener = static_cast<Listener*>(self);
  listener->core_.EnterTurn();
  listener->AcceptSome();
}

void Listener::AcceptSome() {
  for (int i = 0; i < kAcceptsPerTurn && socket_.open(); ++i) {
    if (!AcceptOne()) return;
  }
}

// False when there is nobody to accept for now.
bool Listener::AcceptOne() {
  SocketAddress from;
  from.length = sizeof from.storage;
  Socket accepted(accept4(socket_.fd(), from.get(), &from.length, SOCK_NONBLOCK | SOCK_CLOEXEC));
  if (!accepted.open()) {
    if (errno == EAGAIN || errno == EWOULDBLOCK) return false;
    if (ConcernsOnePeer(errno)) return true;
    Pause();
    return false;
  }
  core_.counters().accepted.Add(1);
  SetStreamOptions(accepted.fd());
  TcpStream& stream = core_.NewStream(limits_);
  StreamEvents* events = stream.Accepted(std::move(accepted), Text(from), acceptor_);
  if (events == nullptr) core_.DropUnused(stream);
  return true;
}

// No descriptor or no memory left (EMFILE, ENFILE, ENOBUFS, ENOMEM): the connection stays in the backlog and the
// descriptor readable, so trying again at once would only burn the processor.
void Listener::Pause() {
  core_.counters().accept_pauses.Add(1);
  readable_.Del();
  resume_.Start(kAcceptPause);
}

}  // namespace hub::net
