// hubctl explain: how a message would be routed and priced.
#pragma once

#include <CLI/CLI.hpp>
#include <optional>
#include <string>

#include "server/admin/control.h"

namespace hub {

struct ExplainOptions {
  admin::ExplainRequest request;
  int data_coding = 0, ton = 1;
  int ref = 0, total = 0, part = 0;  // total 0: no part of a longer message
  std::string at;
};

void AddExplainOptions(CLI::App& command, ExplainOptions* options);
/// The line for the daemon; nullopt: an option is bad, and stderr says which.
std::optional<std::string> ExplainLine(const ExplainOptions& options);

}  // namespace hub
