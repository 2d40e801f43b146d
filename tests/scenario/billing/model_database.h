// A PostgreSQL that forgets its last transactions, as after a fail-over to a standby that lagged: a copy of the database is
// made, and takes its place later.
#pragma once

#include <functional>
#include <string>

#include "server/store/pg.h"

namespace hub::test {

/// Ends every session with the database, keeps others out while `change` runs with a session elsewhere, and connects `pg`
/// again.
void WithoutSessions(store::Pg* pg, const std::string& conninfo,
                     const std::function<void(store::Pg& admin, const std::string& name)>& change);

void CopyDatabase(store::Pg& admin, const std::string& name);
void RestoreDatabase(store::Pg& admin, const std::string& name);

}  // namespace hub::test
