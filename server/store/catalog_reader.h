// Reads every row of the catalog as of one moment.
#pragma once

#include "server/base/error.h"
#include "server/store/catalog.h"
#include "server/store/pg.h"

namespace hub::store {

/// One repeatable-read transaction. Rates that ended an hour ago or earlier are left out. Blocks:
/// 100,000 rates take about a second.
///
/// errors   PostgreSQL's; a value that does not fit its type here, naming table, column and row
Outcome<Catalog> ReadCatalog(Pg& pg);

}  // namespace hub::store
