#include "server/net/proxy_greeting.h"

#include <unistd.h>

#include <cerrno>
#include <utility>

#include "server/net/loop_core.h"

namespace hub::net {

ProxyGreeting::ProxyGreeting(LoopCore& core, Socket socket, std::string peer, Duration timeout,
                             Done done)
    : core_(core),
      socket_(std::move(socket)),
      peer_(std::move(peer)),
      done_(std::move(done)),
      deadline_(core.timers(), [this] { End(false); }) {
  readable_.Set(core.base(), socket_.fd(), EV_READ | EV_PERSIST, &ProxyGreeting::OnReadable, this);
  readable_.Add();
  deadline_.Start(timeout);
}

void ProxyGreeting::OnReadable(int, short, void* self) noexcept {
  auto* greeting = static_cast<ProxyGreeting*>(self);
  greeting->core_.EnterTurn();
  greeting->ReadSome();
}

void ProxyGreeting::ReadSome() {
  while (socket_.open()) {
    const ssize_t octets = read(socket_.fd(), header_.data() + octets_, wanted_ - octets_);
    if (octets < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR)) return;
    if (octets <= 0) return End(false);
    octets_ += static_cast<std::size_t>(octets);
    core_.counters().octets_in.Add(static_cast<std::size_t>(octets));
    if (!Judge()) return;
  }
}

// False when it has ended.
bool ProxyGreeting::Judge() {
  const smpp::Bytes header(header_.data(), octets_);
  if (JudgeProxyBegin(header)) {
    End(false);
    return false;
  }
  if (octets_ < wanted_) return true;
  if (octets_ == kProxyFixedOctets) {
    const auto whole = ProxyHeaderOctets(header);
    if (!whole) {
      End(false);
      return false;
    }
    wanted_ = *whole;
    if (octets_ < wanted_) return true;
  }
  auto peer = ReadProxyHeader(header);
  if (peer && !peer->empty()) peer_ = std::move(peer).value();
  End(peer.ok());
  return false;
}

void ProxyGreeting::End(bool good) {
  deadline_.Stop();
  readable_.Reset();
  Socket socket = std::move(socket_);
  if (!good) socket = Socket();
  done_(*this, std::move(socket), std::move(peer_));
}

}  // namespace hub::net
