// One connection to PostgreSQL: libpq with values for errors. The only header here that includes
// libpq.
#pragma once

#include <libpq-fe.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "server/base/error.h"
#include "server/store/pg_wait.h"

namespace hub::store {

/// SQLSTATE of a statement that took longer than statement_timeout: query_canceled.
inline constexpr char kStatementTookTooLong[] = "57014";

/// An error of our own, without SQLSTATE.
Error MakeError(std::string doing, std::string why, std::string advice = {},
                std::string place = {});

/// One parameter as text; nullopt is NULL.
using Param = std::optional<std::string>;
using Params = std::vector<Param>;

Param ToParam(std::int64_t number);
/// An array of SQL as one parameter: {"a","b"}, quoted as needed. Cast it in the statement:
/// $1::text[].
Param ToArray(const std::vector<std::string>& items);
Param ToArray(const std::vector<std::int64_t>& items);

/// The rows of an answer, all as text. Views borrow from it.
class PgResult {
 public:
  explicit PgResult(PGresult* result) : result_(result, &PQclear) {}

  int rows() const { return PQntuples(result_.get()); }
  /// Rows an INSERT, UPDATE or DELETE touched.
  std::int64_t touched() const;
  bool IsNull(int row, int column) const { return PQgetisnull(result_.get(), row, column) != 0; }
  std::string_view Text(int row, int column) const;  // "" for NULL
  std::string String(int row, int column) const { return std::string(Text(row, column)); }
  std::int64_t Int(int row,
                   int column) const;  // HUB_CHECKs that it is one: our statements cast to bigint
  std::string ColumnName(int column) const { return PQfname(result_.get(), column); }
  bool Bool(int row, int column) const { return Text(row, column) == "t"; }

 private:
  std::unique_ptr<PGresult, decltype(&PQclear)> result_;
};

struct PgOptions {
  std::string conninfo;                        // may hold a password: no error here ever repeats it
  std::string application_name;                // shown by pg_stat_activity: "smpphub settle"
  std::int64_t statement_timeout_ms = 10'000;  // PostgreSQL's own: it cancels and says so
  /// Beyond that, for a PostgreSQL that does not say anything any more (stopped, its disk stuck, the way to it cut): then
  /// the connection counts as lost.
  std::int64_t answer_grace_ms = 5'000;
  std::shared_ptr<const PgInterrupt> interrupt = nullptr;  // null: only deadlines end a wait
};

/// Owned by one thread, which waits here for at most statement_timeout_ms + answer_grace_ms a statement, and not at all any
/// more once the interrupt is raised. The session: search_path pg_catalog, UTC, UTF-8. Names in statements carry their
/// schema.
class Pg {
 public:
  /// Blocks, at most for connect_timeout (5 s unless the connection string says otherwise) an address, and a statement.
  static Outcome<Pg> Connect(const PgOptions& options);

  /// `doing` begins an error: "grant credit". The error holds SQLSTATE and the message, never
  /// DETAIL: it may quote a row.
  Outcome<PgResult> Run(const char* doing, const char* sql, const Params& params = {});
  /// Many statements of a file at once: each has its statement timeout, all together no deadline (hubctl migrate). In an
  /// error, `place` is "name:line" when PostgreSQL tells the position.
  Outcome<Done> RunFile(const std::string& name, const std::string& text);
  /// COPY ... FROM STDIN: `data` is the whole stream. One statement, one deadline.
  Outcome<Done> CopyIn(const char* doing, const char* sql, std::string_view data);

  /// Readable when there may be a notice, or the end: what a thread with nothing else to do waits on.
  int socket() const { return PQsocket(connection_.get()); }
  /// The payload of the next NOTIFY on a channel that this session LISTENs to. Never waits. None is
  /// there, or the connection was lost: ask alive().
  std::optional<std::string> NextNotice();

  /// False after the connection was lost or given up: make a new one.
  bool alive() const { return !given_up_ && PQstatus(connection_.get()) == CONNECTION_OK; }
  /// For who takes over a connection that another one made.
  void Obey(std::shared_ptr<const PgInterrupt> interrupt) { interrupt_ = std::move(interrupt); }

 private:
  Pg(PGconn* connection, const PgOptions& options);

  TimePoint Deadline() const;
  bool Wait(short events, TimePoint until);
  bool Flush(TimePoint until);
  bool Hear();
  void SendCopy(std::string_view data, TimePoint until);
  PGresult* Next(TimePoint until);
  PGresult* Last(bool sent, TimePoint until);
  Error ErrorOf(std::string doing, const PGresult* result) const;

  std::unique_ptr<PGconn, decltype(&PQfinish)> connection_;  // non-blocking
  std::int64_t answer_ms_;
  std::shared_ptr<const PgInterrupt> interrupt_;
  const char* given_up_ = nullptr;  // why we did not wait for an answer; no statement any more
};

/// BEGIN now, ROLLBACK when it dies before Commit.
class Transaction {
 public:
  /// `how`: "", or "ISOLATION LEVEL REPEATABLE READ READ ONLY".
  static Outcome<Transaction> Begin(Pg& pg, std::string_view how = {});
  Outcome<Done> Commit();
  ~Transaction();
  Transaction(Transaction&& other) noexcept : pg_(std::exchange(other.pg_, nullptr)) {}
  Transaction& operator=(Transaction&&) = delete;

 private:
  explicit Transaction(Pg& pg) : pg_(&pg) {}
  Pg* pg_;  // null when over
};

}  // namespace hub::store
