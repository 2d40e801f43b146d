// Where a message goes and what it earns: number -> network -> candidates -> guard -> Lua rule -> plan. Every step is
// a value that `hubctl explain` prints; the hub and explain call the same function.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/wire/status.h"
#include "server/base/clock.h"
#include "server/base/error.h"
#include "server/base/message_id.h"
#include "server/base/money.h"
#include "server/store/catalog.h"

namespace hub::routing {

inline constexpr std::size_t kCandidatesMax = 64;  // suppliers looked at for one message
inline constexpr std::size_t kPlanMax =
    8;  // attempts of one message, whatever the client's attempts_max says
/// Suppliers that a message's line names, besides those in its plan. No more that stand are looked for where the first ones by cost are all
/// that counts: without a rule, and where every supplier can be sent every message.
inline constexpr std::size_t kToldMax = 10;
static_assert(kPlanMax < kToldMax, "who has no place in a full plan is told of");

class Fitness;

/// What the decision may look at. Borrowed text; nothing here outlives the call.
struct Query {
  MessageId message_id = 0;  // splits hash it (or the concat key): same id, same route
  const store::ClientRow* client = nullptr;
  std::string_view source_addr;
  std::uint8_t source_ton = 0;
  std::string_view destination_addr;  // as it came; normalised to E.164 digits here
  std::uint8_t destination_ton = 1;
  std::uint8_t data_coding = 0;
  std::int32_t segments = 1;
  bool multipart = false;  // one part of a concatenated message
  std::uint16_t concat_ref = 0;
  std::uint8_t concat_total = 1, concat_part = 1;
  WallTime at;
  const Fitness* fitness = nullptr;  // null: every supplier can be sent it
};

/// Why a candidate does not stand. drop.def gives each its name and its sentence.
enum class Drop : std::uint8_t {
  kNone,
#define DROP(name, text) k##name,
#include "server/routing/drop.def"
#undef DROP
};
std::string_view Name(Drop drop);  // "margin_guard"
std::string_view Text(Drop drop);  // "its cost leaves less than the margin asked for"

struct Candidate {
  std::uint32_t supplier = 0;  // index into Catalog::suppliers
  Drop drop = Drop::kNone;
  std::int64_t rate_id = 0;
  Nano rate;
  Nano cost;    // of this message, all segments
  Nano margin;  // sell amount - cost; may be negative
};

/// Why a message is refused before any supplier saw it. refusal.def: name, default command_status, sentence.
enum class Refusal : std::uint8_t {
  kNone,
#define REFUSAL(name, status, text) k##name,
#include "server/routing/refusal.def"
#undef REFUSAL
};
std::string_view Name(Refusal refusal);  // "no_route", "no_client_price", "margin_guard", "script"
std::string_view Text(Refusal refusal);  // "no supplier covers the destination"
smpp::Status DefaultStatus(Refusal refusal);

/// What the script did to a message.
enum class ScriptAct : std::uint8_t {
  kNone,      // there is no script
  kDefault,   // it ran and left the default order
  kChose,     // it made the plan
  kRejected,  // it refused the message
  kFailed,    // error, budget or memory: on_error decided
  kBypassed,  // the breaker is open after too many errors: on_error decided
};

/// Filled by Router::Decide; reused from message to message, no allocation once warm.
struct Decision {
  Refusal refusal = Refusal::kNone;
  smpp::Status status{};        // to answer when refused
  std::string refusal_text;     // a script's reason; else ""
  std::array<char, 24> e164{};  // digits
  std::uint8_t e164_length = 0;
  std::int64_t network_id = 0;                 // 0: unknown
  const store::NetworkRow* network = nullptr;  // of the snapshot
  std::int64_t sell_rate_id = 0;
  Nano sell_rate, sell_amount;
  std::array<Candidate, kCandidatesMax> candidates;
  // Ordered by cost, then priority, then supplier_id: those that stood when the script saw them come first. The others, by supplier_id, were
  // met on the way; who has no price at all is here in a catalog of kToldMax suppliers or fewer.
  std::uint8_t candidate_count = 0;
  std::uint32_t rest = 0;                     // suppliers that are not in candidates: see Untold
  bool rest_unpriced = false;                 // none of them has a price in the client's currency
  std::array<std::uint8_t, kPlanMax> plan{};  // indexes into candidates, in order of attempts
  std::uint8_t plan_count = 0;
  std::int64_t script_version = 0;  // 0: no script
  ScriptAct script_act = ScriptAct::kNone;
  bool script_failed = false;  // failed or bypassed: on_error decided

