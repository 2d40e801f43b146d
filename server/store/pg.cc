#include "server/store/pg.h"

#include <poll.h>

#include <charconv>
#include <chrono>
#include <utility>

#include "server/base/check.h"
#include "server/store/pg_connect.h"

namespace hub::store {
namespace {

std::string DiagText(const PGresult* result, int field) {
  return FirstLine(PQresultErrorField(result, field));
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

Pg::Pg(PGconn* connection, const PgOptions& options)
    : connection_(connection, &PQfinish),
      answer_ms_(options.statement_timeout_ms + options.answer_grace_ms),
      interrupt_(options.interrupt) {
  PQsetNoticeReceiver(
      connection, [](void*, const PGresult*) noexcept {}, nullptr);
  PQsetnonblocking(connection, 1);  // PQfinish too: its last words must not wait for anybody
}

Outcome<Pg> Pg::Connect(const PgOptions& options) {
  auto opened = OpenConnection(options);
  if (!opened) return Err{opened.error()};
  Pg pg(*opened, options);
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

// --- a statement -----------------------------------------------------------------------------------------------

Outcome<PgResult> Pg::Run(const char* doing, const char* sql, const Params& params) {
  std::vector<const char*> values;
  values.reserve(params.size());
  for (const Param& param : params) values.push_back(param ? param->c_str() : nullptr);
  const TimePoint until = Deadline();
  const bool sent = PQsendQueryParams(connection_.get(), sql, static_cast<int>(values.size()),
                                      nullptr, values.data(), nullptr, nullptr, 0) == 1;
  PGresult* raw = Last(sent, until);
  PgResult result(raw);
  const ExecStatusType status = PQresultStatus(raw);
  if (given_up_ != nullptr || (status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK))
    return Err{ErrorOf(doing, raw)};
  return result;
}

Outcome<Done> Pg::RunFile(const std::string& name, const std::string& text) {
  const bool sent = PQsendQuery(connection_.get(), text.c_str()) == 1;
  PGresult* raw = Last(sent, TimePoint::max());
  const PgResult result(raw);
  const ExecStatusType status = PQresultStatus(raw);
  const bool good =
      status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK || status == PGRES_EMPTY_QUERY;
  if (good && given_up_ == nullptr) return Done{};
  Error error = ErrorOf("run " + name, raw);
  const std::string position = DiagText(raw, PG_DIAG_STATEMENT_POSITION);
  error.place =
      position.empty() ? name : name + ":" + std::to_string(LineOf(text, std::stoi(position)));
  return Err{std::move(error)};
}

Outcome<Done> Pg::CopyIn(const char* doing, const char* sql, std::string_view data) {
  const TimePoint until = Deadline();
  const bool asked =
      PQsendQueryParams(connection_.get(), sql, 0, nullptr, nullptr, nullptr, nullptr, 0) == 1;
  PGresult* raw = asked && Flush(until) ? Next(until) : nullptr;
  const PgResult opened(raw);
  if (PQresultStatus(raw) != PGRES_COPY_IN) {
    Error error = ErrorOf(doing, raw);
    const PgResult rest(
        Last(asked, until));  // until null: then the connection takes statements again
    return Err{std::move(error)};
  }
  SendCopy(data, until);
  raw = Last(true, until);
  const PgResult ended(raw);
  if (given_up_ != nullptr || PQresultStatus(raw) != PGRES_COMMAND_OK)
    return Err{ErrorOf(doing, raw)};
  return Done{};
}

void Pg::SendCopy(std::string_view data, TimePoint until) {
  PGconn* connection = connection_.get();
  constexpr std::size_t kPieceMax = 1u << 20;  // octets handed to libpq at once
  bool taken = true;
  for (std::size_t at = 0; taken && at < data.size(); at += kPieceMax) {
    const std::string_view piece = data.substr(at, kPieceMax);
    if (at > 0 && !Flush(until)) return;
    taken = PQputCopyData(connection, piece.data(), static_cast<int>(piece.size())) == 1;
  }
  taken = taken && PQputCopyEnd(connection, nullptr) == 1;
  // The server closed it: PQgetResult tells. Else libpq has no memory, and the stream stays open.
  if (!taken && PQstatus(connection) == CONNECTION_OK) given_up_ = "libpq does not take the stream";
}

// --- waiting for it --------------------------------------------------------------------------------------------

TimePoint Pg::Deadline() const {
  return SystemClock().Now() + std::chrono::milliseconds(answer_ms_);
}

// False: given up. What PostgreSQL makes of the statement is not known from then on.
bool Pg::Wait(short events, TimePoint until) {
  if (given_up_ != nullptr) return false;
  const PgWait end = WaitForSocket(socket(), events, until, interrupt_.get());
  if (end == PgWait::kLate) given_up_ = "PostgreSQL does not answer";
  if (end == PgWait::kInterrupted) given_up_ = "interrupted";
  return given_up_ == nullptr;
}

// Everything that was sent has left. PostgreSQL may have something to say meanwhile, and must not wait for us to hear it.
bool Pg::Flush(TimePoint until) {
  int left = 0;
  while ((left = PQflush(connection_.get())) == 1) {
    if (!Wait(POLLIN | POLLOUT, until)) return false;
    if (!Hear()) break;
  }
  return left >= 0;
}

// False: the connection is gone. PQgetResult tells why, as a rule; else it might wait.
bool Pg::Hear() {
  if (PQconsumeInput(connection_.get()) == 1) return true;
  if (PQstatus(connection_.get()) == CONNECTION_OK) given_up_ = "the connection failed";
  return false;
}

// Null: the statement is over, or given up.
PGresult* Pg::Next(TimePoint until) {
  while (PQstatus(connection_.get()) == CONNECTION_OK && PQisBusy(connection_.get()) == 1) {
    if (!Wait(POLLIN, until) || !Hear()) break;
  }
  return given_up_ == nullptr ? PQgetResult(connection_.get()) : nullptr;
}

// Its last result; null when there is none. The connection takes statements again, unless it was given up.
PGresult* Pg::Last(bool sent, TimePoint until) {
  if (given_up_ != nullptr || !sent || !Flush(until)) return nullptr;
  PGresult* last = nullptr;
  while (PGresult* result = Next(until)) {
    PQclear(last);
    last = result;
    const ExecStatusType status = PQresultStatus(last);
    // It would give this same result for ever.
    if (status == PGRES_COPY_IN || status == PGRES_COPY_OUT) given_up_ = "COPY belongs into CopyIn";
    if (given_up_ != nullptr || PQstatus(connection_.get()) != CONNECTION_OK) break;
  }
  return last;
}

Error Pg::ErrorOf(std::string doing, const PGresult* result) const {
  if (given_up_ != nullptr) return MakeError(std::move(doing), given_up_);
  Error error;
  error.doing = std::move(doing);
  error.sqlstate = DiagText(result, PG_DIAG_SQLSTATE);
  error.why = DiagText(result, PG_DIAG_MESSAGE_PRIMARY);
  if (error.why.empty()) error.why = FirstLine(PQerrorMessage(connection_.get()));
  // Hints of our own functions say what to do; PostgreSQL's may quote what it was given.
  if (error.sqlstate.starts_with("HB")) error.advice = DiagText(result, PG_DIAG_MESSAGE_HINT);
  return error;
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
