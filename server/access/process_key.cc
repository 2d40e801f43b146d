#include "server/access/process_key.h"

#include <sys/random.h>

#include <cstring>

#include "server/base/check.h"

namespace hub::access {

ProcessKey::ProcessKey() {
  // Up to 256 octets come whole once the kernel is seeded, which it is before any service starts.      getrandom(2)
  HUB_CHECK(getrandom(key_.data(), key_.size(), 0) == static_cast<ssize_t>(key_.size()));
}

Digest ProcessKey::Of(std::initializer_list<std::string_view> parts) const {
  Blake2b128 hash{smpp::Bytes(key_)};
  for (const std::string_view part : parts) {
    const std::uint64_t octets = part.size();
    std::uint8_t length[sizeof octets];
    std::memcpy(length, &octets, sizeof octets);
    hash.Update(length);
    hash.Update(smpp::AsBytes(part));
  }
  return hash.Finish();
}

bool SameInConstantTime(const Digest& a, const Digest& b) {
  unsigned difference = 0;
  for (std::size_t i = 0; i < a.size(); ++i) difference |= static_cast<unsigned>(a[i] ^ b[i]);
  return difference == 0;
}

std::size_t DigestHash::operator()(const Digest& digest) const noexcept {
  std::size_t hash = 0;
  std::memcpy(&hash, digest.data(), sizeof hash);
  return hash;
}

}  // namespace hub::access
