#include "server/store/pg.h"

#include <charconv>
#include <utility>

#include "server/base/check.h"

namespace hub::store {
namespace {

// The first line of a message: the others are hints, and contexts that quote statements.
std::string OneLine(const char* text) {
  const std::string_view line(text == nullptr ? "" : text);
  return std::string(line.substr(0, line.find('\n')));
}

std::string DiagText(const PGresult* result, int field) {
  return OneLine(PQresultErrorField(result, field));
}

Error ErrorOf(std::string doing, const PGconn* connection, const PGresult* result) {
  Error error;
  error.doing = std::move(doing);
  error.sqlstate = DiagText(result, PG_DIAG_SQLSTATE);
  error.why = DiagText(result, PG_DIAG_MESSAGE_PRIMARY);
  if (error.why.empty()) error.why = OneLine(PQerrorMessage(connection));
  // Hints of our own functions say what to do; PostgreSQL's may quote what it was given.
  if (error.sqlstate.starts_with("HB")) error.advice = DiagText(result, PG_DIAG_MESSAGE_HINT);
  return error;
}

Error ConnectError(const PGconn* connection) {
  const char* host = PQhost(connection);
  const char* port = PQport(connection);
  Error error;
  error.doing = "connect to PostgreSQL at " +
                std::string(host == nullptr || *host == 0 ? "its default" : host) + " port " +
                (port == nullptr || *port == 0 ? "5432" : port);
  error.why = OneLine(PQerrorMessage(connection));
  error.advice = "start PostgreSQL, or correct the connection string";
  return error;
}

// What the connection string says, then what we insist on. Later keywords win in libpq.
Outcome<PGconn*> Open(const PgOptions& options) {
  char* message = nullptr;
  const std::unique_ptr<PQconninfoOption, decltype(&PQconninfoFree)> given(
      PQconninfoParse(options.conninfo.c_str(), &message), &PQconninfoFree);
  if (given == nullptr) {
    PQfreemem(message);  // it quotes the string, and with it perhaps the password
    return Err{MakeError("read the PostgreSQL connection string", "it is malformed",
                         "like: host=/run/postgresql dbname=smpphub user=smpphub")};
  }
  std::vector<const char*> keywords{"connect_timeout", "tcp_user_timeout", "keepalives_idle"};
  std::vector<const char*> values{"5", "15000", "15"};
  for (const PQconninfoOption* o = given.get(); o->keyword != nullptr; ++o) {
    if (o->val == nullptr) continue;
    keywords.push_back(o->keyword);
    values.push_back(o->val);
  }
  keywords.insert(keywords.end(), {"application_name", "client_encoding", nullptr});
  values.insert(values.end(), {options.application_name.c_str(), "UTF8", nullptr});
  return PQconnectdbParams(keywords.data(), values.data(), 0);
}

// PostgreSQL counts characters from 1; lines count from 1 too.
int LineOf(std::string_view text, int position) {
  int line = 1;
  int characters = 0;
  for (const char c : text) {
    if ((static_cast<unsigned char>(c) & 0xc0) == 0x80) continue;  // inside a UTF-8 character
    if (++characters >= position) break;
    if (c == '\n') ++line;
  }
  return line;
}

}  // namespace

Error MakeError(std::string doing, std::string why, std::string advice, std::string place) {
  return {.doing = std::move(doing),
          .why = std::move(why),
          .place = std::move(place),
          .sqlstate = {},
          .advice = std::move(advice)};
}

Param ToParam(std::int64_t number) { return std::to_string(number); }

Param ToArray(const std::vector<std::string>& items) {
  std::string text = "{";
  for (const std::string& item : items) {
    if (text.size() > 1) text += ',';
    text += '"';
    for (const char c : item) {
      if (c == '"' || c == '\\') text += '\\';
      text += c;
    }
    text += '"';
  }
  return text + "}";
}

Param ToArray(const std::vector<std::int64_t>& items) {
  std::string text = "{";
  for (const std::int64_t item : items) {
    if (text.size() > 1) text += ',';
    text += std::to_string(item);
  }
  return text + "}";
}

std::int64_t PgResult::touched() const {
  const std::string_view text = PQcmdTuples(result_.get());
  std::int64_t count = 0;
  std::from_chars(text.data(), text.data() + text.size(), count);
  return count;
}

std::string_view PgResult::Text(int row, int column) const {
  return {PQgetvalue(result_.get(), row, column),
          static_cast<std::size_t>(PQgetlength(result_.get(), row, column))};
}

std::int64_t PgResult::Int(int row, int column) const {
  const std::string_view text = Text(row, column);
  std::int64_t number = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), number);
  HUB_CHECK_SAY(parsed.ec == std::errc() && parsed.ptr == text.data() + text.size(), text);
  return number;
}

