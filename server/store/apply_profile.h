// The tables beside crm.supplier that hold its profile. Internal to apply_suppliers.cc.
#pragma once

#include "server/store/apply_row.h"

namespace hub::store {

/// Brings them to what is described: rows that are stored and not described are removed. Those of
/// crm.supplier_status too, with the classes of `statuses`.
Outcome<Done> ApplyProfile(Pg& pg, const SupplierEntry& entry, const std::string& supplier_id,
                           ApplyReport* report);

}  // namespace hub::store
