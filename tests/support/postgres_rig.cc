#include "tests/support/postgres_rig.h"

#include <fcntl.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>

#include "server/base/check.h"
#include "server/store/migrate.h"

namespace hub::test {
namespace {

std::string SourcePath(const std::string& path) { return std::string(HUB_SOURCE_DIR) + "/" + path; }

}  // namespace

std::string MigrationsDirectory() { return SourcePath("sql/migrations"); }

PostgresServer& PostgresServer::Get() {
  static PostgresServer server;
  return server;
}

// The script's stdin is our pipe: when this process ends, however it ends, the server stops and
// cleans up.
PostgresServer::PostgresServer() {
  int in[2], out[2];
  HUB_CHECK(pipe2(in, O_CLOEXEC) == 0 && pipe2(out, O_CLOEXEC) == 0);
  std::signal(SIGPIPE, SIG_IGN);
  const std::string script = SourcePath("tests/support/private_postgres");
  const pid_t child = fork();
  HUB_CHECK(child >= 0);
  if (child == 0) {
    dup2(in[0], 0);
    dup2(out[1], 1);
    setsid();  // a Ctrl-C at the test must not reach the server before the script's own clean-up
    execl(script.c_str(), script.c_str(), static_cast<char*>(nullptr));
    _exit(127);
  }
  close(in[0]);
  close(out[1]);
  to_server_ = in[1];
  from_server_ = out[0];
  socket_directory_ = ReadLine();
  HUB_CHECK_SAY(!socket_directory_.empty(), "the private PostgreSQL did not start");
}

std::string PostgresServer::ReadLine() {
  std::string line;
  char c = 0;
  while (read(from_server_, &c, 1) == 1 && c != '\n') line += c;
  return line;
}

std::string PostgresServer::Order(const std::string& order) {
  const std::string line = order + "\n";
  HUB_CHECK(write(to_server_, line.data(), line.size()) == static_cast<ssize_t>(line.size()));
  return ReadLine();
}

void PostgresServer::Stop() { HUB_CHECK(Order("stop") == "ok"); }
void PostgresServer::Start() { HUB_CHECK(Order("start") == "ok"); }

std::string PostgresServer::Conninfo(const std::string& database) const {
  return "host=" + socket_directory_ + " user=hub dbname=" + database;
}

std::string PostgresServer::NewEmptyDatabase() {
  const std::string name = "t" + std::to_string(++databases_);
  store::Pg pg = Connect(Conninfo("postgres"));
  const std::string sql = "CREATE DATABASE " + name;
  auto made = pg.Run("make a database", sql.c_str());
  HUB_CHECK_SAY(made.ok(), made.error().Text());
  return Conninfo(name);
}

std::string PostgresServer::NewDatabase() {
  if (template_.empty()) {
    auto migrated =
        store::Migrate(NewEmptyDatabase(), MigrationsDirectory(), [](std::string_view) {});
    HUB_CHECK_SAY(migrated.ok(), migrated.error().Text());
    template_ = "t" + std::to_string(databases_);
  }
  const std::string name = "t" + std::to_string(++databases_);
  store::Pg pg = Connect(Conninfo("postgres"));
  const std::string sql = "CREATE DATABASE " + name + " TEMPLATE " + template_;
  auto made = pg.Run("copy a database", sql.c_str());
  HUB_CHECK_SAY(made.ok(), made.error().Text());
  return Conninfo(name);
}

store::Pg Connect(const std::string& conninfo, const std::string& application_name) {
  auto pg = store::Pg::Connect({conninfo, application_name, 20'000});
  HUB_CHECK_SAY(pg.ok(), pg.error().Text());
  return std::move(*pg);
}

std::string Scalar(store::Pg& pg, const std::string& sql, const store::Params& params) {
  auto result = pg.Run("test", sql.c_str(), params);
  if (!result) return result.error().Text();
  return result->rows() == 0 ? "" : result->String(0, 0);
}

std::string BrokenInvariants(const std::string& conninfo) {
  store::Pg pg = Connect(conninfo);
  return Scalar(
      pg, "SELECT coalesce(string_agg(invariant || ' ' || rows, ', '), '') FROM bill.v_broken");
}

}  // namespace hub::test
