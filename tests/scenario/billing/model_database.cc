#include "tests/scenario/billing/model_database.h"

#include "server/base/check.h"
#include "tests/support/postgres_rig.h"

namespace hub::test {
namespace {

constexpr char kInUse[] = "55006";  // object_in_use
constexpr int kTriesMax = 20;

// Ends the sessions with the database first, and again when one was just about to begin.
void Do(store::Pg& admin, const std::string& name, const std::string& sql) {
  for (int tries = 1;; ++tries) {
    Scalar(
        admin,
        "SELECT count(pg_terminate_backend(pid, 10000)) FROM pg_stat_activity WHERE datname = $1",
        {name});
    auto done = admin.Run("change a database", sql.c_str());
    if (done) return;
    HUB_CHECK_SAY(done.error().sqlstate == kInUse && tries < kTriesMax, done.error().Text());
  }
}

}  // namespace

void WithoutSessions(store::Pg* pg, const std::string& conninfo,
                     const std::function<void(store::Pg& admin, const std::string& name)>& change) {
  const std::string name = Scalar(*pg, "SELECT current_database()");
  store::Pg admin = Connect(conninfo + " dbname=postgres");
  Do(admin, name, "ALTER DATABASE " + name + " ALLOW_CONNECTIONS false");
  change(admin, name);
  Do(admin, name, "ALTER DATABASE " + name + " ALLOW_CONNECTIONS true");
  *pg = Connect(conninfo);
}

void CopyDatabase(store::Pg& admin, const std::string& name) {
  Do(admin, name, "CREATE DATABASE " + name + "_standby TEMPLATE " + name);
}

void RestoreDatabase(store::Pg& admin, const std::string& name) {
  Do(admin, name, "DROP DATABASE " + name);
  Do(admin, name, "ALTER DATABASE " + name + "_standby RENAME TO " + name);
}

}  // namespace hub::test
