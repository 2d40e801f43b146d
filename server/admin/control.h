// What an operator may ask a running daemon. The daemon implements HubControl; the control socket asks it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "protocol/text/udh.h"
#include "server/base/clock.h"
#include "server/base/error.h"
#include "server/store/store.h"

namespace hub::admin {

/// How a command ended; the number is the exit code of hubctl.
enum class Code : std::uint8_t {
  kOk = 0,
  kFailed = 1,
  kUsage = 2,
  kNotFound = 3,
  kDenied = 4,
  kUnreachable = 5,
  kConflict = 6
};

/// Why there is no answer. An Error becomes one, with kFailed: `return Err{error};`
struct Denial {
  Denial(Error e) : error(std::move(e)) {}  // NOLINT: implicit on purpose
  Denial(Code c, Error e) : code(c), error(std::move(e)) {}

  Code code = Code::kFailed;
  Error error;
};

template <class T>
using Answer = Result<T, Denial>;

struct SupplierStatus {
  std::string name;
  bool enabled = true;
  std::int64_t binds_up = 0, binds_wanted = 0;
  std::int64_t queue_messages = 0;  // that wait for room in its windows
  std::int64_t binds_paused = 0;    // because it throttles us
  std::string last_error;           // of its last bind that failed; "" when none did
};

struct ClientStatus {
  std::string system_id;
  std::int64_t binds = 0;
  std::uint64_t accepted = 0, rejected = 0;  // messages since the start
  std::uint64_t throttled = 0;               // of its requests: ESME_RTHROTTLED for its rate
};

struct HubStatus {
  std::string version;  // of the program
  std::int64_t pid = 0;
  std::int64_t uptime_ms = 0;
  std::int64_t node_id = 0, epoch = 0;
  std::int64_t loops = 0;
  bool draining = false;
  std::string listen;        // "127.0.0.1:2775": the port really in use
  std::string listen_tls{};  // the same of smpp.tls_listen; "": none
  std::int64_t catalog_version = 0, script_version = 0;
  std::string script_path;        // "" : none
  std::string script_last_error;  // "" : none since it was loaded
  store::SettleStats settle;
  journal::Stats journal;
  std::vector<SupplierStatus> suppliers;
  std::vector<ClientStatus> clients;  // those with a bind or a message
  std::vector<std::pair<std::string, std::int64_t>>
      counters;  // sums over the loops, by row of metrics.def
};

struct BindInfo {
  std::string id;    // "c-17": as in the log's sess=
  std::string side;  // client, supplier
  std::string peer;  // system_id of the client, name of the supplier
  std::string mode;  // tx, rx, trx; "" before the bind
  std::string
      version{};  // "3.4": a client's interface_version, a supplier's sc_interface_version; "" not told
  std::string
      state;  // BOUND_TRX, OPEN, waiting (to connect again), refused (system_id or password), draining, drained ...
  std::string address;
  std::int64_t age_ms = 0;  // since it entered this state
  std::int64_t window_used = 0, window_max = 0;
  std::uint64_t pdus_in = 0, pdus_out = 0;
  std::string
      pace{};  // of a supplier's: "paused", "choked" (throttled for long), "40/s" what it may send; "" no limit
  std::string tls{};  // "TLSv1.3 TLS_AES_256_GCM_SHA384"; "" without TLS
};

/// A message that is not sent: the routing decision of a moment.
struct ExplainRequest {
  std::string client;  // system_id
  std::string source;  // as the client would send it
  std::string destination;
  std::string text;  // UTF-8; carried in `data_coding` it counts segments; never logged
  std::uint8_t data_coding = 0;
  std::optional<std::int64_t> segments;      // instead of counting the text
  std::optional<std::string> message_class;  // instead of the client's own
  std::optional<std::int64_t> at_us;         // instead of now
  std::optional<std::uint64_t> message_id;   // splits hash it; without one a fresh id
  std::uint8_t destination_ton = 1;
  std::optional<smpp::Concat> concat{};  // one part of a message: splits hash what all parts share
};

struct ExplainCandidate {
  std::string supplier;
  std::string drop;          // drop.def; "" : it stands
  std::int64_t plan_no = 0;  // 1: first attempt; 0: not in the plan
  bool choked = false;       // it stands, but throttles all its binds
  bool priced = false;       // rate, cost and margin mean something
  Nano rate, cost, margin;
};

struct ExplainResult {
  std::string refusal;  // refusal.def; "" : it would be sent
  std::uint32_t command_status = 0;
  std::string refusal_text;
  std::string number;             // E.164 digits; "" : none
  std::string mcc, mnc, network;  // "" : unknown
  std::int64_t segments = 1;
  std::int64_t sell_rate_id = 0;
  Nano sell_rate, sell_amount;
  std::string currency;
  std::vector<std::string> plan;  // suppliers in order of attempts
  std::vector<ExplainCandidate> candidates;
  std::int64_t catalog_version = 0, script_version = 0;
  bool script_failed = false;
  std::int64_t script_bypassed_loops = 0;  // that leave the script alone now, after too many errors
  std::string text;                        // many lines for people: routing::Explanation
};

/// A mobile originated message that does not come: whose it would be now.
struct ExplainMoRequest {
  std::string supplier;     // name
  std::string destination;  // as the supplier would write it
  std::string text;  // UTF-8, in `data_coding`: its first word may be a keyword; never logged
  std::uint8_t data_coding = 0;
};

struct ExplainMoRoute {
  std::string destination;  // "number 10000"
  std::string keyword;      // "": any text
  std::string supplier;     // "": any
  std::string client;
  std::string fit, why;  // mo_fit.def
};

struct ExplainMoResult {
  std::string client;                // system_id; "": nobody's
  std::string fate;                  // told, stored, refused
  std::uint32_t command_status = 0;  // of a refusal
  std::int64_t receivers = 0;        // its binds that receive
  bool stores = false;               // mo_offline = store
  std::vector<ExplainMoRoute>
      routes;  // of this destination, the one that has it first; at most kRoutesMax
  std::int64_t routes_left_out = 0, other_destinations = 0;
  std::int64_t catalog_version = 0;
  std::string text;  // many lines for people

  static constexpr std::size_t kRoutesMax = 50;  // a short code may have thousands of keywords
};

/// Called from the control socket's one thread, one call at a time. May block for a while (a loop's mailbox, PostgreSQL), which
/// holds up other operators and nobody else.
class HubControl {
 public:
  virtual ~HubControl() = default;

  virtual HubStatus Status() = 0;
  virtual std::vector<BindInfo> Binds() = 0;
  /// Reads catalog and script anew and has every loop take them. The sentence tells the versions in force. On an error what ran
  /// goes on running.
  virtual Answer<std::string> Reload() = 0;
  virtual Answer<ExplainResult> Explain(const ExplainRequest& request) = 0;
  virtual Answer<ExplainMoResult> ExplainMo(const ExplainMoRequest& request) = 0;
  /// Begins the drain, as SIGTERM does; returns at once.
  virtual Answer<std::string> Shutdown() = 0;
};

}  // namespace hub::admin
