// Brings the schema to what this build expects: forward only, one file one transaction, refused
// rather than guessed.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "server/base/error.h"

namespace hub::store {

class Pg;

/// The number of the last file in sql/migrations: what the daemon asks for. A test compares the
/// two.
inline constexpr int kSchemaVersion = 37;

/// Applies the files `NNNN_name.sql` of `directory` that are missing, in order, and calls
/// `progress` with each name before it runs. Returns the names applied; none when the schema is up
/// to date. One migrator at a time: others wait.
///
/// errors   the directory is missing or empty; a file that is not NNNN_name.sql; numbers with a gap
///          or twice; a file whose text changed after it was applied; a schema newer than the
///          files; an SQL error, with "file:line" where PostgreSQL knows the position. What was
///          committed before stays; the file that failed leaves nothing.
Outcome<std::vector<std::string>> Migrate(const std::string& conninfo, const std::string& directory,
                                          const std::function<void(std::string_view)>& progress);

/// The last migration applied; 0 for a database without our schema.
Outcome<int> SchemaVersion(Pg& pg);

/// Done when the schema is the one this build was made for; else an error whose advice says what to
/// run.
Outcome<Done> CheckSchema(Pg& pg);

}  // namespace hub::store
