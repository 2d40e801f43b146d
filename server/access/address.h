// Addresses of peers and lists of networks. v4 is kept as ::ffff:a.b.c.d (RFC 4291 §2.5.5.2), so that a peer that comes over a
// v6 socket is the same as over a v4 one.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "protocol/wire/result.h"

namespace hub::access {

struct Address {
  std::array<std::uint8_t, 16> octets{};

  bool is_v4() const;
  bool operator==(const Address&) const = default;
};

/// "192.0.2.7", "2001:db8::1", "::ffff:192.0.2.7"; nullopt for anything else.
std::optional<Address> ParseAddress(std::string_view text);
/// Of a stream's peer(): "192.0.2.7:40112", "[2001:db8::1]:40112".
std::optional<Address> AddressOfPeer(std::string_view peer);
/// Whom limits count as one: a v4 address, a v6 /64 (one host gets that many).
Address SourceOf(Address address);

struct Network {
  Address base;
  unsigned bits = 128;  // of 128: a v4 /24 has 120

  bool Contains(const Address& address) const;
  bool operator==(const Network&) const = default;
};

/// "192.0.2.0/24", "2001:db8::/32", or an address alone. The error says in a few words what is wrong.
smpp::Result<Network, std::string> ParseNetwork(std::string_view text);

/// From where somebody may come. A look-up costs a hash for each different mask of the list, however many networks have it.
class AddressList {
 public:
  AddressList() = default;
  /// `texts` as ParseNetwork takes them. One that it does not take closes the list: it allows nobody.
  explicit AddressList(const std::vector<std::string>& texts);

  /// What could not be read; "" when all was.
  const std::string& bad() const { return bad_; }
  /// True of an empty list, too: it says nothing.
  bool Allows(const Address& address) const;
  /// True when an entry holds it.
  bool Contains(const Address& address) const;
  /// An entry that is no wider than a v4 /16 or a v6 /32 names the address: it belongs to somebody we know.
  bool Names(const Address& address) const;
  /// Takes over the entries by which `other` names addresses.
  void AddNames(const AddressList& other);

 private:
  struct NetworkHash {
    std::size_t operator()(const Network& network) const noexcept;
  };

  void Add(const Network& network);
  bool Finds(const Address& address, unsigned bits_min) const;

  std::unordered_set<Network, NetworkHash> networks_;
  std::vector<unsigned> masks_;  // the bits of them, each once
  std::string bad_;
};

}  // namespace hub::access
