#include "server/net/connect_attempt.h"

#include <cerrno>
#include <utility>

#include "server/net/loop_core.h"
#include "server/net/tcp_stream.h"

namespace hub::net {

ConnectAttempt::ConnectAttempt(LoopCore& core, TcpStream& stream, Duration timeout)
    : core_(core),
      stream_(stream),
      timeout_(timeout),
      deadline_(core.timers(), [this] { Fail(ETIMEDOUT); }) {}

void ConnectAttempt::Start(const Address& address) {
  deadline_.Start(timeout_);
  if (const auto numeric = ParseNumeric(address)) {
    addresses_ = {*numeric};
    TryNext();
    return;
  }
  ticket_ = core_.resolver().Ask(address, [this](std::vector<SocketAddress> addresses) {
    ticket_ = 0;
    addresses_ = std::move(addresses);
    TryNext();
  });
}

void ConnectAttempt::Cancel() {
  if (ticket_ != 0) core_.resolver().Cancel(std::exchange(ticket_, 0));
  deadline_.Stop();
  writable_.Reset();
  socket_ = Socket();
}

void ConnectAttempt::TryNext() {
  for (; next_ < addresses_.size(); ++next_) {
    auto begun = BeginConnect(addresses_[next_]);
    if (!begun) {
      last_errno_ = begun.error();
      continue;
    }
    socket_ = std::move(begun).value();
    writable_.Set(core_.base(), socket_.fd(), EV_WRITE | EV_PERSIST, &ConnectAttempt::OnWritable,
                  this);
    writable_.Add();
    return;
  }
  Fail(last_errno_);
}

void ConnectAttempt::OnWritable(int, short, void* self) noexcept {
  auto* attempt = static_cast<ConnectAttempt*>(self);
  attempt->core_.EnterTurn();
  attempt->Decide();
}

void ConnectAttempt::Decide() {
  if (!socket_.open()) return;  // the deadline passed in this very turn
  const int error = ConnectError(socket_.fd());
  if (error != 0) {
    writable_.Reset();
    last_errno_ = error;
    ++next_;
    TryNext();
    return;
  }
  Socket socket = std::move(socket_);
  std::string peer = Text(addresses_[next_]);
  writable_.Reset();
  Cancel();
  stream_.Connected(std::move(socket), std::move(peer));
}

void ConnectAttempt::Fail(int system_errno) {
  Cancel();
  stream_.ConnectFailed(system_errno);
}

}  // namespace hub::net
