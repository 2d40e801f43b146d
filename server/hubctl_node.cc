#include "server/hubctl_node.h"

#include "server/hubctl_print.h"
#include "server/store/nodes.h"

namespace hub {

using admin::Code;

void AddNodeOptions(CLI::App& command, NodeOptions* options) {
  command.add_option("node", options->node_id, "its number")->required()->check(CLI::Range(0, 63));
  command.add_option("--reason", options->reason, "kept with what is done")->required();
}

Code FenceNode(const std::string& database, const NodeOptions& options) {
  const auto fenced = store::FenceNode(database, options.node_id, options.reason);
  if (!fenced) return Fail(fenced.error());
  if (*fenced == 0) {
    Complain("node " + std::to_string(options.node_id) + " has nothing open: see hubctl nodes\n");
    return Code::kNotFound;
  }
  Out("fenced: it gets no credit any more. Next: start the node where its journal is, and it "
      "settles; or, when that journal "
      "is lost for good: hubctl node abandon " +
      std::to_string(options.node_id) + " --reason '...'\n");
  return Code::kOk;
}

Code AbandonNode(const std::string& database, const NodeOptions& options) {
  const auto returned = store::AbandonNode(database, options.node_id, options.reason);
  if (!returned) return Fail(returned.error());
  Out("abandoned: " + FormatNanoSum(*returned) +
      " returned to its accounts. At most so much was spent and is charged to nobody: "
      "see money.credit_event\n");
  return Code::kOk;
}

}  // namespace hub
