#include "tests/support/lossy_proxy.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <utility>

#include "server/base/check.h"

namespace hub::test {
namespace {

constexpr int kPollMillis = 20;  // how soon a proxy that ends is noticed

sockaddr_un AddressIn(const std::string& directory) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::string path = directory + "/.s.PGSQL.5432";
  HUB_CHECK(path.size() < sizeof(address.sun_path));
  std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
  return address;
}

int OpenSocket() {
  const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  HUB_CHECK(fd >= 0);
  return fd;
}

// What is there now; "" at the end of the stream.
std::string ReadSome(int fd) {
  std::array<char, 65'536> buffer;
  const ssize_t count = read(fd, buffer.data(), buffer.size());
  return count <= 0 ? std::string() : std::string(buffer.data(), static_cast<std::size_t>(count));
}

bool SendAll(int fd, const std::string& octets) {
  std::size_t at = 0;
  while (at < octets.size()) {
    const ssize_t count = send(fd, octets.data() + at, octets.size() - at, MSG_NOSIGNAL);
    if (count <= 0) return false;
    at += static_cast<std::size_t>(count);
  }
  return true;
}

}  // namespace

LossyProxy::LossyProxy(std::string upstream_directory)
    : upstream_directory_(std::move(upstream_directory)) {
  std::string pattern = "/tmp/hub-proxy.XXXXXX";
  HUB_CHECK(mkdtemp(pattern.data()) != nullptr);
  directory_ = pattern;
  listener_ = OpenSocket();
  const sockaddr_un address = AddressIn(directory_);
  HUB_CHECK(bind(listener_, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0);
  HUB_CHECK(listen(listener_, 16) == 0);
  acceptor_ = std::thread([this] { Accept(); });
}

LossyProxy::~LossyProxy() {
  over_ = true;
  acceptor_.join();
  for (std::thread& pump : pumps_) pump.join();
  close(listener_);
  std::filesystem::remove_all(directory_);
}

void LossyProxy::LoseTheAnswerTo(const std::string& statement) {
  const std::lock_guard lock(mutex_);
  statement_ = statement;
}

void LossyProxy::FallSilentAt(const std::string& statement) {
  const std::lock_guard lock(mutex_);
  last_spoken_ = statement;
}

// Once.
bool LossyProxy::IsMeant(std::string& statement, const std::string& octets) {
  const std::lock_guard lock(mutex_);
  if (statement.empty() || octets.find(statement) == std::string::npos) return false;
  statement.clear();
  return true;
}

void LossyProxy::Accept() {
  while (!over_) {
    pollfd waiting{listener_, POLLIN, 0};
    if (poll(&waiting, 1, kPollMillis) <= 0) continue;
    if (silent_) {
      poll(nullptr, 0, kPollMillis);
      continue;
    }
    const int client = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (client >= 0) pumps_.emplace_back([this, client] { Pump(client); });
  }
}

void LossyProxy::Pump(int client) {
  const int server = OpenSocket();
  const sockaddr_un address = AddressIn(upstream_directory_);
  bool open = connect(server, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0;
  while (open && !over_) {
    std::array<pollfd, 2> both{pollfd{client, POLLIN, 0}, pollfd{server, POLLIN, 0}};
    if (poll(both.data(), both.size(), kPollMillis) <= 0) continue;
    if (silent_) {
      poll(nullptr, 0, kPollMillis);
      continue;
    }
    if (both[1].revents != 0) {
      const std::string answer = ReadSome(server);
      open = !answer.empty() && SendAll(client, answer);
    }
    if (open && both[0].revents != 0) {
      const std::string asked = ReadSome(client);
      open = !asked.empty() && SendAll(server, asked);
      if (open && IsMeant(last_spoken_, asked)) silent_ = true;
      if (open && IsMeant(statement_, asked)) {
        open = ReadSome(server).empty();  // the answer is there, so it was done; and here it ends
        ++lost_;
      }
    }
  }
  close(client);
  close(server);
}

}  // namespace hub::test
