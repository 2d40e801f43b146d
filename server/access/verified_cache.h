// Passwords that were right lately, so that a client that comes back costs no hash. Holds MACs under the key of this run, nothing
// that a password or a hash could be told from.
#pragma once

#include <array>
#include <string_view>

#include "server/access/process_key.h"
#include "server/access/recent_table.h"
#include "server/base/clock.h"

namespace hub::access {

/// One thread.
class VerifiedCache {
 public:
  /// clients_max: beyond, the client that bound longest ago costs a hash again. kept_for 0: remembers nothing.
  VerifiedCache(const ProcessKey& key, std::size_t clients_max, Duration kept_for)
      : key_(key), clients_(clients_max), kept_for_(kept_for) {}

  /// This password was found right for this very hash, and neither is too old.
  bool Contains(std::int64_t client_id, std::string_view hash, std::string_view password,
                TimePoint now);
  /// It was found right; the hash ends in `valid_for`.
  void Add(std::int64_t client_id, std::string_view hash, std::string_view password,
           Duration valid_for, TimePoint now);
  void Forget(std::int64_t client_id) { clients_.Erase(KeyOf(client_id)); }
  std::size_t size() const { return clients_.size(); }

 private:
  struct Verified {
    Digest mac{};
    TimePoint until{};
  };
  // Two: a client that changes from one password to the next binds with both for a while.
  using Client = std::array<Verified, 2>;

  Digest KeyOf(std::int64_t client_id) const;
  Digest MacOf(std::int64_t client_id, std::string_view hash, std::string_view password) const;

  const ProcessKey& key_;
  RecentTable<Client> clients_;
  const Duration kept_for_;
};

}  // namespace hub::access
