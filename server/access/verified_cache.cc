#include "server/access/verified_cache.h"

#include <algorithm>
#include <string>

namespace hub::access {

Digest VerifiedCache::KeyOf(std::int64_t client_id) const {
  return key_.Of({std::to_string(client_id)});
}

Digest VerifiedCache::MacOf(std::int64_t client_id, std::string_view hash,
                            std::string_view password) const {
  return key_.Of({std::to_string(client_id), hash, password});
}

bool VerifiedCache::Contains(std::int64_t client_id, std::string_view hash,
                             std::string_view password, TimePoint now) {
  const Client* client = clients_.Find(KeyOf(client_id));
  const Digest mac = MacOf(client_id, hash, password);
  if (client == nullptr) return false;
  bool found = false;
  for (const Verified& one : *client) {
    found |= SameInConstantTime(one.mac, mac) && now < one.until;
  }
  return found;
}

void VerifiedCache::Add(std::int64_t client_id, std::string_view hash, std::string_view password,
                        Duration valid_for, TimePoint now) {
  if (kept_for_ <= Duration{0}) return;
  Client& client = clients_.Touch(KeyOf(client_id));
  const Digest mac = MacOf(client_id, hash, password);
  // In the place of the same one, else of the one that ends first.
  Verified* place =
      &*std::min_element(client.begin(), client.end(),
                         [](const Verified& a, const Verified& b) { return a.until < b.until; });
  for (Verified& one : client) {
    if (SameInConstantTime(one.mac, mac)) place = &one;
  }
  *place = {mac, now + std::min(kept_for_, valid_for)};
}

}  // namespace hub::access
