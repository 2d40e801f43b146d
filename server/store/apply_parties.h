// Clients with their accounts, suppliers with their binds. Internal to apply*.cc.
#pragma once

#include <vector>

#include "server/store/apply_passwords.h"
#include "server/store/apply_row.h"

namespace hub::store {

/// But for their money.
Outcome<Done> ApplyClients(Pg& pg, const std::vector<ClientEntry>& clients,
                           const PasswordHashes& passwords, ApplyReport* report);
/// Their top-ups and credit limits. Locks accounts, in the order in which everybody does, so call
/// it last: grants and batches of those accounts wait until the commit.
Outcome<Done> ApplyMoney(Pg& pg, const std::vector<ClientEntry>& clients, ApplyReport* report);
Outcome<Done> ApplySupplier(Pg& pg, const SupplierEntry& entry, ApplyReport* report);

}  // namespace hub::store
