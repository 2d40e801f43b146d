#include "server/net/socket.h"

#include <netdb.h>
#include <netinet/tcp.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace hub::net {
namespace {

constexpr int kBacklog = 1024;
constexpr int kKeepaliveIdleSeconds = 60;
constexpr int kKeepaliveGapSeconds = 10;
constexpr int kKeepaliveProbes = 6;

std::vector<SocketAddress> GetAddresses(const Address& address, int flags) {
  std::string host = address.host;
  if (host.size() > 2 && host.front() == '[' && host.back() == ']') {
    host = host.substr(1, host.size() - 2);
  }
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = flags | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  const std::string port = std::to_string(address.port);
  if (getaddrinfo(host.empty() ? nullptr : host.c_str(), port.c_str(), &hints, &found) != 0) {
    return {};
  }
  std::vector<SocketAddress> addresses;
  for (const addrinfo* a = found; a != nullptr; a = a->ai_next) {
    SocketAddress& next = addresses.emplace_back();
    std::memcpy(&next.storage, a->ai_addr, a->ai_addrlen);
    next.length = a->ai_addrlen;
  }
  freeaddrinfo(found);
  return addresses;
}

void SetFlag(int fd, int level, int option, int value) {
  // A socket without the option still works; nothing to do about a failure.
  (void)setsockopt(fd, level, option, &value, sizeof value);
}

}  // namespace

Socket::~Socket() {
  if (fd_ >= 0) close(fd_);
}

std::optional<SocketAddress> ParseNumeric(const Address& address) {
  if (address.host.empty()) return std::nullopt;
  const auto addresses = GetAddresses(address, AI_NUMERICHOST);
  if (addresses.empty()) return std::nullopt;
  return addresses.front();
}

std::vector<SocketAddress> ResolveBlocking(const Address& address) {
  return GetAddresses(address, AI_ADDRCONFIG);
}

std::string Text(const SocketAddress& address) {
  char host[NI_MAXHOST];
  char port[NI_MAXSERV];
  if (getnameinfo(address.get(), address.length, host, sizeof host, port, sizeof port,
                  NI_NUMERICHOST | NI_NUMERICSERV) != 0) {
    return "unknown";
  }
  const bool v6 = address.storage.ss_family == AF_INET6;
  return (v6 ? "[" + std::string(host) + "]" : std::string(host)) + ":" + port;
}

void SetStreamOptions(int fd) {
  SetFlag(fd, IPPROTO_TCP, TCP_NODELAY, 1);
  SetFlag(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
  SetFlag(fd, IPPROTO_TCP, TCP_KEEPIDLE, kKeepaliveIdleSeconds);
  SetFlag(fd, IPPROTO_TCP, TCP_KEEPINTVL, kKeepaliveGapSeconds);
  SetFlag(fd, IPPROTO_TCP, TCP_KEEPCNT, kKeepaliveProbes);
}

void HoldNothingUnsent(int fd) {
  SetFlag(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, 1);  // 0 would be the system's default
}

Result<Socket, int> BeginConnect(const SocketAddress& to) {
  Socket socket(::socket(to.storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!socket.open()) return Err{errno};
  SetStreamOptions(socket.fd());
  if (connect(socket.fd(), to.get(), to.length) != 0 && errno != EINPROGRESS && errno != EINTR) {
    return Err{errno};
  }
  return socket;
}

int ConnectError(int fd) {
  int error = 0;
  socklen_t length = sizeof error;
  if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &length) != 0) return errno;
  return error;
}

Outcome<Socket> OpenListener(const Address& address) {
  const std::string doing = "listen on " + address.host + ":" + std::to_string(address.port);
  const auto addresses = GetAddresses(address, AI_PASSIVE);
  if (addresses.empty()) {
    return Err{Error{.doing = doing,
                     .why = "no such host or address",
                     .place = {},
                     .system_errno = 0,
                     .sqlstate = {},
                     .advice = {}}};
  }
  const SocketAddress& at = addresses.front();
  Socket socket(::socket(at.storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!socket.open()) return Err{SystemError(doing, errno)};
  SetFlag(socket.fd(), SOL_SOCKET, SO_REUSEADDR, 1);
  SetFlag(socket.fd(), SOL_SOCKET, SO_REUSEPORT, 1);
  if (bind(socket.fd(), at.get(), at.length) != 0 || listen(socket.fd(), kBacklog) != 0) {
    return Err{SystemError(doing, errno)};
  }
  return socket;
}

std::uint16_t LocalPort(int fd) {
  SocketAddress at;
  at.length = sizeof at.storage;
  if (getsockname(fd, at.get(), &at.length) != 0) return 0;
  const bool v6 = at.storage.ss_family == AF_INET6;
  return ntohs(v6 ? reinterpret_cast<const sockaddr_in6*>(at.get())->sin6_port
                  : reinterpret_cast<const sockaddr_in*>(at.get())->sin_port);
}

}  // namespace hub::net
