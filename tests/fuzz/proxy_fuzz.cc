// A PROXY header, version 2, however it trickles in: never more octets are asked for than one may have, a beginning that is refused
// stays refused, and whom a whole one names is an address with a port, or nobody.
#include "server/net/proxy_header.h"
#include "server/net/socket.h"
#include "tests/fuzz/fuzz.h"

namespace {

using namespace hub::net;
using smpp::Bytes;

// What the octets say of their own beginning, seen at every length.
void CheckBeginning(Bytes octets) {
  bool refused = false;
  for (std::size_t there = 0; there <= octets.size(); ++there) {
    const bool now = JudgeProxyBegin(octets.first(there)).has_value();
    FUZZ_CHECK(!refused || now);
    refused = now;
  }
}

// "192.0.2.7:40112", "[2001:db8::7]:40112"
void CheckPeer(const std::string& peer) {
  if (peer.empty()) return;
  const std::size_t colon = peer.rfind(':');
  FUZZ_CHECK(colon != std::string::npos && colon + 1 < peer.size());
  FUZZ_CHECK(ParseNumeric({peer.substr(0, colon), 1}).has_value());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const Bytes octets(data, size);
  CheckBeginning(octets.first(std::min(octets.size(), kProxyFixedOctets)));
  if (octets.size() < kProxyFixedOctets) return 0;
  const auto whole = ProxyHeaderOctets(octets.first(kProxyFixedOctets));
  FUZZ_CHECK(!whole.ok() || !JudgeProxyBegin(octets).has_value());
  if (!whole) return 0;
  FUZZ_CHECK(*whole >= kProxyFixedOctets && *whole <= kProxyOctetsMax);
  if (octets.size() < *whole) return 0;
  const auto peer = ReadProxyHeader(octets.first(*whole));
  if (peer) CheckPeer(*peer);
  return 0;
}
