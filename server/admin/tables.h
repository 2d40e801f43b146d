// What hubctl prints of the daemon's JSON answers: columns for people.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "server/admin/control.h"
#include "server/store/balances.h"
#include "server/store/client_page.h"
#include "server/store/nodes.h"

namespace hub::admin {

enum class Output : std::uint8_t { kTable, kJson };

struct Printed {
  Code code = Code::kOk;
  std::string out;  // for stdout
  std::string err;  // for stderr
};

/// Judges the daemon's answer to `command` and prints its result. kJson prints the result as it came, one line.
Printed PrintAnswer(std::string_view command, std::string_view answer_line, Output output);

/// Every account with what it holds; exact decimals in both forms.
std::string PrintBalances(const std::vector<store::BalanceRow>& rows, Output output);

/// The daemon's answers to BindsLine and `status`; "": it did not answer.
struct LiveAnswers {
  std::string binds, status;
};
/// One client: its terms, account, what waits for it, its last refusals, and what the daemon says of it. kJson: null for what it
/// did not say.
std::string PrintClient(const std::string& system_id, const store::ClientPage& page,
                        const LiveAnswers& live, Output output);

std::string PrintNodes(const std::vector<store::NodeRow>& rows, Output output);

}  // namespace hub::admin
