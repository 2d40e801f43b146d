// hubctl's end of the control socket.
#pragma once

#include <chrono>
#include <string>

#include "server/admin/control.h"

namespace hub::admin {

/// Sends one line and returns the one that answers, both without newlines. Blocks at most for `timeout`.
/// Denials: kUnreachable (nobody serves the socket, or no answer came), kDenied (not our socket, or closed at once).
Answer<std::string> Ask(const std::string& socket_path, const std::string& request,
                        std::chrono::milliseconds timeout);

}  // namespace hub::admin
