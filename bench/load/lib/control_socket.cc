#include "bench/load/lib/control_socket.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <future>
#include <memory>

namespace hub::load {
namespace {

constexpr std::size_t kLineOctetsMax = 4096;
constexpr auto kAnswerWait = std::chrono::seconds(2);

bool SomebodyServes(const sockaddr_un& at) {
  const net::Socket probe(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  return connect(probe.fd(), reinterpret_cast<const sockaddr*>(&at), sizeof at) == 0;
}

bool SendAll(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t sent = send(fd, text.data(), text.size(), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    text.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

}  // namespace

Outcome<Done> ControlSocket::Open(const std::string& path) {
  const std::string doing = "open the control socket " + path;
  sockaddr_un at{};
  at.sun_family = AF_UNIX;
  if (path.size() >= sizeof at.sun_path) return Err{SystemError(doing, ENAMETOOLONG)};
  std::memcpy(at.sun_path, path.c_str(), path.size() + 1);
  if (SomebodyServes(at)) return Err{SystemError(doing, EADDRINUSE)};
  unlink(path.c_str());
  listener_ = net::Socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  stop_ = net::Socket(eventfd(0, EFD_CLOEXEC));
  const mode_t before = umask(0177);
  const int bound = bind(listener_.fd(), reinterpret_cast<const sockaddr*>(&at), sizeof at);
  const int error = errno;
  umask(before);
  if (bound != 0) return Err{SystemError(doing, error)};
  path_ = path;
  if (listen(listener_.fd(), 8) != 0) return Err{SystemError(doing, errno)};
  thread_ = std::thread([this] { Serve(); });
  return Done{};
}

ControlSocket::~ControlSocket() {
  if (thread_.joinable()) {
    const std::uint64_t one = 1;
    (void)!write(stop_.fd(), &one, sizeof one);
    thread_.join();
  }
  if (!path_.empty()) unlink(path_.c_str());
}

// False when the object wants to end.
bool ControlSocket::WaitReadable(int fd) const {
  pollfd fds[] = {{fd, POLLIN, 0}, {stop_.fd(), POLLIN, 0}};
  while (poll(fds, 2, -1) < 0) {
    if (errno != EINTR) return false;
  }
  return fds[1].revents == 0;
}

void ControlSocket::Serve() {
  while (WaitReadable(listener_.fd())) {
    const net::Socket client(accept4(listener_.fd(), nullptr, nullptr, SOCK_CLOEXEC));
    if (client.open()) ServeClient(client);
  }
}

void ControlSocket::ServeClient(const net::Socket& client) {
  std::string input;
  char chunk[1024];
  while (input.size() < kLineOctetsMax && WaitReadable(client.fd())) {
    const ssize_t octets = recv(client.fd(), chunk, sizeof chunk, 0);
    if (octets <= 0) return;
    input.append(chunk, static_cast<std::size_t>(octets));
    for (std::size_t end = input.find('\n'); end != std::string::npos; end = input.find('\n')) {
      if (!SendAll(client.fd(), RunOnLoop(input.substr(0, end)) + "\n")) return;
      input.erase(0, end + 1);
    }
  }
}

std::string ControlSocket::RunOnLoop(std::string line) {
  if (!line.empty() && line.back() == '\r') line.pop_back();
  auto answer = std::make_shared<std::promise<std::string>>();
  std::future<std::string> future = answer->get_future();
  const bool posted =
      loop_.Post([this, answer, line = std::move(line)] { answer->set_value(run_(line)); });
  if (!posted || future.wait_for(kAnswerWait) != std::future_status::ready) return "error: busy";
  return future.get();
}

}  // namespace hub::load
