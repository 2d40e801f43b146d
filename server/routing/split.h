// Shares of traffic, fair and reproducible: the same message draws the same route on every node.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "server/routing/router.h"

namespace hub::routing {

inline constexpr std::uint32_t kWholeBasisPoints = 10'000;

/// What a split and m:hash() hash: the message's id, or for a part of a concatenated message what all its
/// parts share (client, source, destination, reference, total).
std::uint64_t RoutingKey(const Query& query, std::string_view e164);

/// Hash of key and salt, the same on every machine.
std::uint64_t SaltedHash(std::uint64_t key, std::string_view salt, std::uint32_t round);

/// One member of a split.
struct Share {
  std::string_view name;
  std::uint32_t weight = 0;  // any unit, the same for all
  std::uint8_t candidate = 0;
  bool stands = false;  // may take traffic now
  bool drawn = false;   // worked on by DrawShares
};

/// Draws the members that stand, one after the other, each by its weight among those left.
///
/// The first draw goes over all members, standing or not; a message whose draw fell on one that does not stand
/// draws again among the rest. So a member that falls out moves its own share only, in proportion to the others.
///
/// shares   sorted by name here, so that the order of writing does not matter; weights add up to more than 0
/// returns  how many candidates were written to `order`
std::size_t DrawShares(std::uint64_t key, std::string_view salt, std::span<Share> shares,
                       std::span<std::uint8_t> order);

}  // namespace hub::routing
