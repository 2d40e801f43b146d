// One client at a glance, for hubctl client show.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "server/store/balances.h"

namespace hub::store {

/// A column of crm.client as PostgreSQL prints it. Never a secret.
struct ClientTerm {
  std::string name, value;
};

/// Of traffic.reject; no number of a subscriber.
struct ClientRefusal {
  std::string at;  // "2026-11-21 10:00:00" UTC
  std::string reason;
  std::uint32_t command_status = 0;
};

struct ClientPage {
  static constexpr std::size_t kRefusalsMax = 5;
  std::vector<ClientTerm> terms;  // kTerms of client_page.cc, in its order
  BalanceRow balance;
  std::string held;  // of the balance, until outcomes are known
  std::int64_t receipts_waiting = 0, mo_waiting = 0;
  std::string oldest_waiting;           // "2026-11-21 10:00:00" UTC; "": none waits
  std::vector<ClientRefusal> refusals;  // of the last day, the newest first; at most kRefusalsMax
};

/// nullopt: no client has this system_id. Blocks; a connection of its own.
Outcome<std::optional<ClientPage>> ReadClientPage(const std::string& conninfo,
                                                  const std::string& system_id);

}  // namespace hub::store
