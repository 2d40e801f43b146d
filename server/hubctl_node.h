// hubctl node: what to do about a node that is gone.
#pragma once

#include <CLI/CLI.hpp>
#include <string>

#include "server/admin/control.h"

namespace hub {

struct NodeOptions {
  int node_id = 0;
  std::string reason;
};

void AddNodeOptions(CLI::App& command, NodeOptions* options);
/// It gets no credit any more.
admin::Code FenceNode(const std::string& database, const NodeOptions& options);
/// Its journal is lost for good: its credit returns.
admin::Code AbandonNode(const std::string& database, const NodeOptions& options);

}  // namespace hub
