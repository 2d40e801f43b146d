// The control socket: a UNIX socket, lines of JSON, a thread of its own. Nothing here touches a loop.
#pragma once

#include <atomic>
#include <chrono>
#include <memory>
#include <string>
#include <thread>

#include "server/admin/control.h"
#include "server/base/error.h"

namespace hub::admin {

struct ServerOptions {
  std::string path;                         // at most 107 octets
  std::size_t connections_max = 16;         // above: a new one is closed at once
  std::size_t line_octets_max = 64 * 1024;  // a longer request is answered with an error and closed
  std::size_t output_octets_max = 64 << 20;  // a connection that does not read this much is closed
  std::chrono::milliseconds idle_timeout{30'000};  // neither asks nor reads: closed
};

/// Answers root and the daemon's own user (SO_PEERCRED), nobody else. The socket has mode 0600.
class Server {
 public:
  /// Opens the socket and starts the thread. Takes over a socket file that nobody serves any more; refuses one that is
  /// served, and a file that is no socket. `control` must outlive the server.
  static Outcome<std::unique_ptr<Server>> Start(ServerOptions options, HubControl& control);
  /// Ends the thread after the command it is at, closes and removes the socket.
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

 private:
  Server(ServerOptions options, HubControl& control, int listener, int wake);
  void Run();

  const ServerOptions options_;
  HubControl& control_;
  const int listener_;
  const int wake_;
  std::atomic<bool> stopping_{false};
  std::thread thread_;
};

}  // namespace hub::admin
