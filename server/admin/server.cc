#include "server/admin/server.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <list>
#include <vector>

#include "server/admin/commands.h"
#include "server/admin/unix_socket.h"
#include "server/base/thread_name.h"
#include "server/telemetry/log.h"

namespace hub::admin {
namespace {

using SteadyClock = std::chrono::steady_clock;

constexpr std::size_t kReadOctets = 16 * 1024;
constexpr int kAcceptPauseMs = 100;  // after EMFILE: the backlog would wake poll again at once

/// One operator's connection.
class Connection {
 public:
  Connection(int descriptor, const ServerOptions& options, HubControl& control)
      : descriptor_(descriptor), options_(options), control_(control) {}
  ~Connection() { close(descriptor_); }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  int descriptor() const { return descriptor_; }
  /// Reads on only when the last answer is on its way: a peer that does not read cannot pile up answers.
  short wants() const { return output_.empty() ? POLLIN : POLLOUT; }
  SteadyClock::time_point deadline() const { return last_ + options_.idle_timeout; }

  /// False: close it.
  bool OnReady() {
    last_ = SteadyClock::now();
    if (output_.empty() && !Read()) return false;
    if (output_.empty() && !AnswerNext()) return false;
    return Write();
  }

 private:
  bool Read() {
    char part[kReadOctets];
    const ssize_t got = recv(descriptor_, part, sizeof part, MSG_DONTWAIT);
    if (got < 0) return errno == EAGAIN || errno == EINTR;
    if (got == 0) return false;
    input_.append(part, static_cast<std::size_t>(got));
    return true;
  }

  bool AnswerNext() {
    const std::size_t end = input_.find('\n');
    if (end == std::string::npos) {
      if (input_.size() <= options_.line_octets_max) return true;
      closing_ = true;
      output_ = AnswerTooLong() + '\n';
      return true;
    }
    output_ = end > options_.line_octets_max
                  ? AnswerTooLong()
                  : AnswerLine(control_, std::string_view(input_).substr(0, end));
    output_ += '\n';
    input_.erase(0, end + 1);
    return output_.size() <= options_.output_octets_max;
  }

  std::string AnswerTooLong() const {
    return R"({"ok":false,"code":2,"error":{"text":"read the request: longer than )" +
           std::to_string(options_.line_octets_max) + R"( octets"}})";
  }

  // Writes what the kernel takes; requests that came in one piece are answered one after the other.
  bool Write() {
    while (!output_.empty()) {
      const ssize_t sent =
          send(descriptor_, output_.data(), output_.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
      if (sent < 0) return errno == EAGAIN || errno == EINTR;
      output_.erase(0, static_cast<std::size_t>(sent));
      if (!output_.empty()) return true;
      if (closing_) return false;
      if (!AnswerNext()) return false;
    }
    return true;
  }

  const int descriptor_;
  const ServerOptions& options_;
  HubControl& control_;
  std::string input_, output_;
  bool closing_ = false;
  SteadyClock::time_point last_ = SteadyClock::now();
};

using Connections = std::list<Connection>;

int WaitMillis(const Connections& connections) {
  if (connections.empty()) return -1;
  auto soonest = SteadyClock::time_point::max();
  for (const Connection& one : connections) soonest = std::min(soonest, one.deadline());
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(soonest - SteadyClock::now());
  return static_cast<int>(std::max<std::int64_t>(left.count(), 0));
}

void AcceptOne(int listener, const ServerOptions& options, HubControl& control,
               Connections* connections) {
  const int descriptor = accept4(listener, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
  if (descriptor < 0) {
    if (errno == EMFILE || errno == ENFILE || errno == ENOMEM) {
      Log(Event::admin_failed, {{"why", "no descriptor left for a connection"}});
      poll(nullptr, 0, kAcceptPauseMs);
    }
    return;
  }
  uid_t uid = 0;
  if (!PeerMayAsk(descriptor, &uid)) {
    Log(Event::admin_refused, {{"uid", uid}, {"why", "another user"}});
    close(descriptor);
  } else if (connections->size() >= options.connections_max) {
    Log(Event::admin_refused, {{"uid", uid}, {"why", "too many connections"}});
    close(descriptor);
  } else {
    connections->emplace_back(descriptor, options, control);
  }
}

}  // namespace

Outcome<std::unique_ptr<Server>> Server::Start(ServerOptions options, HubControl& control) {
  const auto listener = ListenUnix(options.path);
  if (!listener) return Err{listener.error()};
  const int wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (wake < 0) {
    Error error = SystemError("make an eventfd", errno);
    close(*listener);
    unlink(options.path.c_str());
    return Err{std::move(error)};
  }
  return std::unique_ptr<Server>(new Server(std::move(options), control, *listener, wake));
}

Server::Server(ServerOptions options, HubControl& control, int listener, int wake)
    : options_(std::move(options)), control_(control), listener_(listener), wake_(wake) {
  Log(Event::admin_opened, {{"socket", options_.path}});
  thread_ = std::thread([this] { Run(); });
}

Server::~Server() {
  stopping_.store(true);
  const std::uint64_t one = 1;
  [[maybe_unused]] const ssize_t written = write(wake_, &one, sizeof one);
  thread_.join();
  unlink(options_.path.c_str());
  close(listener_);
  close(wake_);
}

void Server::Run() {
  NameThread("admin");
  Connections connections;
  std::vector<pollfd> polled;
  while (!stopping_.load()) {
    polled.assign({{.fd = wake_, .events = POLLIN, .revents = 0},
                   {.fd = listener_, .events = POLLIN, .revents = 0}});
    for (const Connection& one : connections) {
      polled.push_back({.fd = one.descriptor(), .events = one.wants(), .revents = 0});
    }
    poll(polled.data(), polled.size(), WaitMillis(connections));
    const auto now = SteadyClock::now();
    std::size_t at = 2;  // the order of `connections` is that of `polled`
    for (auto one = connections.begin(); one != connections.end(); ++at) {
      const bool ready = polled[at].revents != 0;
      const bool keep = ready ? one->OnReady() : one->deadline() > now;
      one = keep ? std::next(one) : connections.erase(one);
    }
    if (polled[1].revents != 0) AcceptOne(listener_, options_, control_, &connections);
  }
}

}  // namespace hub::admin
