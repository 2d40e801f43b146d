// What PostgreSQL would refuse of a client, a supplier or a bind, the description refuses first, where one sees its line and column.
#include <gtest/gtest.h>

#include <set>

#include "server/admin/description_from_toml.h"
#include "server/store/apply.h"
#include "tests/support/postgres_rig.h"

namespace hub::admin {
namespace {

constexpr char kClient[] = "crm.client", kSupplier[] = "crm.supplier",
               kBind[] = "crm.supplier_bind";

enum class Form { kInteger, kText, kMoney, kList, kNumbers };

struct Bound {
  const char* table;
  const char* column;
  const char* key;
  Form form;
};

// Each column with a CHECK that a file can say something of.
constexpr Bound kBounds[] = {
    {kClient, "system_id", "system_id", Form::kText},
    {kClient, "may_bind", "bind_modes", Form::kList},
    {kClient, "binds_max", "binds_max", Form::kInteger},
    {kClient, "binds_max_tx", "binds_max_tx", Form::kInteger},
    {kClient, "binds_max_rx", "binds_max_rx", Form::kInteger},
    {kClient, "binds_max_trx", "binds_max_trx", Form::kInteger},
    {kClient, "window_requests_max", "window_requests_max", Form::kInteger},
    {kClient, "rate_per_second", "rate_per_second", Form::kInteger},
    {kClient, "rate_burst", "rate_burst", Form::kInteger},
    {kClient, "over_rate", "over_rate", Form::kText},
    {kClient, "message_class", "class", Form::kText},
    {kClient, "out_of_credit_status", "out_of_credit_status", Form::kInteger},
    {kClient, "guard_mode", "guard", Form::kText},
    {kClient, "margin_min_abs", "margin_min", Form::kMoney},
    {kClient, "margin_min_bp", "margin_min_bp", Form::kInteger},
    {kClient, "attempts_max", "attempts_max", Form::kInteger},
    {kClient, "answer", "answer", Form::kText},
    {kClient, "on_link_lost", "on_link_lost", Form::kText},
    {kClient, "message_ttl_s", "message_ttl_s", Form::kInteger},
    {kClient, "receipt_ttl_s", "receipt_ttl_s", Form::kInteger},
    {kClient, "dlr_timeout_s", "dlr_timeout_s", Form::kInteger},
    {kClient, "dedupe_window_s", "dedupe_window_s", Form::kInteger},
    {kClient, "dedupe_by", "dedupe_by", Form::kText},
    {kClient, "mo_offline", "mo_offline", Form::kText},
    {kClient, "mo_ttl_s", "mo_ttl_s", Form::kInteger},
    {kClient, "ack_unknown", "ack_unknown", Form::kText},
    {kClient, "no_dlr", "no_dlr", Form::kText},
    {kSupplier, "name", "name", Form::kText},
    {kSupplier, "type", "type", Form::kText},
    {kSupplier, "priority", "priority", Form::kInteger},
    {kSupplier, "id_form", "id_form", Form::kText},
    {kSupplier, "response_timeout_ms", "response_timeout_ms", Form::kInteger},
    {kSupplier, "on_unknown", "on_unknown", Form::kText},
    {kSupplier, "on_link_lost", "on_link_lost", Form::kText},
    {kSupplier, "broadcast_cost", "broadcast_cost", Form::kMoney},
    {kSupplier, "retry_after_s", "retry_after_s", Form::kNumbers},
    {kSupplier, "rate_per_second", "rate_per_second", Form::kInteger},
    {kSupplier, "tlvs", "tlvs", Form::kText},
    {kBind, "host", "host", Form::kText},
    {kBind, "port", "port", Form::kInteger},
    {kBind, "system_id", "system_id", Form::kText},
    {kBind, "password", "password", Form::kText},
    {kBind, "system_type", "system_type", Form::kText},
    {kBind, "interface_version", "interface_version", Form::kInteger},
    {kBind, "mode", "mode", Form::kText},
    {kBind, "sessions", "sessions", Form::kInteger},
    {kBind, "window_requests_max", "window_requests_max", Form::kInteger},
    {kBind, "tls", "tls", Form::kText},
    {kBind, "tls_server_name", "tls_server_name", Form::kText},
    {kBind, "tls_ca", "tls_ca", Form::kText},
    {kBind, "tls_certificate", "tls_certificate", Form::kText},
    {kBind, "tls_key", "tls_key", Form::kText},
    {kBind, "rate_per_second", "rate_per_second", Form::kInteger},
    {kBind, "other_hosts", "other_hosts", Form::kList},
};

// With a CHECK, and no value of a file can break it: words that stand for numbers, dates and networks that are read before, what
// no file says, and a pair of which a file has both or neither (description_from_toml_test).
const std::set<std::string> kNoBound = {
    "crm.client no_receipt_state",       "crm.client allow_from",
    "crm.client password_valid_until",   "crm.client replaced_password_hashes",
    "crm.client previous_password_hash", "crm.client previous_password_until",
    "crm.client broadcast_supplier_id",  "crm.client broadcast_price"};

struct Probe {
  std::string toml, sql;
};

std::vector<Probe> ProbesOf(Form form) {
  std::vector<Probe> probes;
  const auto number = [&](std::int64_t n) {
    if (form == Form::kInteger) probes.push_back({std::to_string(n), std::to_string(n)});
    if (form == Form::kNumbers)
      probes.push_back({"[5, " + std::to_string(n) + "]", "{5," + std::to_string(n) + "}"});
  };
  for (const std::int64_t edge : {0, 1, 8, 32, 51, 52, 60, 64, 80, 100, 1'000, 10'000, 65'535,
                                  600'000, 604'800, 1'000'000, 2'592'000, INT32_MAX}) {
    for (const std::int64_t n : {edge - 1, edge, edge + 1, -edge}) number(n);
  }
  for (const std::int64_t n : {std::int64_t{UINT32_MAX}, std::int64_t{UINT32_MAX} + 1}) number(n);
  const std::string longs[] = {std::string(12, 'x'),  std::string(13, 'x'),  std::string(15, 'x'),
                               std::string(16, 'x'),  std::string(64, 'x'),  std::string(65, 'x'),
                               std::string(255, 'x'), std::string(256, 'x'), "ääääääää"};
  const char* words[] = {"",    "-",  "X", "a b",  "any",     "otp",
                         "trx", "/x", "x", "pass", "default", "_a"};
  std::vector<std::string> texts(std::begin(words), std::end(words));
  texts.insert(texts.end(), std::begin(longs), std::end(longs));
  for (const std::string& text : texts) {
    if (form == Form::kText) probes.push_back({"\"" + text + "\"", text});
    if (form == Form::kList) probes.push_back({"[\"" + text + "\"]", "{\"" + text + "\"}"});
  }
  for (const char* money : {"-0.000000001", "0", "99999.999999999", "100000", "9000000000"}) {
    if (form == Form::kMoney) probes.push_back({"\"" + std::string(money) + "\"", money});
  }
  if (form == Form::kList || form == Form::kNumbers) probes.push_back({"[]", "{}"});
  return probes;
}

// A whole file in which the one key has this value.
std::string FileWith(const Bound& bound, const std::string& value) {
  const auto line = [&](const char* table, const std::string& key, const std::string& otherwise) {
    const bool is_it = std::string(table) == bound.table && key == bound.key;
    return is_it ? "" : key + " = " + otherwise + "\n";
  };
  const std::string it = std::string(bound.key) + " = " + value + "\n";
  if (bound.table == std::string(kClient)) {
    return "[[client]]\n" + it + line(kClient, "system_id", "\"a\"") +
           "password = \"pw\"\ncurrency = \"EUR\"\ndeck = \"d\"\n";
  }
  std::string file =
      "[[supplier]]\n" + line(kSupplier, "name", "\"b\"") + "currency = \"EUR\"\ndeck = \"d\"\n";
  if (bound.table == std::string(kSupplier)) return file + it;
  return file + "[[supplier.bind]]\n" + it + line(kBind, "host", "\"h\"") +
         line(kBind, "port", "1") + line(kBind, "system_id", "\"s\"");
}

class DescriptionBounds : public testing::Test {
 protected:
  DescriptionBounds() { EXPECT_TRUE(store::Apply(database_, test::SmallWorld(), false).ok()); }
  bool SqlTakes(const Bound& bound, const std::string& value) {
    const std::string table = bound.table;
    const std::string sql = "UPDATE " + table + " SET " + bound.column +
                            " = $1 WHERE ctid = (SELECT min(ctid) FROM " + table + ")";
    EXPECT_TRUE(pg_.Run("begin", "BEGIN").ok());
    const bool takes = pg_.Run("probe", sql.c_str(), {value}).ok();
    EXPECT_TRUE(pg_.Run("roll back", "ROLLBACK").ok());
    return takes;
  }

