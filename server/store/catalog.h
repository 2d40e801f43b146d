// What PostgreSQL holds of clients, suppliers, networks, decks: plain rows, read in one
// transaction. Billing and routing build their own tables from it; nothing on the path of a message
// looks here.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "server/base/money.h"
#include "server/store/records.h"
#include "server/store/supplier_profile.h"

namespace hub::store {

/// Validity of a row, microseconds since 1970 UTC, `[from, until)`; the extremes of int64 mean
/// "open".
struct Validity {
  std::int64_t from_us = INT64_MIN;
  std::int64_t until_us = INT64_MAX;
};

enum class GuardMode : std::uint8_t { kBlock, kWarn, kOff };
enum class IdForm : std::uint8_t { kSame, kHexToDec, kDecToHex, kAuto };

/// What a client's ESME_ROK says: a supplier took it, or we hold it for good and deliver it ourselves.
enum class AnswerMode : std::uint8_t { kUpstream, kAccepted };
/// A supplier's message whose submit may or may not have arrived: wait for a human or a receipt, send it again
/// (flagged), or give it up.
enum class OnUnknown : std::uint8_t { kHold, kResend, kFail };
/// The same for a message whose client still waits for its answer, and whose link was lost. Client and supplier say it: kFail of either
/// holds.
enum class OnLinkLost : std::uint8_t { kResend, kFail };
/// A client's submit beyond its rate: answered ESME_RTHROTTLED, or taken when its turn has come and not read before.
enum class OverRate : std::uint8_t { kThrottle, kDelay };
/// What makes two submits of a client the same one.
enum class DedupeBy : std::uint8_t { kContent, kUserMessageReference };
/// A mobile originated message whose client has no bind that receives: the supplier keeps it, or we do.
enum class MoOffline : std::uint8_t { kRefuse, kStore };
/// What a supplier's error means for the message: slow down, try later, never.
enum class StatusClass : std::uint8_t {
  kThrottle,
  kTransient,
  kPermanent,
  kDefault,  // as the default table has it
};

inline constexpr std::uint8_t kMayBindTx = 1, kMayBindRx = 2, kMayBindTrx = 4;

/// A customer and its one account. crm.client + money.account + route.product settings.
struct ClientRow {
  std::int64_t client_id = 0;
  std::string system_id;                       // unique, 1..15 characters
  std::string password_hash;                   // crypt(5), yescrypt
  std::int64_t password_until_us = INT64_MAX;  // valid before that; INT64_MAX: for ever
  std::string previous_hash;                   // the password before this one; "": none
  std::int64_t previous_until_us = INT64_MIN;  // and until when it is valid, too
  std::vector<std::string> allow_from;         // networks, "192.0.2.0/24"; none: from anywhere
  bool tls_required = false;                   // no bind over a plain connection
  std::int64_t account_id = 0;
  std::string currency;      // ISO 4217, of account and deck
  std::int64_t deck_id = 0;  // sell deck
  bool enabled = true;
  std::uint8_t bind_modes = kMayBindTx | kMayBindRx | kMayBindTrx;
  std::int32_t binds_max = 10;
  std::int32_t binds_max_tx = 0, binds_max_rx = 0,
               binds_max_trx = 0;  // of these; 0: binds_max only
  std::int32_t window_requests_max = 100;
  std::int64_t rate_per_second = 0;  // 0: no limit
  std::int64_t rate_burst = 1;
  OverRate over_rate = OverRate::kThrottle;
  bool short_ids = true;  // for what comes by its sessions below v3.4: ids of 8 characters
  std::string message_class = "transactional";
  std::vector<std::string> tags;              // sorted; Lua: m.client:has("tag")
  std::uint32_t out_of_credit_status = 0x45;  // command_status answered when credit is out
  GuardMode guard_mode = GuardMode::kBlock;
  Nano margin_min_abs;             // per message
  std::int32_t margin_min_bp = 0;  // of the sell amount, 1/10,000
  std::int32_t attempts_max = 3;
  AnswerMode answer = AnswerMode::kUpstream;
  OnLinkLost on_link_lost = OnLinkLost::kResend;
  std::int32_t message_ttl_s = 172'800;  // of a queued message without a shorter validity_period
  std::int32_t receipt_ttl_s = 259'200;  // how long a receipt waits for the client; 0: not at all
  std::int32_t dlr_timeout_s = 259'200;  // without a final receipt after this: no_receipt_state
  std::uint8_t no_receipt_state = 7;     // SMPP v3.4 §5.2.28: 3 EXPIRED, 5 UNDELIV, 7 UNKNOWN
  bool refund_on_undelivered = false;    // of what was charged on submit
  std::int32_t dedupe_window_s = 0;      // 0: a submit that comes twice is two messages
  DedupeBy dedupe_by = DedupeBy::kContent;
  MoOffline mo_offline = MoOffline::kRefuse;
  std::int32_t mo_ttl_s = 259'200;         // how long a stored one waits for the client
  std::int64_t broadcast_supplier_id = 0;  // whom its broadcast_sm go to; 0: it may send none
  Nano broadcast_price;                    // of one
};

/// A supplier account: one cost deck, one route, one or more binds.
struct SupplierRow {
  std::int64_t supplier_id = 0;
  std::string name;  // unique; scripts and explain name it
  std::string type;  // direct, wholesale, hq, sim, ss7, test
  std::string currency;
  std::int64_t deck_id = 0;  // buy deck
  bool enabled = true;
  std::int32_t priority = 0;  // tie break, lower first
  std::vector<std::string> tags;
  IdForm id_form = IdForm::kAuto;  // of ids in responses and receipts
  std::int32_t response_timeout_ms = 10'000;
  std::int64_t rate_per_second = 0;  // submits of all its binds together, of each node; 0: no limit
  OnUnknown on_unknown = OnUnknown::kHold;
  OnLinkLost on_link_lost = OnLinkLost::kResend;
  std::vector<std::int32_t> retry_after_s = {5,   15,  60,
                                             300, 900, 3'600};  // then the last, again and again
  std::map<std::uint32_t, StatusClass>
      statuses;               // command_status, where it differs from the default table
  bool relays_query = false;  // it may be asked, by query_sm, what became of a message that it took
  SupplierProfile profile{};
  std::optional<Nano> broadcast_cost{};  // of one broadcast_sm; none: it carries none
};

enum class SupplierTls : std::uint8_t {
  kOff,
  kVerify,
  kInsecure,  // over TLS, with whoever answers
};

struct SupplierBindRow {
  std::int64_t bind_id = 0;
  std::int64_t supplier_id = 0;
  std::string host;
  std::uint16_t port = 0;
  std::string system_id;
  std::string password;  // secret: never printed
  std::string system_type;
  std::uint8_t interface_version = 0x34;
  std::string mode = "trx";   // tx, rx, trx
  std::int32_t sessions = 1;  // how many connections of this bind
  std::int32_t window_requests_max = 100;
  bool enabled = true;
  SupplierTls tls = SupplierTls::kOff;
  std::string tls_server_name;       // SNI, and looked for in the certificate; "": host
  std::string tls_ca;                // PEM file; "": the system's
  std::string tls_certificate;       // PEM file that we show, with its chain; "": none
  std::string tls_key;               // PEM file of it
  std::int64_t rate_per_second = 0;  // submits of each session; 0: no limit
  std::vector<std::string>
      other_hosts{};  // "host" (its port is `port`) or "host:port", tried in turn
};

struct NetworkRow {
  std::int64_t network_id = 0;
  std::string mcc;      // three digits
  std::string mnc;      // two or three digits; "" = country default
  std::string country;  // ISO 3166 alpha-2
  std::string name;
};

struct PrefixRow {
  std::string prefix;  // E.164 digits, longest wins
  std::int64_t network_id = 0;
};

/// One price of one deck (deck_version and approval come later).
struct RateRow {
  std::int64_t rate_id = 0;
  std::int64_t deck_id = 0;
  std::string mcc;
  std::string mnc;     // "" = any network of the country
  std::string prefix;  // "" = none; else number range exception
  std::string message_class = "any";
  Nano price;            // per unit of the deck, in the deck's currency
  bool blocked = false;  // a stopper: this destination is closed here
  Validity valid;
};

enum class DeckUnit : std::uint8_t { kSegment, kMessage };

struct DeckRow {
  std::int64_t deck_id = 0;
  std::string name;
  std::string currency;
  DeckUnit unit = DeckUnit::kSegment;
  ChargeBasis charge_basis = ChargeBasis::kSubmit;  // a sell deck's: when its clients are charged
};

/// Mobile originated: a destination, with or without a keyword, -> one client. Of number, prefix and range one is given.
struct MoRouteRow {
  std::string prefix;  // of the destination, E.164 digits without +
  std::int64_t client_id = 0;
  std::string number;                // the whole destination, a short code too
  std::string range_from, range_to;  // of as many digits each, both included
  std::string keyword;               // the text's first word, folded; "": any text
  std::int64_t supplier_id = 0;      // it came from; 0: from any
};

struct Catalog {
  std::int64_t version = 0;  // grows with every change of any row below
  /// Rates that ended before this are not here, microseconds since 1970: no price of an earlier time
  /// can be told.
  std::int64_t rates_since_us = 0;
  std::vector<ClientRow> clients;
  std::vector<SupplierRow> suppliers;
  std::vector<SupplierBindRow> supplier_binds;
  std::vector<NetworkRow> networks;
  std::vector<PrefixRow> prefixes;
  std::vector<DeckRow> decks;
  std::vector<RateRow> rates;
  std::vector<MoRouteRow> mo_routes;
};

using CatalogPtr = std::shared_ptr<const Catalog>;

}  // namespace hub::store
