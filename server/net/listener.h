// A listening socket of one loop.
#pragma once

#include "server/base/timers.h"
#include "server/net/event.h"
#include "server/net/network.h"
#include "server/net/socket.h"

namespace hub::net {

class LoopCore;

class Listener {
 public:
  Listener(LoopCore& core, Socket socket, Acceptor acceptor, const StreamLimits& limits);

  /// Closes the socket; no acceptor is called any more.
  void Stop();

 private:
  static void OnReadable(int fd, short what, void* self) noexcept;
  void AcceptSome();
  bool AcceptOne();
  void Pause();

  LoopCore& core_;
  Socket socket_;
  const Acceptor acceptor_;
  const StreamLimits limits_;
  Event readable_;
  Timer resume_;
};

}  // namespace hub::net