  std::string_view number() const { return {e164.data(), e164_length}; }
};

/// Which suppliers can take traffic now. Implemented by relay; asked per candidate.
class Availability {
 public:
  virtual ~Availability() = default;
  virtual bool IsUp(std::uint32_t supplier_index) const = 0;  // at least one bind that may send
  /// Of one that is not up: klink_down, or kdraining when every bind of it is drained.
  virtual Drop WhyDown(std::uint32_t) const { return Drop::klink_down; }
};

/// Which suppliers can be sent the message at all. Asked of those that would have a place in the plan.
class Fitness {
 public:
  virtual ~Fitness() = default;
  /// kNone: it can; klink_down: not over the binds that are up; kunfit: over none.
  virtual Drop Judge(std::uint32_t supplier_index) const = 0;
};

class RouteTables;  // snapshot of trie, decks and suppliers: immutable, shared by all loops

/// Builds the tables of a catalog. Errors name the row: a prefix without a network, a client whose deck is missing.
Outcome<std::shared_ptr<const RouteTables>> BuildTables(store::CatalogPtr catalog);
const store::Catalog& CatalogOf(const RouteTables& tables);

enum class OnScriptError : std::uint8_t { kDefaultRoute, kReject };

struct ScriptOptions {
  std::string path;  // "" : no script
  OnScriptError on_error = OnScriptError::kDefaultRoute;
  std::int64_t instructions_max = 100'000;   // a call
  std::size_t heap_octets_max = 4u << 20;    // a VM
  std::size_t source_octets_max = 1u << 20;  // a script
};

/// A checked script: text read once, compiled by each loop for itself. Immutable, any thread.
struct Script {
  std::int64_t version = 0;  // grows by one with each load that was good; 0: none
  std::string path, source;
  ScriptOptions options;
};

/// Reads and checks a script: syntax, unknown globals, runs its top level in a throw-away VM.
/// Error: "routing-scripts/rule.lua:12: ..." ; the caller keeps the old one.
/// path "" gives a Script without source: no rule, least cost.
Outcome<std::shared_ptr<const Script>> LoadScript(const ScriptOptions& options,
                                                  std::int64_t version);

/// Calls of hooks, and failures by kind: each failure counts once, in one of the three.
struct ScriptCounts {
  std::uint64_t calls = 0, errors = 0, budget = 0, memory = 0;
  std::uint64_t bypassed = 0;  // messages decided without the script while the breaker was open
  bool breaker_open = false;   // as the last message found it
  WallTime breaker_until{};    // the script is left alone until then; 1970: it never was
  std::string
      last_error;  // "rule.lua:12: attempt to ..." ; no message text, addresses replaced by "***"
};

/// Too many errors in a row of time: the script is left alone for a while. Time is Query::at.
inline constexpr std::size_t kBreakerErrors = 20;
inline constexpr std::chrono::seconds kBreakerWithin{10};
inline constexpr std::chrono::seconds kBreakerPause{10};

/// One per loop: holds the Lua VM. One thread.
class Router {
 public:
  Router();
  ~Router();
  Router(const Router&) = delete;
  Router& operator=(const Router&) = delete;

  /// Takes new tables and/or a new script at a message boundary; null leaves what is there. A script whose source is
  /// empty (no path) ends the use of a script. When this VM cannot load the script, the old
  /// script and the old tables both stay.
  Outcome<Done> Use(std::shared_ptr<const RouteTables> tables,
                    std::shared_ptr<const Script> script);

  /// The whole decision. Tables must have been given. Without a script nothing is allocated once warm.
  void Decide(const Query& query, const Availability& availability, Decision* decision);

  const ScriptCounts& script_counts() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// One line for traffic.message.decision, cost per message: "alpha 0.021 #1; gamma 0.022 #2; beta 0.019 margin_guard".
/// #n is the place in the plan. Behind kToldMax suppliers only those in the plan, and no more than kSummaryOctetsMax; then how many
/// others there are: "; +7", or "; +7 unpriced" when that is why. Borrowed from the buffer; no allocation.
inline constexpr std::size_t kSummaryOctetsMax = 400;
using SummaryBuffer = std::array<char, kSummaryOctetsMax + sizeof("; +4294967295 unpriced")>;
std::string_view Summary(const Decision& decision, const RouteTables& tables,
                         SummaryBuffer* buffer);
/// Whether rate, cost and margin mean something: it was priced, whatever became of it afterwards.
bool HasCost(const Candidate& candidate);
/// The suppliers that a decision does not name, and what keeps each of them from its plan: a look at all, for who explains.
std::vector<Candidate> Untold(const Query& query, const Decision& decision,
                              const RouteTables& tables, const Availability& availability);
/// Many lines for `hubctl explain`.
std::string Explanation(const Query& query, const Decision& decision, const RouteTables& tables,
                        std::span<const Candidate> untold = {});

}  // namespace hub::routing
