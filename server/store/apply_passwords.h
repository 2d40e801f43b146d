// Clients' passwords, hashed before the transaction: each takes 18 ms and 16 MiB, and locks must not
// wait for that. Internal to apply*.cc.
#pragma once

#include <string>
#include <unordered_map>
#include <vector>

#include "server/store/apply_row.h"

namespace hub::store {

/// The hash a client is to have, and the stored one it was made for ("" for a new client).
struct PasswordHash {
  std::string stored;
  std::string hash;
  bool is_previous = false;  // the password described is the one before: `hash` is the stored one
};

/// By system_id. Outside of any transaction; takes no lock.
using PasswordHashes = std::unordered_map<std::string, PasswordHash>;
Outcome<PasswordHashes> HashPasswords(Pg& pg, const std::vector<ClientEntry>& clients);

/// One of them. A hash is salted: the stored one stays as long as it is of the password described.
Outcome<std::string> HashOf(const ClientEntry& entry, const std::string& stored);

}  // namespace hub::store
