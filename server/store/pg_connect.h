// Opening a connection: internal to pg.cc.
#pragma once

#include <libpq-fe.h>

#include "server/base/error.h"
#include "server/store/pg.h"

namespace hub::store {

/// A connection that may be used, not null: ours to PQfinish. Hosts of the connection string, and the addresses of each
/// name, are tried in turn, each for connect_timeout. Look-ups of names block, for as long as resolv.conf says.
Outcome<PGconn*> OpenConnection(const PgOptions& options);

/// The first line of a message: the others are hints, and contexts that quote statements.
std::string FirstLine(const char* text);

}  // namespace hub::store
