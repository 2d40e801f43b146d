// The relay as somebody sees it who wants to be let in.
#pragma once

#include <optional>
#include <string>

#include "tests/scenario/relay/relay_rig.h"

namespace hub::test {

inline constexpr const char* kHome = "192.0.2.7";

inline access::GuardLimits Guarded() {
  access::GuardLimits limits;
  limits.unbound_per_address_max = 4;
  limits.accepts_per_second_address = 0;
  limits.accepts_per_second_max = 0;
  limits.failures_per_minute_address = 3;
  limits.failures_per_minute_id = 5;
  return limits;
}

struct Door : RelayRig {
  explicit Door(store::Catalog catalog = TwoSuppliers(), access::GuardLimits limits_of = Guarded())
      : RelayRig(std::move(catalog), {}, limits_of) {}

  SmppPeer Connects(std::string from = kHome) {
    return SmppPeer(network.PeerConnects([this](net::Stream& s) { return relay->Accept(s); },
                                         limits.esme.stream, {std::move(from), 40112}));
  }
  // Nullopt: no answer (yet).
  std::optional<smpp::Status> Binds(SmppPeer& peer, std::string_view system_id = "acme",
                                    std::string_view password = "secret",
                                    smpp::CommandId mode = smpp::CommandId::bind_transceiver) {
    peer.Send(Bind(mode, 1, system_id, password));
    const auto answer = peer.Next();
    return answer ? std::optional(answer->status()) : std::nullopt;
  }
  std::optional<smpp::Status> BindsFrom(std::string from, std::string_view system_id = "acme",
                                        std::string_view password = "secret",
                                        smpp::CommandId mode = smpp::CommandId::bind_transceiver) {
    SmppPeer peer = Connects(std::move(from));
    return Binds(peer, system_id, password, mode);
  }
};

}  // namespace hub::test
