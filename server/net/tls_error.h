// What OpenSSL said, in words. Internal to server/net.
#pragma once

#include <string>

namespace hub::net {

/// The first thing that went wrong since the queue was empty; empties it. "unknown" when OpenSSL said nothing.
std::string TakeTlsError();

}  // namespace hub::net
