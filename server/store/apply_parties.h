// Clients with their accounts, suppliers with their binds. Internal to apply*.cc.
#pragma once

#include "server/store/apply_row.h"

namespace hub::store {

Outcome<Done> ApplyClient(Pg& pg, const ClientEntry& entry, ApplyReport* report);
Outcome<Done> ApplySupplier(Pg& pg, const SupplierEntry& entry, ApplyReport* report);

}  // namespace hub::store
