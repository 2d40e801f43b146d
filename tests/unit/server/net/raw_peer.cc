#include "tests/unit/server/net/raw_peer.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>

namespace hub::net {

RawPeer::RawPeer(std::uint16_t port) : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(port);
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  EXPECT_EQ(connect(socket_.fd(), reinterpret_cast<sockaddr*>(&to), sizeof to), 0);
  fcntl(socket_.fd(), F_SETFL, O_NONBLOCK);
}

std::size_t RawPeer::Send(std::string_view octets) {
  const ssize_t sent = send(socket_.fd(), octets.data(), octets.size(), MSG_NOSIGNAL);
  return sent < 0 ? 0 : static_cast<std::size_t>(sent);
}

bool RawPeer::Receive() {
  char chunk[65536];
  while (true) {
    const ssize_t octets = recv(socket_.fd(), chunk, sizeof chunk, 0);
    if (octets > 0) {
      received.append(chunk, static_cast<std::size_t>(octets));
      continue;
    }
    if (octets < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return true;
    if (octets < 0) error = errno;
    return false;
  }
}

std::size_t RawPeer::Waiting() const {
  int octets = 0;
  EXPECT_EQ(ioctl(socket_.fd(), FIONREAD, &octets), 0);
  return static_cast<std::size_t>(octets);
}

void RawPeer::Shutdown() { shutdown(socket_.fd(), SHUT_WR); }

void RawPeer::Reset() {
  const linger now{1, 0};
  setsockopt(socket_.fd(), SOL_SOCKET, SO_LINGER, &now, sizeof now);
  Close();
}

}  // namespace hub::net
