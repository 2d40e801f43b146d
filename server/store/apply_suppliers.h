// Suppliers with their binds and what their statuses mean. Internal to apply*.cc.
#pragma once

#include "server/store/apply_row.h"

namespace hub::store {

Outcome<Done> ApplySupplier(Pg& pg, const SupplierEntry& entry, ApplyReport* report);

}  // namespace hub::store
