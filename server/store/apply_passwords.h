// Clients' passwords, hashed before the transaction: each takes 18 ms and 16 MiB, and locks must not
// wait for that. Internal to apply*.cc.
#pragma once

#include <string>
#include <unordered_map>
#include <vector>

#include "server/store/apply_row.h"

namespace hub::store {

/// What PostgreSQL has of a client's password; all empty for a new client.
struct StoredPassword {
  std::string hash;
  std::vector<std::string> replaced;  // by `hubctl client passwd`, the newest first

  bool operator==(const StoredPassword&) const = default;
};

/// What a client is to have, and what it was decided on.
struct PasswordHash {
  StoredPassword stored;
  std::string hash;
  bool is_replaced =
      false;  // the password described is one that was replaced: `hash` is the stored one
  bool is_named =
      false;  // `hash` is of the password described: what else the description says of it holds
};

/// By system_id. Outside of any transaction; takes no lock.
using PasswordHashes = std::unordered_map<std::string, PasswordHash>;
Outcome<PasswordHashes> HashPasswords(Pg& pg, const std::vector<ClientEntry>& clients);

/// One of them. A hash is salted: the stored one stays as long as it is of the password described, and when that is one that
/// `hubctl client passwd` replaced. A new one costs 18 ms for each hash that it is compared with.
Outcome<PasswordHash> DecidePassword(const ClientEntry& entry, const StoredPassword& stored);

}  // namespace hub::store
