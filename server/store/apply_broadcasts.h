// Whom the broadcasts of clients go to. Behind the suppliers: they are named.
#pragma once

#include "server/store/apply.h"
#include "server/store/description.h"
#include "server/store/pg.h"

namespace hub::store {

/// Both columns of one client, whose row stands already. Refused: a supplier that nobody knows, in another currency, or without
/// broadcast_cost. One transaction with the rest of Apply.
Outcome<Done> ApplyBroadcasts(Pg& pg, const ClientEntry& entry, ApplyReport* report);

}  // namespace hub::store
