// Internal to the folder: [[client]] and [[supplier]].
#pragma once

#include "server/admin/description_fields.h"
#include "server/store/description.h"

namespace hub::admin {

store::ClientEntry ReadClient(TomlReader& table, Unique* system_ids, Unique* topup_refs);
store::SupplierEntry ReadSupplier(TomlReader& table, Unique* names);

}  // namespace hub::admin
