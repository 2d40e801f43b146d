// A client's next password. Behind `hubctl client passwd`.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "server/base/error.h"

namespace hub::store {

struct PasswordChange {
  std::string system_id;
  std::int64_t overlap_s = 0;               // the password it has now is taken so long, too
  std::optional<std::int64_t> valid_for_s;  // of the new one; none: for ever
};

/// Makes a password of 8 characters (48 bits; SMPP v3.4 §5.2.2 carries no more), stores its hash and returns it: it is nowhere else.
/// "" when no client has this system_id. Blocks, with a connection of its own.
Outcome<std::string> ChangePassword(const std::string& conninfo, const PasswordChange& change);

}  // namespace hub::store
