// What an operator wants PostgreSQL to hold, as plain values: filled from a TOML file, brought in
// by Apply. Names stand where rows have ids; ids and `version` of the borrowed rows are ignored
// here.
#pragma once

#include <string>
#include <vector>

#include "server/base/money.h"
#include "server/store/catalog.h"

namespace hub::store {

/// Every entry knows where it was written, "demo.toml:12:1": errors and the report name it.
using Place = std::string;

/// Money that came in. `external_ref` makes it idempotent: the same ref is booked once, for ever.
struct TopupEntry {
  Place place;
  std::string external_ref;  // unique over all accounts, e.g. "demo-opening-acme"
  Nano amount;               // > 0
  std::string reason;        // free text for the statement
};

/// What a client's outcomes mean for money; only PostgreSQL looks at it, when it settles. See sql/README.md.
enum class UnknownRule : std::uint8_t { kCharge, kRelease };
struct ClientTerms {
  bool refund_on_hub_fault = true;
  bool refund_on_upstream_reject = false;
  bool refund_on_undelivered = false;
  UnknownRule ack_unknown = UnknownRule::kCharge;  // nobody knows whether a supplier took it
  UnknownRule no_dlr = UnknownRule::kRelease;      // charge_basis delivered, and no receipt came
};

/// client.client_id, account_id, deck_id and broadcast_supplier_id are ignored: found by system_id, `deck`, `broadcast_supplier`.
/// client.refund_on_undelivered is ignored too: `terms` say it.
struct ClientEntry {
  Place place;
  ClientRow
      client;  // system_id is the natural key; password_hash, when given, wins over `password`
  std::string
      password;      // secret; hashed by Apply, and only when the stored hash is not of it already
  std::string deck;  // name of the sell deck; its currency must be client.currency
  std::string broadcast_supplier;  // name, with client.broadcast_price; "": it may send none
  Nano credit_limit;               // >= 0; 0 is prepaid
  ClientTerms terms;
  std::vector<TopupEntry> topups;
};

/// bind.bind_id and supplier_id are ignored: (supplier, host, port, system_id) is the natural key.
struct SupplierBindEntry {
  Place place;
  SupplierBindRow bind;
};

/// The binds and statuses listed are all the supplier has: one that is stored and not listed is removed.
struct SupplierEntry {
  Place place;
  SupplierRow supplier;  // name is the natural key; supplier_id and deck_id are ignored
  std::string deck;      // name of the cost deck; its currency must be supplier.currency
  std::vector<SupplierBindEntry> binds;
};

struct NetworkEntry {
  Place place;
  NetworkRow network;  // (mcc, mnc) is the natural key; network_id is ignored
};

struct PrefixEntry {
  Place place;
  std::string prefix;    // E.164 digits, the natural key
  std::string mcc, mnc;  // of a network that is described or stored already
};

/// rate.valid.from_us == INT64_MIN: from the moment of Apply; until_us == INT64_MAX: open.
/// Several rates of one key (mcc, mnc, prefix, class) are a timeline: they must not overlap.
struct RateEntry {
  Place place;
  RateRow rate;  // rate_id and deck_id are ignored
};

struct DeckEntry {
  Place place;
  DeckRow deck;  // name is the natural key; currency and unit of a stored deck never change. A new
                 // charge_basis holds for messages accepted from then on.
  std::vector<RateEntry> rates;
};

/// Number, prefix or range_from, with keyword and supplier, is the natural key; route.client_id and supplier_id are ignored.
struct MoRouteEntry {
  Place place;
  MoRouteRow route;      // the keyword folded, as smpp::KeywordOf does
  std::string client;    // system_id
  std::string supplier;  // name; "": any
};

/// What is not described is left as it is, but for binds and statuses (see SupplierEntry).
struct Description {
  std::vector<NetworkEntry> networks;
  std::vector<PrefixEntry> prefixes;
  std::vector<DeckEntry> decks;
  std::vector<ClientEntry> clients;
  std::vector<SupplierEntry> suppliers;
  std::vector<MoRouteEntry> mo_routes;
};

}  // namespace hub::store
