#include "server/access/address.h"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>

namespace hub::access {
namespace {

constexpr unsigned kV4Prefix = 96;  // bits before a v4 address
constexpr unsigned kNarrowV4 = kV4Prefix + 16, kNarrowV6 = 32;
constexpr unsigned kSourceV6 = 64;

Address CutTo(Address address, unsigned bits) {
  for (unsigned i = 0; i < address.octets.size(); ++i) {
    const unsigned kept = std::clamp(static_cast<int>(bits) - static_cast<int>(i * 8), 0, 8);
    address.octets[i] = static_cast<std::uint8_t>(address.octets[i] & (0xff00u >> kept));
  }
  return address;
}

// How many bits a network has at least that names the address.
unsigned NarrowBits(const Address& address) { return address.is_v4() ? kNarrowV4 : kNarrowV6; }

}  // namespace

bool Address::is_v4() const {
  constexpr std::array<std::uint8_t, 12> kMapped = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  return std::equal(kMapped.begin(), kMapped.end(), octets.begin());
}

std::optional<Address> ParseAddress(std::string_view text) {
  const std::string z(text.substr(0, text.find('%')));  // a link's name is not ours to judge
  Address address;
  if (inet_pton(AF_INET6, z.c_str(), address.octets.data()) == 1) return address;
  address.octets = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0, 0, 0, 0};
  if (inet_pton(AF_INET, z.c_str(), address.octets.data() + 12) == 1) return address;
  return std::nullopt;
}

std::optional<Address> AddressOfPeer(std::string_view peer) {
  const std::size_t colon = peer.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  std::string_view host = peer.substr(0, colon);
  if (host.size() > 2 && host.front() == '[' && host.back() == ']') {
    host = host.substr(1, host.size() - 2);
  }
  return ParseAddress(host);
}

Address SourceOf(Address address) { return address.is_v4() ? address : CutTo(address, kSourceV6); }

bool Network::Contains(const Address& address) const {
  // "::/0" is every v6 address, not every v4 one.
  if (address.is_v4() && bits < kV4Prefix) return false;
  return CutTo(address, bits) == base;
}

smpp::Result<Network, std::string> ParseNetwork(std::string_view text) {
  const std::size_t slash = text.find('/');
  const auto address = ParseAddress(text.substr(0, slash));
  if (!address || text.find('%') != std::string_view::npos) {
    return smpp::Err{std::string("is no address and no network")};
  }
  Network network{*address, 128};
  if (slash == std::string_view::npos) return network;
  const std::string_view digits = text.substr(slash + 1);
  // "::ffff:192.0.2.0/120" counts all bits, "192.0.2.0/24" its own.
  const bool is_written_v4 = text.find(':') == std::string_view::npos;
  const unsigned bits_max = is_written_v4 ? 32 : 128;
  unsigned bits = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), bits);
  if (error != std::errc() || end != digits.data() + digits.size() || bits > bits_max) {
    return smpp::Err{"has no mask of 0 to " + std::to_string(bits_max) + " bits"};
  }
  network.bits = bits + (is_written_v4 ? kV4Prefix : 0);
  if (CutTo(network.base, network.bits) != network.base) {
    return smpp::Err{std::string("has bits to the right of its mask")};
  }
  return network;
}

AddressList::AddressList(const std::vector<std::string>& texts) {
  for (const std::string& text : texts) {
    const auto network = ParseNetwork(text);
    if (network) {
      Add(*network);
    } else if (bad_.empty()) {
      bad_ = "\"" + text + "\" " + network.error();
    }
  }
}

std::size_t AddressList::NetworkHash::operator()(const Network& network) const noexcept {
  const auto& octets = network.base.octets;
  const std::string_view text(reinterpret_cast<const char*>(octets.data()), octets.size());
  return std::hash<std::string_view>()(text) ^ network.bits;
}

void AddressList::Add(const Network& network) {
  networks_.insert(network);
  if (std::find(masks_.begin(), masks_.end(), network.bits) == masks_.end()) {
    masks_.push_back(network.bits);
  }
}

bool AddressList::Finds(const Address& address, unsigned bits_min) const {
  return std::any_of(masks_.begin(), masks_.end(), [&](unsigned bits) {
    // "::/0" is every v6 address, not every v4 one.
    if (bits < bits_min || (address.is_v4() && bits < kV4Prefix)) return false;
    return networks_.contains({CutTo(address, bits), bits});
  });
}

bool AddressList::Allows(const Address& address) const {
  if (!bad_.empty()) return false;
  return networks_.empty() || Contains(address);
}

bool AddressList::Contains(const Address& address) const { return Finds(address, 0); }

bool AddressList::Names(const Address& address) const {
  return bad_.empty() && Finds(address, NarrowBits(address));
}

void AddressList::AddNames(const AddressList& other) {
  if (!other.bad_.empty()) return;
  for (const Network& network : other.networks_) {
    if (network.bits >= NarrowBits(network.base)) Add(network);
  }
}

}  // namespace hub::access