Outcome<Pg> Pg::Connect(const PgOptions& options) {
  auto opened = Open(options);
  if (!opened) return Err{opened.error()};
  Pg pg(*opened);
  PGconn* connection = pg.connection_.get();
  HUB_CHECK(connection != nullptr);
  if (PQstatus(connection) != CONNECTION_OK) return Err{ConnectError(connection)};
  PQsetNoticeReceiver(
      connection, [](void*, const PGresult*) noexcept {}, nullptr);
  // The server's side of TCP: it ends a dead host's session, and with it the node's lock, after 25
  // s. The user timeout is just below 10 + 3 * 5 s, for Linux lets it overrule the count. On a UNIX
  // socket these do nothing.
  auto pinned =
      pg.Run("set up a PostgreSQL session",
             "SELECT set_config('search_path', 'pg_catalog, pg_temp', false),"
             " set_config('statement_timeout', $1, false), set_config('TimeZone', 'UTC', false),"
             " set_config('DateStyle', 'ISO', false), set_config('extra_float_digits', '0', false),"
             " set_config('idle_in_transaction_session_timeout', '60s', false),"
             " set_config('tcp_keepalives_idle', '10', false),"
             " set_config('tcp_keepalives_interval', '5', false),"
             " set_config('tcp_keepalives_count', '3', false),"
             " set_config('tcp_user_timeout', '24000', false)",
             {ToParam(options.statement_timeout_ms)});
  if (!pinned) return Err{pinned.error()};
  return pg;
}

Outcome<PgResult> Pg::Run(const char* doing, const char* sql, const Params& params) {
  std::vector<const char*> values;
  values.reserve(params.size());
  for (const Param& param : params) values.push_back(param ? param->c_str() : nullptr);
  PGresult* raw = PQexecParams(connection_.get(), sql, static_cast<int>(values.size()), nullptr,
                               values.data(), nullptr, nullptr, 0);
  PgResult result(raw);
  const ExecStatusType status = PQresultStatus(raw);
  if (status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK && status != PGRES_COPY_IN) {
    return Err{ErrorOf(doing, connection_.get(), raw)};
  }
  return result;
}

Outcome<Done> Pg::RunFile(const std::string& name, const std::string& text) {
  PGresult* raw = PQexec(connection_.get(), text.c_str());
  const PgResult result(raw);
  const ExecStatusType status = PQresultStatus(raw);
  if (status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK || status == PGRES_EMPTY_QUERY)
    return Done{};
  Error error = ErrorOf("run " + name, connection_.get(), raw);
  const std::string position = DiagText(raw, PG_DIAG_STATEMENT_POSITION);
  error.place =
      position.empty() ? name : name + ":" + std::to_string(LineOf(text, std::stoi(position)));
  return Err{std::move(error)};
}

Outcome<Done> Pg::CopyIn(const char* doing, const char* sql, std::string_view data) {
  auto opened = Run(doing, sql);
  if (!opened) return Err{opened.error()};
  PGconn* connection = connection_.get();
  constexpr std::size_t kPieceMax = 1u << 20;  // octets handed to libpq at once
  bool sent = true;
  for (std::size_t at = 0; sent && at < data.size(); at += kPieceMax) {
    const std::string_view piece = data.substr(at, kPieceMax);
    sent = PQputCopyData(connection, piece.data(), static_cast<int>(piece.size())) == 1;
  }
  sent = PQputCopyEnd(connection, nullptr) == 1 && sent;
  Outcome<Done> outcome = Done{};
  if (!sent) outcome = Err{ErrorOf(doing, connection, nullptr)};
  while (PGresult* raw =
             PQgetResult(connection)) {  // until null: then the connection takes statements again
    const PgResult result(raw);
    if (PQresultStatus(raw) != PGRES_COMMAND_OK) outcome = Err{ErrorOf(doing, connection, raw)};
    if (PQstatus(connection) != CONNECTION_OK) break;
  }
  return outcome;
}

std::optional<std::string> Pg::NextNotice() {
  PQconsumeInput(connection_.get());  // a failure shows in alive()
  const std::unique_ptr<PGnotify, decltype(&PQfreemem)> notice(PQnotifies(connection_.get()),
                                                               &PQfreemem);
  if (notice == nullptr) return std::nullopt;
  return std::string(notice->extra);
}

Outcome<Transaction> Transaction::Begin(Pg& pg, std::string_view how) {
  const std::string sql = "BEGIN " + std::string(how);
  auto begun = pg.Run("begin a transaction", sql.c_str());
  if (!begun) return Err{begun.error()};
  return Transaction(pg);
}

Outcome<Done> Transaction::Commit() {
  Pg* pg = std::exchange(pg_, nullptr);
  auto committed = pg->Run("commit", "COMMIT");
  if (!committed) return Err{committed.error()};
  return Done{};
}

Transaction::~Transaction() {
  if (pg_ == nullptr || !pg_->alive()) return;
  // Nothing to do about a failure: PostgreSQL rolls back whatever is not committed.
  static_cast<void>(pg_->Run("roll back", "ROLLBACK").ok());
}

}  // namespace hub::store
