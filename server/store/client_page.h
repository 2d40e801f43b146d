// One client at a glance, for hubctl client show.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "server/store/balances.h"

namespace hub::store {

/// Of crm.client, as PostgreSQL prints it. Never a secret.
struct ClientTerm {
  std::string name, value;  // name: of the column, or as the file of hubctl apply has it
};

/// Of traffic.reject; no number of a subscriber.
struct ClientRefusal {
  std::string at;  // "2026-11-21 10:00:00" UTC
  std::string reason;
  std::uint32_t command_status = 0;
};

/// In PostgreSQL, of all nodes.
struct ClientWaiting {
  static constexpr std::int64_t kCountedMax = 100'000;  // of each node; counted no further
  std::int64_t receipts = 0, mo = 0;
  bool more_receipts = false, more_mo = false;  // there may be more
  std::string oldest;                           // "2026-11-21 10:00:00" UTC; "": none waits
};

/// A part that could not be read is empty, and says why: "timed out", or what PostgreSQL said. "": it was read.
struct ClientPage {
  static constexpr std::size_t kRefusalsMax = 5;
  std::vector<ClientTerm> terms;  // kTerms of client_page.cc, in its order
  BalanceRow balance;
  std::string no_balance;
  ClientWaiting waiting;
  std::string no_waiting;
  std::vector<ClientRefusal> refusals;  // of the last day, the newest first; at most kRefusalsMax
  std::string no_refusals;
};

/// nullopt: no client has this system_id. Blocks, for each part at most part_timeout_ms and the grace of PgOptions; a connection of
/// its own. An error: PostgreSQL cannot be reached, or the terms cannot be read.
Outcome<std::optional<ClientPage>> ReadClientPage(const std::string& conninfo,
                                                  const std::string& system_id,
                                                  std::int64_t part_timeout_ms = 5'000);

}  // namespace hub::store
