// The numbers of networks: a plan of them has a million rows, so they are brought in by the page. Internal to apply*.cc.
#pragma once

#include "server/store/apply_row.h"

namespace hub::store {

/// Brings the prefixes to the networks described. Those that are not described stay where they are. The error tells the
/// first prefix whose network is neither described nor stored.
Outcome<Done> ApplyPrefixes(Pg& pg, const std::vector<PrefixEntry>& entries, ApplyReport* report);

}  // namespace hub::store
