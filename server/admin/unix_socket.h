// Internal to the folder: UNIX sockets, both ends.
#pragma once

#include <sys/types.h>

#include <string>

#include "server/base/error.h"

namespace hub::admin {

/// A listening, non-blocking socket of mode 0600. Replaces a socket file that nobody serves.
Outcome<int> ListenUnix(const std::string& path);
/// A blocking, connected socket.
Outcome<int> ConnectUnix(const std::string& path);
/// True for root and for our own effective user; `uid` is the peer's, (uid_t)-1 when the kernel does not say.
bool PeerMayAsk(int socket, uid_t* uid);

}  // namespace hub::admin
