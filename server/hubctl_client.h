// hubctl client: what one client is given.
#pragma once

#include <CLI/CLI.hpp>
#include <optional>
#include <string>

#include "server/admin/tables.h"

namespace hub {

struct PasswordOptions {
  std::string system_id;
  double overlap_h = 24;              // the present password is taken so long, too
  std::optional<int> valid_for_days;  // of the new one; none: for ever
};

void AddPasswordOptions(CLI::App& command, PasswordOptions* options);
/// The new password goes to stdout alone, and nowhere else.
admin::Code ChangePassword(const std::string& database, const PasswordOptions& options);

/// `hubctl client show`: what PostgreSQL holds of it, and what the daemon says of it if one answers.
/// socket  "": none is asked
admin::Code ShowClient(const std::string& database, const std::string& socket,
                       std::chrono::seconds timeout, const std::string& system_id,
                       admin::Output output);

}  // namespace hub
