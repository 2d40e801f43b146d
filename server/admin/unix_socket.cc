#include "server/admin/unix_socket.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace hub::admin {
namespace {

constexpr int kBacklog = 16;

Error Refused(const std::string& path, std::string why, std::string advice) {
  return {.doing = "open the control socket " + path,
          .why = std::move(why),
          .place = {},
          .sqlstate = {},
          .advice = std::move(advice)};
}

bool ToAddress(const std::string& path, sockaddr_un* address) {
  *address = {};
  address->sun_family = AF_UNIX;
  if (path.empty() || path.size() >= sizeof address->sun_path) return false;
  std::memcpy(address->sun_path, path.data(), path.size());
  return true;
}

Error CloseAnd(int descriptor, Error error) {
  close(descriptor);
  return error;
}

// A file left by a process that was killed is in the way of bind(); one that answers connect() is somebody's.
Outcome<Done> ClearTheWay(const std::string& path) {
  struct stat status {};
  if (lstat(path.c_str(), &status) != 0) return Done{};
  if (!S_ISSOCK(status.st_mode)) {
    return Err{Refused(path, "a file that is no socket is in the way", "set admin.socket")};
  }
  if (const auto other = ConnectUnix(path)) {
    close(*other);
    return Err{Refused(path, "another process serves it", "stop it, or set admin.socket")};
  }
  if (unlink(path.c_str()) != 0) return Err{SystemError("remove the old socket " + path, errno)};
  return Done{};
}

}  // namespace

Outcome<int> ConnectUnix(const std::string& path) {
  sockaddr_un address;
  if (!ToAddress(path, &address)) {
    return Err{Refused(path, "the path is empty or too long", "at most 107 octets")};
  }
  const int descriptor = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (descriptor < 0) return Err{SystemError("make a UNIX socket", errno)};
  if (connect(descriptor, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
    return Err{CloseAnd(descriptor, SystemError("connect to " + path, errno))};
  }
  return descriptor;
}

Outcome<int> ListenUnix(const std::string& path) {
  sockaddr_un address;
  if (!ToAddress(path, &address)) {
    return Err{Refused(path, "the path is empty or too long", "at most 107 octets")};
  }
  if (const auto clear = ClearTheWay(path); !clear) return Err{clear.error()};
  const int descriptor = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (descriptor < 0) return Err{SystemError("make a UNIX socket", errno)};
  // Before bind, Linux gives the file the mode of the socket: there is no moment in which others may connect.
  if (fchmod(descriptor, S_IRUSR | S_IWUSR) != 0 ||
      bind(descriptor, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 ||
      listen(descriptor, kBacklog) != 0) {
    return Err{CloseAnd(descriptor, SystemError("open the control socket " + path, errno))};
  }
  return descriptor;
}

bool PeerMayAsk(int socket, uid_t* uid) {
  ucred peer{};
  socklen_t size = sizeof peer;
  if (getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0) peer.uid = ~uid_t{0};
  *uid = peer.uid;
  return peer.uid == 0 || peer.uid == geteuid();
}

}  // namespace hub::admin
