#include "server/hubctl_client.h"

#include "server/admin/client.h"
#include "server/admin/commands.h"
#include "server/hubctl_print.h"
#include "server/store/client_password.h"

namespace hub {

using admin::Code;

void AddPasswordOptions(CLI::App& command, PasswordOptions* options) {
  command.add_option("system_id", options->system_id)->required();
  command
      .add_option("--overlap-h", options->overlap_h,
                  "hours that the present one is taken, too; until when stands in "
                  "crm.client.previous_password_until")
      ->check(CLI::Range(0.0, 8'760.0))
      ->capture_default_str();
  command
      .add_option("--valid-days", options->valid_for_days,
                  "the new one ends after so many; else it never does")
      ->check(CLI::Range(1, 3'650));
}

Code ChangePassword(const std::string& database, const PasswordOptions& options) {
  store::PasswordChange change{
      options.system_id, static_cast<std::int64_t>(options.overlap_h * 3'600), {}};
  if (options.valid_for_days) change.valid_for_s = *options.valid_for_days * std::int64_t{86'400};
  const auto password = store::ChangePassword(database, change);
  if (!password) return Fail(password.error());
  if (password->empty()) {
    Complain("no client has system_id " + options.system_id + "\n");
    return Code::kNotFound;
  }
  Out(*password + "\n");
  Complain("keep it now: only its hash is stored\n");
  return Code::kOk;
}

Code ShowClient(const std::string& database, const std::string& socket,
                std::chrono::seconds timeout, const std::string& system_id, admin::Output output) {
  const auto page = store::ReadClientPage(database, system_id);
  if (!page) return Fail(page.error());
  if (!*page) {
    Complain("no client has system_id " + system_id + ": see hubctl balances\n");
    return Code::kNotFound;
  }
  const auto ask = [&](const std::string& line) {
    if (socket.empty()) return std::string();
    const auto answer = admin::Ask(socket, line, timeout);
    return answer ? *answer : std::string();
  };
  Out(admin::PrintClient(system_id, **page,
                         {ask(admin::BindsLine(system_id)), ask(admin::RequestLine("status"))},
                         output));
  return Code::kOk;
}

}  // namespace hub
