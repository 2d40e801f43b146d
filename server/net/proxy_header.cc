#include "server/net/proxy_header.h"

#include <algorithm>
#include <cstring>

#include "server/base/check.h"
#include "server/net/socket.h"

namespace hub::net {
namespace {

using smpp::Bytes;
using smpp::Err;

constexpr std::uint8_t kSignature[] = {0x0d, 0x0a, 0x0d, 0x0a, 0x00, 0x0d,
                                       0x0a, 0x51, 0x55, 0x49, 0x54, 0x0a};
constexpr std::size_t kVersionAt = 12, kFamilyAt = 13, kLengthAt = 14;
constexpr std::uint8_t kLocal = 0x20, kProxy = 0x21;  // version 2 in the upper half
constexpr std::uint8_t kUnspecified = 0x00, kTcp4 = 0x11, kTcp6 = 0x21;
constexpr std::size_t kTlvHeaderOctets = 3;  // type, length

std::size_t AddressOctets(std::uint8_t family) {
  return family == kTcp4 ? 12 : family == kTcp6 ? 36 : 0;  // two addresses, two ports
}

std::size_t U16(const std::uint8_t* at) { return static_cast<std::size_t>(at[0] << 8 | at[1]); }

std::string Text4(const std::uint8_t* at) {
  SocketAddress from;
  sockaddr_in v4{};
  v4.sin_family = AF_INET;
  std::memcpy(&v4.sin_addr, at, 4);
  std::memcpy(&v4.sin_port, at + 8, 2);
  std::memcpy(&from.storage, &v4, sizeof v4);
  from.length = sizeof v4;
  return Text(from);
}

std::string Text6(const std::uint8_t* at) {
  SocketAddress from;
  sockaddr_in6 v6{};
  v6.sin6_family = AF_INET6;
  std::memcpy(&v6.sin6_addr, at, 16);
  std::memcpy(&v6.sin6_port, at + 32, 2);
  std::memcpy(&from.storage, &v6, sizeof v6);
  from.length = sizeof v6;
  return Text(from);
}

bool TlvsFit(Bytes tlvs) {
  while (!tlvs.empty()) {
    if (tlvs.size() < kTlvHeaderOctets) return false;
    const std::size_t octets = kTlvHeaderOctets + U16(tlvs.data() + 1);
    if (tlvs.size() < octets) return false;
    tlvs = tlvs.subspan(octets);
  }
  return true;
}

}  // namespace

std::optional<ProxyFault> JudgeProxyBegin(Bytes octets) {
  const std::size_t signature = std::min(octets.size(), sizeof kSignature);
  if (!std::equal(octets.begin(), octets.begin() + static_cast<std::ptrdiff_t>(signature),
                  kSignature)) {
    return ProxyFault::kSignature;
  }
  if (octets.size() <= kVersionAt) return std::nullopt;
  if (octets[kVersionAt] >> 4 != 2) return ProxyFault::kSignature;
  const std::uint8_t command = octets[kVersionAt];
  if (command != kLocal && command != kProxy) return ProxyFault::kCommand;
  return std::nullopt;
}

smpp::Result<std::size_t, ProxyFault> ProxyHeaderOctets(Bytes fixed) {
  HUB_CHECK(fixed.size() == kProxyFixedOctets);
  if (const auto fault = JudgeProxyBegin(fixed)) return Err{*fault};
  const std::size_t octets = kProxyFixedOctets + U16(fixed.data() + kLengthAt);
  if (octets > kProxyOctetsMax) return Err{ProxyFault::kLength};
  return octets;
}

smpp::Result<std::string, ProxyFault> ReadProxyHeader(Bytes header) {
  const std::uint8_t family = header[kFamilyAt];
  const Bytes rest = header.subspan(kProxyFixedOctets);
  if (header[kVersionAt] == kLocal) return std::string();  // §2.2: the rest must be ignored
  if (family != kUnspecified && family != kTcp4 && family != kTcp6) {
    return Err{ProxyFault::kFamily};
  }
  if (family == kUnspecified) return std::string();  // what follows has no layout
  const std::size_t addresses = AddressOctets(family);
  if (rest.size() < addresses) return Err{ProxyFault::kLength};
  if (!TlvsFit(rest.subspan(addresses))) return Err{ProxyFault::kTlv};
  return family == kTcp4 ? Text4(rest.data()) : Text6(rest.data());
}

}  // namespace hub::net
