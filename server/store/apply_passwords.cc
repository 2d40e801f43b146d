#include "server/store/apply_passwords.h"

#include <algorithm>
#include <utility>

#include "server/base/password.h"
#include "server/store/row_reader.h"

namespace hub::store {

namespace {

// The hash is of the password described. A hash that is described is compared as it is written.
bool IsOf(const ClientEntry& entry, const std::string& hash) {
  if (hash.empty()) return false;
  if (!entry.client.password_hash.empty()) return entry.client.password_hash == hash;
  return VerifyPassword(entry.password, hash);
}

Outcome<std::string> NewHash(const ClientEntry& entry) {
  if (!entry.client.password_hash.empty()) return entry.client.password_hash;
  auto hash = HashPassword(entry.password);
  if (!hash) return Err{Placed(hash.error(), entry.place, "client " + entry.client.system_id)};
  return *hash;
}

}  // namespace

Outcome<PasswordHash> DecidePassword(const ClientEntry& entry, const StoredPassword& stored) {
  PasswordHash decided{stored, stored.hash};
  if (entry.client.password_hash.empty() && entry.password.empty()) {
    if (!stored.hash.empty()) return decided;
    return Err{Refusal(entry.place, "client " + entry.client.system_id,
                       "a new client needs a password or a password_hash")};
  }
  decided.is_named = IsOf(entry, stored.hash);
  if (decided.is_named) return decided;
  // A file older than `hubctl client passwd` must not bring back what that replaced.
  decided.is_replaced =
      std::any_of(stored.replaced.begin(), stored.replaced.end(),
                  [&](const std::string& replaced) { return IsOf(entry, replaced); });
  if (decided.is_replaced) return decided;
  auto hash = NewHash(entry);
  if (!hash) return Err{hash.error()};
  decided.hash = std::move(*hash);
  decided.is_named = true;
  return decided;
}

Outcome<PasswordHashes> HashPasswords(Pg& pg, const std::vector<ClientEntry>& clients) {
  std::vector<std::string> names;
  for (const ClientEntry& entry : clients) names.push_back(entry.client.system_id);
  auto found = pg.Run("look up clients",
                      "SELECT system_id, password_hash, replaced_password_hashes FROM crm.client"
                      " WHERE system_id = ANY ($1::text[])",
                      {ToArray(names)});
  if (!found) return Err{found.error()};
  std::unordered_map<std::string, StoredPassword> stored;
  for (int i = 0; i < found->rows(); ++i) {
    stored[found->String(i, 0)] = {found->String(i, 1), ParseTextArray(found->Text(i, 2))};
  }
  PasswordHashes hashes;
  for (const ClientEntry& entry : clients) {
    auto decided = DecidePassword(entry, stored[entry.client.system_id]);
    if (!decided) return Err{decided.error()};
    hashes[entry.client.system_id] = std::move(*decided);
  }
  return hashes;
}

}  // namespace hub::store
