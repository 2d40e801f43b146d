// Where mobile originated messages go. Internal to apply*.cc.
#pragma once

#include <string>

#include "server/store/apply.h"
#include "server/store/pg.h"

namespace hub::store {

/// "mo_route 4477*", "mo_route 10000 STOP", "mo_route 100..199 from beta".
std::string MoRouteName(const MoRouteEntry& entry);

Outcome<Done> ApplyMoRoute(Pg& pg, const MoRouteEntry& entry, ApplyReport* report);

}  // namespace hub::store
