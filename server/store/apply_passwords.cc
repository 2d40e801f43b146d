#include "server/store/apply_passwords.h"

#include <utility>

#include "server/base/password.h"

namespace hub::store {

Outcome<std::string> HashOf(const ClientEntry& entry, const std::string& stored) {
  const std::string label = "client " + entry.client.system_id;
  if (!entry.client.password_hash.empty()) return entry.client.password_hash;
  if (entry.password.empty()) {
    if (!stored.empty()) return stored;
    return Err{Refusal(entry.place, label, "a new client needs a password or a password_hash")};
  }
  if (!stored.empty() && VerifyPassword(entry.password, stored)) return stored;
  auto hash = HashPassword(entry.password);
  if (!hash) return Err{Placed(hash.error(), entry.place, label)};
  return *hash;
}

Outcome<PasswordHashes> HashPasswords(Pg& pg, const std::vector<ClientEntry>& clients) {
  std::vector<std::string> names;
  for (const ClientEntry& entry : clients) names.push_back(entry.client.system_id);
  auto found =
      pg.Run("look up clients",
             "SELECT system_id, password_hash, coalesce(previous_password_hash, '') FROM crm.client"
             " WHERE system_id = ANY ($1::text[])",
             {ToArray(names)});
  if (!found) return Err{found.error()};
  PasswordHashes hashes;
  std::unordered_map<std::string, std::string> previous;
  for (int i = 0; i < found->rows(); ++i) {
    hashes[found->String(i, 0)].stored = found->String(i, 1);
    previous[found->String(i, 0)] = found->String(i, 2);
  }
  for (const ClientEntry& entry : clients) {
    PasswordHash& one = hashes[entry.client.system_id];
    auto hash = HashOf(entry, one.stored);
    if (!hash) return Err{hash.error()};
    one.hash = std::move(*hash);
    // A file older than `hubctl client passwd` must not bring back the password that it replaced.
    const bool changes = one.hash != one.stored && entry.client.password_hash.empty();
    if (!changes || !VerifyPassword(entry.password, previous[entry.client.system_id])) continue;
    one.hash = one.stored;
    one.is_previous = true;
  }
  return hashes;
}

}  // namespace hub::store