  const std::string database_ = test::PostgresServer::Get().NewDatabase();
  store::Pg pg_ = test::Connect(database_);
};

TEST_F(DescriptionBounds, WhatSqlRefusesIsRefusedWithItsPlace) {
  for (const Bound& bound : kBounds) {
    int taken = 0;
    for (const Probe& probe : ProbesOf(bound.form)) {
      const bool described = ParseDescription(FileWith(bound, probe.toml), "d.toml").ok();
      taken += described ? 1 : 0;
      if (!described) continue;
      EXPECT_TRUE(SqlTakes(bound, probe.sql))
          << bound.table << " " << bound.key << " = " << probe.toml << " can be described";
    }
    const bool has_words = bound.form == Form::kText || bound.form == Form::kList;
    if (has_words) continue;
    EXPECT_GT(taken, 0) << bound.key << ": the probes say nothing";
  }
}

TEST_F(DescriptionBounds, EveryCheckedColumnIsProbed) {
  const auto rows = pg_.Run(
      "read checks",
      "SELECT DISTINCT c.conrelid::regclass || ' ' || a.attname FROM pg_constraint c JOIN "
      "pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = ANY (c.conkey) WHERE c.contype = "
      "'c' AND c.conrelid IN ('crm.client'::regclass, 'crm.supplier'::regclass, "
      "'crm.supplier_bind'::regclass)");
  ASSERT_TRUE(rows.ok());
  std::set<std::string> probed = kNoBound;
  for (const Bound& bound : kBounds) probed.insert(std::string(bound.table) + " " + bound.column);
  EXPECT_GT(rows->rows(), 30);
  for (int i = 0; i < rows->rows(); ++i) {
    EXPECT_TRUE(probed.contains(rows->String(i, 0))) << rows->String(i, 0) << " has no row here";
  }
}

}  // namespace
}  // namespace hub::admin
