// The PROXY protocol, version 2: what a load balancer says in front of a connection that it passes on.
// HAProxy, doc/proxy-protocol.txt §2.2. No socket, no allocation but for the text of the address.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "protocol/wire/result.h"
#include "server/base/slab.h"

namespace hub::net {

enum class ProxyFault : std::uint8_t {
  kSignature,  // not version 2 of the protocol at all: a client that came by itself
  kCommand,    // neither LOCAL nor PROXY
  kFamily,     // neither TCP over v4 or v6 nor unspecified
  kLength,     // too short for its addresses, or longer than we take
  kTlv,        // a TLV runs over the end
};

inline constexpr std::size_t kProxyFixedOctets =
    16;  // signature, version and command, family, length
inline constexpr std::size_t kProxyOctetsMax = 2'048;  // with addresses and TLVs

/// Whether `octets` may be the beginning of a header: judges what there is of the first 13.
std::optional<ProxyFault> JudgeProxyBegin(smpp::Bytes octets);

/// How long the whole header is.
///
/// fixed    kProxyFixedOctets of it
/// returns  kProxyFixedOctets .. kProxyOctetsMax, or a fault
smpp::Result<std::size_t, ProxyFault> ProxyHeaderOctets(smpp::Bytes fixed);

/// Whom the proxy passes on.
///
/// header   as many octets as ProxyHeaderOctets said
/// returns  "192.0.2.7:40112", "[2001:db8::7]:40112"; "" when the connection is the proxy's own (LOCAL) or of an unspecified
///          family: then the socket's address holds. Or a fault. TLVs are measured and skipped.
smpp::Result<std::string, ProxyFault> ReadProxyHeader(smpp::Bytes header);

}  // namespace hub::net
