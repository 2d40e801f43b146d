// A connection that has not sent its PROXY header yet. It is read to its last octet and not one further.
#pragma once

#include <array>
#include <functional>
#include <string>

#include "server/base/timers.h"
#include "server/net/event.h"
#include "server/net/proxy_header.h"
#include "server/net/socket.h"

namespace hub::net {

class LoopCore;

/// Owned by its listener. One thread.
class ProxyGreeting {
 public:
  /// Called once, as the greeting's last deed, from its own callbacks: it must not be freed in there.
  /// socket: closed (not open()) when the header was bad or late.
  using Done = std::function<void(ProxyGreeting&, Socket socket, std::string peer)>;

  /// peer: the address of the socket, for a proxy that speaks for itself.
  ProxyGreeting(LoopCore& core, Socket socket, std::string peer, Duration timeout, Done done);

 private:
  static void OnReadable(int fd, short what, void* self) noexcept;
  void ReadSome();
  bool Judge();
  void End(bool good);

  LoopCore& core_;
  Socket socket_;
  std::string peer_;
  const Done done_;
  Event readable_;
  Timer deadline_;
  std::array<std::uint8_t, kProxyOctetsMax> header_;
  std::size_t octets_ = 0;
  std::size_t wanted_ = kProxyFixedOctets;
};

}  // namespace hub::net
