#include "server/routing/split.h"

#include <algorithm>

namespace hub::routing {
namespace {

// FNV-1a collects the octets, the finaliser of SplitMix64 spreads them over all bits.
constexpr std::uint64_t kFnvBasis = 0xcbf29ce484222325u, kFnvPrime = 0x100000001b3u;

std::uint64_t Add(std::uint64_t hash, std::string_view octets) {
  for (const char c : octets) hash = (hash ^ static_cast<unsigned char>(c)) * kFnvPrime;
  return (hash ^ 0xff) * kFnvPrime;  // a border, so that "ab","c" is not "a","bc"
}

std::uint64_t Add(std::uint64_t hash, std::uint64_t number) {
  for (int i = 0; i < 8; ++i, number >>= 8) hash = (hash ^ (number & 0xff)) * kFnvPrime;
  return hash;
}

std::uint64_t Spread(std::uint64_t x) {
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
  return x ^ (x >> 31);
}

// A number in [0, bound), fair: the high half of a 64 x 64 bit product.
std::uint64_t Below(std::uint64_t hash, std::uint64_t bound) {
  return static_cast<std::uint64_t>((static_cast<unsigned __int128>(hash) * bound) >> 64);
}

Share* MemberAt(std::span<Share> shares, std::uint64_t point) {
  for (Share& share : shares) {
    if (share.drawn) continue;
    if (point < share.weight) return &share;
    point -= share.weight;
  }
  return nullptr;
}

}  // namespace

std::uint64_t RoutingKey(const Query& query, std::string_view e164) {
  if (!query.multipart) return Spread(Add(kFnvBasis, std::uint64_t{query.message_id}));
  std::uint64_t hash = Add(kFnvBasis, static_cast<std::uint64_t>(query.client->client_id));
  hash = Add(Add(hash, query.source_addr), e164);
  return Spread(Add(hash, std::uint64_t{query.concat_ref} << 8 | query.concat_total));
}

std::uint64_t SaltedHash(std::uint64_t key, std::string_view salt, std::uint32_t round) {
  return Spread(Add(Add(Add(kFnvBasis, salt), key), std::uint64_t{round}));
}

std::size_t DrawShares(std::uint64_t key, std::string_view salt, std::span<Share> shares,
                       std::span<std::uint8_t> order) {
  std::sort(shares.begin(), shares.end(),
            [](const Share& a, const Share& b) { return a.name < b.name; });
  std::uint64_t left = 0;
  for (const Share& share : shares) left += share.weight;
  std::size_t count = 0;
  for (std::uint32_t round = 0; left > 0; ++round) {
    Share* member = MemberAt(shares, Below(SaltedHash(key, salt, round), left));
    member->drawn = true;
    left -= member->weight;
    if (member->stands && count < order.size()) order[count++] = member->candidate;
  }
  return count;
}

}  // namespace hub::routing
