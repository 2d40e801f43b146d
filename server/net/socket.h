// Sockets and their addresses: small wrappers that say what failed. No state.
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include <optional>
#include <string>
#include <vector>

#include "server/base/error.h"
#include "server/net/network.h"

namespace hub::net {

struct SocketAddress {
  sockaddr_storage storage{};
  socklen_t length = 0;

  const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage); }
  sockaddr* get() { return reinterpret_cast<sockaddr*>(&storage); }
};

/// Owns a descriptor.
class Socket {
 public:
  Socket() = default;
  explicit Socket(int fd) : fd_(fd) {}
  Socket(Socket&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Socket& operator=(Socket other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~Socket();

  int fd() const { return fd_; }
  bool open() const { return fd_ >= 0; }

 private:
  int fd_ = -1;
};

/// "192.0.2.7", "2001:db8::1" (brackets allowed) and a port; nullopt for a host name. Never blocks.
std::optional<SocketAddress> ParseNumeric(const Address& address);
/// All addresses of a host. Blocks for as long as the resolver likes. An empty list when there is none.
std::vector<SocketAddress> ResolveBlocking(const Address& address);

/// "192.0.2.7:40112", "[2001:db8::1]:40112".
std::string Text(const SocketAddress& address);

/// TCP_NODELAY (we batch by the turn ourselves) and keepalive after a minute of silence. The socket is non-blocking.
void SetStreamOptions(int fd);

/// The kernel begins no new buffer while it has octets that it cannot send (TCP_NOTSENT_LOWAT): with writes that are kept apart, what the
/// peer's window or the network holds back waits with us. One write is still taken as a whole.
void HoldNothingUnsent(int fd);

/// A non-blocking stream socket that has begun to connect, or the errno.
Result<Socket, int> BeginConnect(const SocketAddress& to);
/// 0, or why the attempt failed.
int ConnectError(int fd);

/// A non-blocking listening socket with SO_REUSEPORT and SO_REUSEADDR.
Outcome<Socket> OpenListener(const Address& address);
std::uint16_t LocalPort(int fd);

}  // namespace hub::net
