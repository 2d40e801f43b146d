#include "server/store/client_password.h"

#include "server/base/password.h"
#include "server/store/migrate.h"
#include "server/store/pg.h"

namespace hub::store {
namespace {

constexpr std::int64_t kStatementTimeoutMs = 60'000;
constexpr std::size_t kPasswordCharacters = 8;
constexpr std::int64_t kReplacedMax = 8;  // remembered, lest an older file bring them back

// The old one is taken no longer than it would have been anyhow.
constexpr char kChange[] =
    "UPDATE crm.client SET password_hash = $2,"
    " password_valid_until = now() + make_interval(secs => $4::float8),"
    " previous_password_hash = CASE WHEN $3::bigint > 0 THEN password_hash END,"
    " previous_password_until = CASE WHEN $3::bigint > 0 THEN"
    " least(now() + make_interval(secs => $3::float8), password_valid_until) END"
    ", replaced_password_hashes = (password_hash || replaced_password_hashes)[1:$5::int]"
    " WHERE system_id = $1";

}  // namespace

Outcome<std::string> ChangePassword(const std::string& conninfo, const PasswordChange& change) {
  auto password = NewPassword(kPasswordCharacters);
  if (!password) return password;
  auto hash = HashPassword(*password);
  if (!hash) return hash;
  auto pg = Pg::Connect({conninfo, "smpphub client", kStatementTimeoutMs});
  if (!pg) return Err{pg.error()};
  if (auto schema = CheckSchema(*pg); !schema) return Err{schema.error()};
  const Param valid_for = change.valid_for_s ? ToParam(*change.valid_for_s) : Param{};
  auto changed = pg->Run(
      "change a client's password", kChange,
      {change.system_id, *hash, ToParam(change.overlap_s), valid_for, ToParam(kReplacedMax)});
  if (!changed) return Err{changed.error()};
  return changed->touched() == 0 ? std::string() : *password;
}

}  // namespace hub::store
