#include "server/net/listener.h"

#include <algorithm>
#include <cerrno>
#include <utility>

#include "server/net/deal.h"
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

Listener::Listener(LoopCore& core, Socket socket, Acceptor acceptor, const StreamLimits& limits,
                   ListenOptions options)
    : core_(core),
      socket_(std::move(socket)),
      acceptor_(std::move(acceptor)),
      limits_(limits),
      options_(std::move(options)),
      resume_(core.timers(), [this] { readable_.Add(); }) {
  readable_.Set(core.base(), socket_.fd(), EV_READ | EV_PERSIST, &Listener::OnReadable, this);
  readable_.Add();
  if (options_.deal != nullptr) options_.deal->Join(core_, *this);
}

void Listener::Stop() {
  if (options_.deal != nullptr) options_.deal->Leave(core_);
  resume_.Stop();
  readable_.Reset();
  socket_ = Socket();
  core_.counters().proxy_waiting.Sub(greetings_.size());
  greetings_.clear();
}

void Listener::UseTls(const TlsContextPtr& tls) {
  if (options_.tls != nullptr) options_.tls = tls;
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
  if (options_.proxy_v2) {
    Greet(std::move(accepted), Text(from));
  } else {
    Admit(std::move(accepted), Text(from));
  }
  return true;
}

void Listener::Admit(Socket socket, std::string peer) {
  if (options_.deal == nullptr || !options_.deal->PassOn(core_, socket, peer))
    Serve(std::move(socket), std::move(peer));
}

void Listener::Serve(Socket socket, std::string peer) {
  TcpStream& stream = core_.NewStream(limits_);
  StreamEvents* events = stream.Accepted(std::move(socket), std::move(peer), acceptor_);
  if (events == nullptr) return core_.DropUnused(stream);
  // Not before: what TLS keeps for a connection would cost more than all else, for a flood of those that are refused.
  if (options_.tls != nullptr) stream.SpeakTls(*options_.tls, "");
}

// Nobody above hears of a connection before its header: who it is decides what it may do.
void Listener::Greet(Socket socket, std::string peer) {
  if (greetings_.size() >= options_.proxy_waiting_max) return core_.counters().proxy_refused.Add(1);
  core_.counters().proxy_waiting.Add(1);
  greetings_.push_back(std::make_unique<ProxyGreeting>(
      core_, std::move(socket), std::move(peer), options_.proxy_timeout,
      [this](ProxyGreeting& greeting, Socket greeted, std::string from) {
        Greeted(greeting, std::move(greeted), std::move(from));
      }));
}

void Listener::Greeted(ProxyGreeting& greeting, Socket socket, std::string peer) {
  const auto found = std::find_if(greetings_.begin(), greetings_.end(),
                                  [&](const auto& each) { return each.get() == &greeting; });
  // It still stands on the stack: freed at the end of the turn.
  core_.Defer([dead = std::shared_ptr<ProxyGreeting>(std::move(*found))] {});
  greetings_.erase(found);
  core_.counters().proxy_waiting.Sub(1);
  if (!socket.open()) return core_.counters().proxy_refused.Add(1);
  Admit(std::move(socket), std::move(peer));
}

// No descriptor or no memory left (EMFILE, ENFILE, ENOBUFS, ENOMEM): the connection stays in the backlog and the
// descriptor readable, so trying again at once would only burn the processor.
void Listener::Pause() {
  core_.counters().accept_pauses.Add(1);
  readable_.Del();
  resume_.Start(kAcceptPause);
}

}  // namespace hub::net
