// A plain socket that connects to us: the part of the world that does not run our code.
#pragma once

#include <string>
#include <string_view>

#include "server/net/socket.h"

namespace hub::net {

class RawPeer {
 public:
  explicit RawPeer(std::uint16_t port);  // connected, non-blocking
  /// Sends what the kernel takes; returns how much that was.
  std::size_t Send(std::string_view octets);
  /// Appends what has come to `received`. False at the end of the stream or on an error (`error` tells).
  bool Receive();
  /// Octets that lie in its kernel, not yet received.
  std::size_t Waiting() const;
  void Shutdown();  // end of our data; still reads
  void Reset();     // closes with RST
  void Close() { socket_ = Socket(); }

  std::string received;
  int error = 0;

 private:
  Socket socket_;
};

}  // namespace hub::net
