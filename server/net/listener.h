// A listening socket of one loop.
#pragma once

#include <memory>
#include <vector>

#include "server/base/timers.h"
#include "server/net/event.h"
#include "server/net/loop.h"
#include "server/net/proxy_greeting.h"
#include "server/net/socket.h"

namespace hub::net {

class LoopCore;

class Listener {
 public:
  Listener(LoopCore& core, Socket socket, Acceptor acceptor, const StreamLimits& limits,
           ListenOptions options);

  /// Closes the socket and those who have not sent their PROXY header; no acceptor is called any more.
  void Stop();
  /// Only when it speaks TLS: for connections from now on.
  void UseTls(const TlsContextPtr& tls);
  /// Begins a connection that this loop, or another one, has accepted.
  void Serve(Socket socket, std::string peer);

 private:
  static void OnReadable(int fd, short what, void* self) noexcept;
  void AcceptSome();
  bool AcceptOne();
  void Pause();
  void Greet(Socket socket, std::string peer);
  void Greeted(ProxyGreeting& greeting, Socket socket, std::string peer);
  void Admit(Socket socket, std::string peer);

  LoopCore& core_;
  Socket socket_;
  const Acceptor acceptor_;
  const StreamLimits limits_;
  ListenOptions options_;
  std::vector<std::unique_ptr<ProxyGreeting>> greetings_;
  Event readable_;
  Timer resume_;
};

}  // namespace hub::net
