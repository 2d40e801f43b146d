#include "server/admin/client.h"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>

#include "server/admin/unix_socket.h"

namespace hub::admin {
namespace {

using SteadyClock = std::chrono::steady_clock;

/// A connected socket and the moment at which patience ends.
class Call {
 public:
  Call(int descriptor, SteadyClock::time_point deadline)
      : descriptor_(descriptor), deadline_(deadline) {}
  ~Call() { close(descriptor_); }
  Call(const Call&) = delete;
  Call& operator=(const Call&) = delete;

  bool Send(std::string_view text) {
    while (!text.empty()) {
      if (!Wait(POLLOUT)) return false;
      const ssize_t sent = send(descriptor_, text.data(), text.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
      if (sent < 0 && errno != EAGAIN && errno != EINTR) return false;
      if (sent > 0) text.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
  }

  /// Up to the newline. False: the peer closed, or time is up (then errno is ETIMEDOUT).
  bool Receive(std::string* line) {
    char part[16 * 1024];
    while (Wait(POLLIN)) {
      const ssize_t got = recv(descriptor_, part, sizeof part, MSG_DONTWAIT);
      if (got < 0 && (errno == EAGAIN || errno == EINTR)) continue;
      if (got <= 0) {
        if (got == 0) errno = ECONNRESET;
        return false;
      }
      line->append(part, static_cast<std::size_t>(got));
      if (line->back() != '\n') continue;
      line->pop_back();
      return true;
    }
    return false;
  }

 private:
  bool Wait(short events) {
    while (true) {
      const auto left =
          std::chrono::ceil<std::chrono::milliseconds>(deadline_ - SteadyClock::now());
      pollfd wait{.fd = descriptor_, .events = events, .revents = 0};
      const int ready = left.count() <= 0 ? 0 : poll(&wait, 1, static_cast<int>(left.count()));
      if (ready > 0) return true;
      if (ready == 0) errno = ETIMEDOUT;
      if (ready == 0 || errno != EINTR) return false;
    }
  }

  const int descriptor_;
  const SteadyClock::time_point deadline_;
};

Denial Unreachable(Error error) {
  const bool denied = error.system_errno == EACCES || error.system_errno == EPERM;
  error.advice = denied ? "run hubctl as root or as the daemon's user"
                        : "is smpphubd running? --socket or --config names its socket";
  return {denied ? Code::kDenied : Code::kUnreachable, std::move(error)};
}

}  // namespace

Answer<std::string> Ask(const std::string& socket_path, const std::string& request,
                        std::chrono::milliseconds timeout) {
  const auto descriptor = ConnectUnix(socket_path);
  if (!descriptor) return Err{Unreachable(descriptor.error())};
  Call call(*descriptor, SteadyClock::now() + timeout);
  std::string line;
  if (!call.Send(request + '\n') || !call.Receive(&line)) {
    const int reason = errno;
    return Err{Unreachable(SystemError("wait for the answer of " + socket_path, reason))};
  }
  return line;
}

}  // namespace hub::admin
