#include "server/store/pg_connect.h"

#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <memory>
#include <optional>
#include <utility>

#include "server/base/check.h"

namespace hub::store {
namespace {

constexpr std::int64_t kConnectTimeoutS = 5;

using Connection = std::unique_ptr<PGconn, decltype(&PQfinish)>;

/// One place to try. libpq could go through a list by itself, but not on from an address that is silent: connect_timeout
/// is of its blocking calls only, and those nobody can interrupt.
struct Place {
  std::string host, hostaddr, port;  // "": as the connection string or the environment says
};

struct Given {
  std::vector<const char*> keywords, values;  // borrow from the parsed connection string
  std::string host, hostaddr, port;           // lists, as they stand there
  std::int64_t timeout_s = kConnectTimeoutS;
};

Given ReadGiven(const PQconninfoOption* option) {
  Given given{{"tcp_user_timeout", "keepalives_idle"}, {"15000", "15"}, {}, {}, {}};
  for (; option->keyword != nullptr; ++option) {
    if (option->val == nullptr) continue;
    const std::string_view keyword = option->keyword, value = option->val;
    if (keyword == "host") {
      given.host = value;
    } else if (keyword == "hostaddr") {
      given.hostaddr = value;
    } else if (keyword == "port") {
      given.port = value;
    } else if (keyword == "connect_timeout") {
      std::int64_t seconds = 0;
      std::from_chars(value.data(), value.data() + value.size(), seconds);
      if (seconds > 0) given.timeout_s = seconds;  // "for ever" is not on offer
    } else {
      given.keywords.push_back(option->keyword);
      given.values.push_back(option->val);
    }
  }
  return given;
}

std::vector<std::string> SplitList(std::string_view list) {
  std::vector<std::string> items;
  while (true) {
    const std::size_t comma = list.find(',');
    items.emplace_back(list.substr(0, comma));
    if (comma == std::string_view::npos) return items;
    list.remove_prefix(comma + 1);
  }
}

// The item for host `i`: one item stands for all hosts.
std::string ItemOf(const std::vector<std::string>& items, std::size_t i) {
  if (items.size() == 1) return items[0];
  return i < items.size() ? items[i] : std::string();
}

// Its numeric addresses; none when it is no name, or nobody knows it: then libpq says so.
std::vector<std::string> AddressesOf(const std::string& host) {
  std::vector<std::string> addresses;
  if (host.empty() || host[0] == '/' || host[0] == '@') return addresses;  // a UNIX socket
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (getaddrinfo(host.c_str(), nullptr, &hints, &found) != 0) return addresses;
  for (const addrinfo* each = found; each != nullptr; each = each->ai_next) {
    char text[NI_MAXHOST];
    if (getnameinfo(each->ai_addr, each->ai_addrlen, text, sizeof text, nullptr, 0,
                    NI_NUMERICHOST) == 0) {
      addresses.emplace_back(text);
    }
  }
  freeaddrinfo(found);
  return addresses;
}

std::vector<Place> PlacesOf(const Given& given) {
  const std::vector<std::string> hosts = SplitList(given.host);
  const std::vector<std::string> addresses = SplitList(given.hostaddr);
  const std::vector<std::string> ports = SplitList(given.port);
  std::vector<Place> places;
  for (std::size_t i = 0; i < std::max(hosts.size(), addresses.size()); ++i) {
    const std::string host = i < hosts.size() ? hosts[i] : "";
    const std::string port = ItemOf(ports, i);
    const std::string fixed = i < addresses.size() ? addresses[i] : "";
    const std::vector<std::string> found =
        fixed.empty() ? AddressesOf(host) : std::vector<std::string>{fixed};
    if (found.empty()) places.push_back({host, "", port});
    for (const std::string& address : found) places.push_back({host, address, port});
  }
  return places;
}

Error ConnectError(const PGconn* connection, std::string why) {
  const char* host = PQhost(connection);
  const char* port = PQport(connection);
  Error error;
  error.doing = "connect to PostgreSQL at " +
                std::string(host == nullptr || *host == 0 ? "its default" : host) + " port " +
                (port == nullptr || *port == 0 ? "5432" : port);
  error.why = std::move(why);
  error.advice = "start PostgreSQL, or correct the connection string";
  return error;
}

Connection Begin(const Given& given, const Place& place, const PgOptions& options) {
  std::vector<const char*> keywords = given.keywords;
  std::vector<const char*> values = given.values;
  // Later keywords win in libpq; an empty value is none.
  keywords.insert(keywords.end(),
                  {"host", "hostaddr", "port", "application_name", "client_encoding", nullptr});
  values.insert(values.end(), {place.host.c_str(), place.hostaddr.c_str(), place.port.c_str(),
                               options.application_name.c_str(), "UTF8", nullptr});
  return {PQconnectStartParams(keywords.data(), values.data(), 0), &PQfinish};
}

// The handshake, step by step. nullopt: it is done.
std::optional<std::string> Shake(PGconn* connection, TimePoint until,
                                 const PgInterrupt* interrupt) {
  PostgresPollingStatusType step = PGRES_POLLING_WRITING;
  while (PQstatus(connection) != CONNECTION_BAD && step != PGRES_POLLING_FAILED) {
    if (step == PGRES_POLLING_OK) return std::nullopt;
    const short events = step == PGRES_POLLING_READING ? POLLIN : POLLOUT;
    const PgWait end = WaitForSocket(PQsocket(connection), events, until, interrupt);
    if (end == PgWait::kInterrupted) return "interrupted";
    if (end == PgWait::kLate) return "timeout expired";
    step = PQconnectPoll(connection);
  }
  return FirstLine(PQerrorMessage(connection));
}

}  // namespace

std::string FirstLine(const char* text) {
  const std::string_view line(text == nullptr ? "" : text);
  return std::string(line.substr(0, line.find('\n')));
}

Outcome<PGconn*> OpenConnection(const PgOptions& options) {
  char* message = nullptr;
  const std::unique_ptr<PQconninfoOption, decltype(&PQconninfoFree)> parsed(
      PQconninfoParse(options.conninfo.c_str(), &message), &PQconninfoFree);
  if (parsed == nullptr) {
    PQfreemem(message);  // it quotes the string, and with it perhaps the password
    return Err{MakeError("read the PostgreSQL connection string", "it is malformed",
                         "like: host=/run/postgresql dbname=smpphub user=smpphub")};
  }
  const Given given = ReadGiven(parsed.get());
  const PgInterrupt* const interrupt = options.interrupt.get();
  Error error;
  for (const Place& place : PlacesOf(given)) {
    const TimePoint until = SystemClock().Now() + std::chrono::seconds(given.timeout_s);
    Connection connection = Begin(given, place, options);
    HUB_CHECK(connection != nullptr);
    const auto failure = Shake(connection.get(), until, interrupt);
    if (!failure) return connection.release();
    error = ConnectError(connection.get(), *failure);
    if (interrupt != nullptr && interrupt->raised()) break;
  }
  return Err{std::move(error)};
}

}  // namespace hub::store
