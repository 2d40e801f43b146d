#include "server/net/stream.h"

namespace hub::net {

std::string_view Name(CloseCause cause) {
  switch (cause) {
    case CloseCause::kPeerClosed:
      return "peer_closed";
    case CloseCause::kError:
      return "error";
    case CloseCause::kConnectFailed:
      return "connect_failed";
    case CloseCause::kTlsFailed:
      return "tls_failed";
    case CloseCause::kOutputLimit:
      return "output_limit";
    case CloseCause::kOurs:
      return "ours";
  }
  return "unknown";
}

}  // namespace hub::net
