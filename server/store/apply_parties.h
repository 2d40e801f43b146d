// Clients with their accounts. Internal to apply*.cc.
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

/// The deck's id; refused when there is none, or when it is in another currency.
Outcome<std::string> DeckOf(Pg& pg, const Place& place, const std::string& label,
                            const std::string& deck, const std::string& currency);

}  // namespace hub::store
