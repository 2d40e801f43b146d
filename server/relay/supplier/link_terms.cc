#include "server/relay/supplier/link_terms.h"

#include "server/config/settings.h"

namespace hub::relay {

SessionLimits LimitsOf(const Limits& limits, const LinkState& state) {
  SessionLimits session = limits.smsc;
  session.window_requests_max = static_cast<std::uint32_t>(state.row.window_requests_max);
  session.response_timeout = std::chrono::milliseconds(state.response_timeout_ms);
  return session;
}

SmscBind BindOf(const store::SupplierBindRow& row) {
  SmscBind bind;
  bind.address = {row.host, row.port};
  bind.system_id = row.system_id;
  bind.password = row.password;
  bind.system_type = row.system_type;
  bind.interface_version = row.interface_version;
  bind.wants_tls = row.tls != store::SupplierTls::kOff;
  bind.tls.server_name = row.tls_server_name;
  using enum smpp::CommandId;
  bind.command_id = row.mode == "tx"   ? bind_transmitter
                    : row.mode == "rx" ? bind_receiver
                                       : bind_transceiver;
  for (const std::string& other : row.other_hosts) {
    // With a port or without: rows are judged when they are described; who writes others gets the row's own port.
    const auto split = SplitAddress(other);
    bind.others.push_back(split ? net::Address{split->host, split->port}
                                : net::Address{other, row.port});
  }
  return bind;
}

BindPaceLimits PaceOf(const Limits& limits, const LinkState& state) {
  return {state.row.rate_per_second, limits.rate_margin, limits.throttle_pause,
          std::chrono::milliseconds(state.response_timeout_ms)};
}

}  // namespace hub::relay
