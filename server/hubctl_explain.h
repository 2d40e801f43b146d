// hubctl explain: its options, and what it asks the daemon.
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
  bool mo = false;       // a mobile originated message: of `request` its destination and text count
  std::string supplier;  // that it came from
};

void AddExplainOptions(CLI::App& command, ExplainOptions* options);

/// A line for the control socket. Nothing: a usage error, which stderr tells.
std::optional<std::string> ExplainLine(ExplainOptions options);

}  // namespace hub
