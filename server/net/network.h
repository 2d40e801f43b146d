// What a session needs of the loop it lives on. The daemon's Loop is one; tests bring a fake with scripted peers.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "server/base/clock.h"
#include "server/base/error.h"
#include "server/base/timers.h"
#include "server/net/stream.h"

namespace hub::net {

struct Address {
  std::string host;  // name or numeric address
  std::uint16_t port = 0;

  bool operator==(const Address&) const = default;
};

/// Takes a new connection: gives the events object that will use it, or null to refuse (closed at once, no OnClosed).
using Acceptor = std::function<StreamEvents*(Stream&)>;

class Network {
 public:
  virtual ~Network() = default;

  virtual const Clock& clock() const = 0;
  virtual Timers& timers() = 0;

  /// Starts to connect; OnConnected or OnClosed(kConnectFailed) follows in a later turn. Never null; the loop owns it.
  virtual Stream* Connect(const Address& address, StreamEvents& events,
                          const StreamLimits& limits) = 0;

  /// The same over TLS: OnConnected when the handshake is done; until then OnClosed may also come with kTlsFailed. The
  /// handshake has no timeout of its own: the caller's for its first answer covers it.
  virtual Stream* ConnectTls(const Address& address, const TlsTarget& tls, StreamEvents& events,
                             const StreamLimits& limits) = 0;

  /// Runs `work` at the end of this turn, after all callbacks (OnClosed too): where the dead are buried.
  /// Deferred from deferred work: the end of the next turn, which follows at once.
  virtual void Defer(std::function<void()> work) = 0;
};

}  // namespace hub::net
