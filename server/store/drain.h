// Taking a client, a supplier or one of its binds out of traffic for a while, and back.
#pragma once

#include <cstdint>
#include <string>

#include "server/base/error.h"

namespace hub::store {

enum class Party : std::uint8_t {
  kClient,    // by system_id
  kSupplier,  // by name
  kBind,      // by bind_id, the number in its links' names: 7 of "s-beta-7.0"
};

/// Writes `enabled` of its row; a daemon that reloads then lets nothing new go there, waits for what is under way, and unbinds
/// (or binds again). Blocks, with a connection of its own. Returns false when there is no such row.
Outcome<bool> SetEnabled(const std::string& conninfo, Party party, const std::string& name,
                         bool enabled);

}  // namespace hub::store
