// A private PostgreSQL for tests: one server a test binary, one fresh database a test. See
// private_postgres beside it.
#pragma once

#include <string>
#include <vector>

#include "server/store/description.h"
#include "server/store/pg.h"

namespace hub::test {

/// The server of this test binary: started at first use, gone with the process.
class PostgresServer {
 public:
  static PostgresServer& Get();

  /// conninfo of a new database: empty, or with the schema of sql/migrations.
  std::string NewEmptyDatabase();
  std::string NewDatabase();

  const std::string& socket_directory() const { return socket_directory_; }
  void Stop();  // as a crash would: immediate
  void Start();

 private:
  PostgresServer();
  std::string Order(const std::string& order);
  std::string ReadLine();
  std::string Conninfo(const std::string& database) const;

  int to_server_ = -1;
  int from_server_ = -1;
  std::string socket_directory_;
  int databases_ = 0;
  std::string template_;  // name of the migrated database that others are copied from
};

/// Where the migrations of this source tree are.
std::string MigrationsDirectory();

/// A connection; the test fails hard when there is none.
store::Pg Connect(const std::string& conninfo, const std::string& application_name = "test");

/// The first value of the first row, as text. An error is returned as its text, so that a
/// comparison shows it.
std::string Scalar(store::Pg& pg, const std::string& sql, const store::Params& params = {});

/// Rows of the views bill.v_broken_*: "" when all invariants hold, else "i2 1, i3 4".
std::string BrokenInvariants(const std::string& conninfo);

/// A small world in EUR: networks 234/10 and 234/any, prefixes 44 and 447700, decks retail,
/// alpha-cost and beta-cost, clients acme (10.00 topped up) and limited (credit limit 1.00),
/// suppliers alpha and beta, MO route 4477 -> acme.
store::Description SmallWorld();

}  // namespace hub::test
