// The tables beside crm.supplier that hold its profile. Internal to catalog_reader.cc.
#pragma once

#include <vector>

#include "server/store/catalog.h"
#include "server/store/pg.h"

namespace hub::store {

/// Puts the rules of all suppliers into their rows. `suppliers` ascend by supplier_id, and all that a rule can name are there.
Outcome<Done> ReadProfiles(Pg& pg, std::vector<SupplierRow>* suppliers);

}  // namespace hub::store
