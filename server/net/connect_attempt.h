// From an address to a connected socket: look the name up, try its addresses in turn, within one deadline.
#pragma once

#include <vector>

#include "server/base/timers.h"
#include "server/net/event.h"
#include "server/net/network.h"
#include "server/net/resolver.h"
#include "server/net/socket.h"

namespace hub::net {

class LoopCore;
class TcpStream;

/// Owned by the stream that it makes; ends with Connected or ConnectFailed of it, or with Cancel.
class ConnectAttempt {
 public:
  ConnectAttempt(LoopCore& core, TcpStream& stream, Duration timeout);
  ~ConnectAttempt() { Cancel(); }

  /// ConnectFailed carries EHOSTUNREACH for a name without an address, ETIMEDOUT after the timeout.
  void Start(const Address& address);
  void Cancel();

 private:
  static void OnWritable(int fd, short what, void* self) noexcept;
  void TryNext();
  void Decide();
  void Fail(int system_errno);

  LoopCore& core_;
  TcpStream& stream_;
  const Duration timeout_;
  Timer deadline_;
  Resolver::Ticket ticket_ = 0;  // 0: no question open
  std::vector<SocketAddress> addresses_;
  std::size_t next_ = 0;  // address to try
  int last_errno_ = EHOSTUNREACH;
  Socket socket_;
  Event writable_;
};

}  // namespace hub::net
