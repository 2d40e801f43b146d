#include "server/store/catalog_reader.h"

#include "server/store/row_reader.h"
#include "server/store/supplier_profile_reader.h"

namespace hub::store {
namespace {

// Each table: its SELECT, and the fields in the same order. The first column names the row in an
// error.

constexpr char kSelectClients[] =
    "SELECT client_id, system_id, password_hash, account_id, currency, deck_id, enabled,"
    " (('tx' = ANY (may_bind))::int + 2 * ('rx' = ANY (may_bind))::int + 4 * ('trx' = ANY "
    "(may_bind))::int),"
    " binds_max, window_requests_max, rate_per_second, rate_burst, over_rate, message_class,"
    " (SELECT coalesce(array_agg(t ORDER BY t COLLATE \"C\"), '{}') FROM unnest(tags) t), "
    "out_of_credit_status,"
    " guard_mode, margin_min_abs, margin_min_bp, attempts_max, answer, message_ttl_s, "
    "receipt_ttl_s,"
    " dlr_timeout_s, no_receipt_state, refund_on_undelivered, dedupe_window_s, dedupe_by,"
    " allow_from, binds_max_tx, binds_max_rx, binds_max_trx,"
    // Whatever the column holds: a moment that is no number must not keep the hub from starting.
    " CASE WHEN password_valid_until = '-infinity' THEN -9223372036854775808"
    " WHEN password_valid_until < '10000-01-01 UTC'"
    " THEN (extract(epoch FROM password_valid_until) * 1000000)::bigint"
    " ELSE 9223372036854775807 END, coalesce(previous_password_hash, ''),"
    " CASE WHEN previous_password_until >= '10000-01-01 UTC' THEN 9223372036854775807"
    " WHEN previous_password_until > '-infinity'"
    " THEN (extract(epoch FROM previous_password_until) * 1000000)::bigint"
    " ELSE -9223372036854775808 END, mo_offline, mo_ttl_s, tls_required,"
    " coalesce(broadcast_supplier_id, 0), coalesce(broadcast_price, 0), short_ids,"
    " on_link_lost"
    " FROM crm.client c ORDER BY client_id";

void ReadRow(RowReader& read, ClientRow& row) {
  read(row.client_id);
  read(row.system_id);
  read(row.password_hash);
  read(row.account_id);
  read(row.currency);
  read(row.deck_id);
  read(row.enabled);
  read(row.bind_modes);
  read(row.binds_max);
  read(row.window_requests_max);
  read(row.rate_per_second);
  read(row.rate_burst);
  read.Enum(row.over_rate, kOverRates);
  read(row.message_class);
  read(row.tags);
  read(row.out_of_credit_status);
  read.Enum(row.guard_mode, kGuardModes);
  read(row.margin_min_abs);
  read(row.margin_min_bp);
  read(row.attempts_max);
  read.Enum(row.answer, kAnswerModes);
  read(row.message_ttl_s);
  read(row.receipt_ttl_s);
  read(row.dlr_timeout_s);
  read(row.no_receipt_state);
  read(row.refund_on_undelivered);
  read(row.dedupe_window_s);
  read.Enum(row.dedupe_by, kDedupeBys);
  read(row.allow_from);
  read(row.binds_max_tx);
  read(row.binds_max_rx);
  read(row.binds_max_trx);
  read(row.password_until_us);
  read(row.previous_hash);
  read(row.previous_until_us);
  read.Enum(row.mo_offline, kMoOfflines);
  read(row.mo_ttl_s);
  read(row.tls_required);
  read(row.broadcast_supplier_id);
  read(row.broadcast_price);
  read(row.short_ids);
  read.Enum(row.on_link_lost, kOnLinkLosts);
}

constexpr char kSelectSuppliers[] =
    "SELECT supplier_id, name, type, currency, deck_id, enabled, priority,"
    " (SELECT coalesce(array_agg(t ORDER BY t COLLATE \"C\"), '{}') FROM unnest(tags) t), id_form,"
    " response_timeout_ms, on_unknown, retry_after_s, rate_per_second, tlvs, force_receipts,"
    " receipts_by_text, on_link_lost, relays_query, broadcast_cost IS NOT NULL,"
    " coalesce(broadcast_cost, 0) FROM crm.supplier ORDER BY supplier_id";

void ReadRow(RowReader& read, SupplierRow& row) {
  read(row.supplier_id);
  read(row.name);
  read(row.type);
  read(row.currency);
  read(row.deck_id);
  read(row.enabled);
  read(row.priority);
  read(row.tags);
  read.Enum(row.id_form, kIdForms);
  read(row.response_timeout_ms);
  read.Enum(row.on_unknown, kOnUnknowns);
  read(row.retry_after_s);
  read(row.rate_per_second);
  read.Enum(row.profile.tlvs, kSupplierTlvs);
  read(row.profile.force_receipts);
  read(row.profile.receipts_by_text);
  read.Enum(row.on_link_lost, kOnLinkLosts);
  read(row.relays_query);
  bool carries_broadcasts = false;
  Nano broadcast_cost;
  read(carries_broadcasts);
  read(broadcast_cost);
  if (carries_broadcasts) row.broadcast_cost = broadcast_cost;
}

// One row of crm.supplier_status, until it is in its supplier.
struct StatusRow {
  std::int64_t supplier_id = 0;
  std::uint32_t command_status = 0;
  StatusClass status_class{};
};

constexpr char kSelectStatuses[] =
    "SELECT supplier_id, command_status, class FROM crm.supplier_status ORDER BY supplier_id";

void ReadRow(RowReader& read, StatusRow& row) {
  read(row.supplier_id);
  read(row.command_status);
  read.Enum(row.status_class, kStatusClasses);
}

constexpr char kSelectBinds[] =
    "SELECT bind_id, supplier_id, host, port, system_id, password, system_type, interface_version, "
    "mode, sessions,"
    " window_requests_max, enabled, tls, tls_server_name, tls_ca, tls_certificate, tls_key,"
    " rate_per_second, other_hosts FROM crm.supplier_bind ORDER BY bind_id";

void ReadRow(RowReader& read, SupplierBindRow& row) {
  read(row.bind_id);
  read(row.supplier_id);
  read(row.host);
  read(row.port);
  read(row.system_id);
  read(row.password);
  read(row.system_type);
  read(row.interface_version);
  read(row.mode);
  read(row.sessions);
  read(row.window_requests_max);
  read(row.enabled);
  read.Enum(row.tls, kSupplierTls);
  read(row.tls_server_name);
  read(row.tls_ca);
  read(row.tls_certificate);
  read(row.tls_key);
  read(row.rate_per_second);
  read(row.other_hosts);
}

constexpr char kSelectNetworks[] =
    "SELECT network_id, mcc, coalesce(mnc, ''), coalesce(iso2, ''), name FROM ref.network ORDER BY "
    "network_id";

void ReadRow(RowReader& read, NetworkRow& row) {
  read(row.network_id);
  read(row.mcc);
  read(row.mnc);
  read(row.country);
  read(row.name);
}

constexpr char kSelectPrefixes[] =
    "SELECT prefix, network_id FROM ref.number_prefix ORDER BY prefix";

void ReadRow(RowReader& read, PrefixRow& row) {
  read(row.prefix);
  read(row.network_id);
}

constexpr char kSelectDecks[] =
    "SELECT deck_id, name, currency, unit, charge_basis FROM rate.deck ORDER BY deck_id";

void ReadRow(RowReader& read, DeckRow& row) {
  read(row.deck_id);
  read(row.name);
  read(row.currency);
  read.Enum(row.unit, kDeckUnits);
  read.Enum(row.charge_basis, kChargeBases);
}

// With those that ended within the hour: while our clock is behind PostgreSQL's, they are in force
// here.
constexpr char kSelectRates[] =
    "SELECT rate_id, deck_id, mcc, coalesce(mnc, ''), coalesce(prefix, ''), class, coalesce(price, "
    "0), blocked,"
    " coalesce((extract(epoch FROM lower(valid)) * 1000000)::bigint, -9223372036854775808),"
    " coalesce((extract(epoch FROM upper(valid)) * 1000000)::bigint, 9223372036854775807)"
    " FROM rate.rate WHERE upper(valid) > now() - interval '1 hour' OR upper_inf(valid) ORDER BY "
    "rate_id";

void ReadRow(RowReader& read, RateRow& row) {
  read(row.rate_id);
  read(row.deck_id);
  read(row.mcc);
  read(row.mnc);
  read(row.prefix);
  read(row.message_class);
  read(row.price);
  read(row.blocked);
  read(row.valid.from_us);
  read(row.valid.until_us);
}

constexpr char kSelectMoRoutes[] =
    "SELECT coalesce(prefix, ''), client_id, coalesce(number, ''), coalesce(range_from, ''),"
    " coalesce(range_to, ''), keyword, coalesce(supplier_id, 0) FROM route.mo_route"
    " ORDER BY mo_route_id";

void ReadRow(RowReader& read, MoRouteRow& row) {
  read(row.prefix);
  read(row.client_id);
  read(row.number);
  read(row.range_from);
  read(row.range_to);
  read(row.keyword);
  read(row.supplier_id);
}

template <class Row>
Outcome<Done> ReadTable(Pg& pg, const char* table, const char* select, std::vector<Row>* rows) {
  auto result = pg.Run("read the catalog", select);
  if (!result) return Err{result.error()};
  rows->reserve(static_cast<std::size_t>(result->rows()));
  RowReader reader(table, *result);
  while (reader.Next()) ReadRow(reader, rows->emplace_back());
  if (reader.error()) return Err{*reader.error()};
  return Done{};
}

// Both in ascending order of the supplier; a status without its supplier cannot be (foreign key).
void PlaceStatuses(const std::vector<StatusRow>& statuses, std::vector<SupplierRow>* suppliers) {
  auto supplier = suppliers->begin();
  for (const StatusRow& status : statuses) {
    while (supplier->supplier_id != status.supplier_id) ++supplier;
    supplier->statuses[status.command_status] = status.status_class;
  }
}

}  // namespace

Outcome<Catalog> ReadCatalog(Pg& pg) {
  auto transaction = Transaction::Begin(pg, "ISOLATION LEVEL REPEATABLE READ READ ONLY");
  if (!transaction) return Err{transaction.error()};
  Catalog catalog;
  auto version = pg.Run("read the catalog's version",
                        "SELECT version, (extract(epoch FROM now() - interval '1 hour') * "
                        "1000000)::bigint FROM ops.catalog_version");
  if (!version) return Err{version.error()};
  catalog.version = version->Int(0, 0);
  catalog.rates_since_us = version->Int(0, 1);

  auto read = ReadTable(pg, "crm.client", kSelectClients, &catalog.clients);
  if (read) read = ReadTable(pg, "crm.supplier", kSelectSuppliers, &catalog.suppliers);
  std::vector<StatusRow> statuses;
  if (read) read = ReadTable(pg, "crm.supplier_status", kSelectStatuses, &statuses);
  if (read) PlaceStatuses(statuses, &catalog.suppliers);
  if (read) read = ReadProfiles(pg, &catalog.suppliers);
  if (read) read = ReadTable(pg, "crm.supplier_bind", kSelectBinds, &catalog.supplier_binds);
  if (read) read = ReadTable(pg, "ref.network", kSelectNetworks, &catalog.networks);
  if (read) read = ReadTable(pg, "ref.number_prefix", kSelectPrefixes, &catalog.prefixes);
  if (read) read = ReadTable(pg, "rate.deck", kSelectDecks, &catalog.decks);
  if (read) read = ReadTable(pg, "rate.rate", kSelectRates, &catalog.rates);
  if (read) read = ReadTable(pg, "route.mo_route", kSelectMoRoutes, &catalog.mo_routes);
  if (!read) return Err{read.error()};
  auto committed = transaction->Commit();
  if (!committed) return Err{committed.error()};
  return catalog;
}

}  // namespace hub::store
