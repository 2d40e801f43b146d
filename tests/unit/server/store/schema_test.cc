// What the schema itself refuses, whoever writes to it.
#include <gtest/gtest.h>

#include <chrono>
#include <thread>

#include "server/store/apply.h"
#include "tests/support/postgres_rig.h"

namespace hub::test {
namespace {

class SchemaTest : public testing::Test {
 protected:
  SchemaTest() {
    auto applied = store::Apply(database_, SmallWorld(), false);
    EXPECT_TRUE(applied.ok()) << applied.error().Text();
  }
  // The SQLSTATE, or "" when PostgreSQL took it.
  std::string Refusal(const std::string& sql) {
    auto ran = pg_.Run("test", sql.c_str());
    return ran ? "" : ran.error().sqlstate;
  }
  const std::string database_ = PostgresServer::Get().NewDatabase();
  store::Pg pg_ = Connect(database_);
};

TEST_F(SchemaTest, RatesOfOneKeyNeverOverlap) {
  const std::string insert =
      "INSERT INTO rate.rate (deck_id, mcc, mnc, class, price, valid) SELECT deck_id, '235', ";
  const std::string from_retail = " FROM rate.deck WHERE name = 'retail'";
  EXPECT_EQ(Refusal(insert + "NULL, 'any', 1, '[2026-01-01,2027-01-01)'" + from_retail), "");
  EXPECT_EQ(Refusal(insert + "NULL, 'any', 2, '[2026-06-01,)'" + from_retail), "23P01");
  EXPECT_EQ(Refusal(insert + "'10', 'any', 2, '[2026-06-01,)'" + from_retail), "");
  EXPECT_EQ(Refusal(insert + "NULL, 'otp', 2, '[2026-06-01,)'" + from_retail), "");
  EXPECT_EQ(Refusal(insert + "NULL, 'any', 2, '[2027-01-01,)'" + from_retail), "");
  EXPECT_EQ(Refusal(insert + "'99', 'any', NULL, '[2027-01-01,)'" + from_retail), "23514");
  EXPECT_EQ(Refusal(insert + "'98', 'any', 1, '[2027-01-01,infinity)'" + from_retail), "23514");
  EXPECT_EQ(Refusal(insert + "'98', 'any', 1, '[-infinity,2027-01-01)'" + from_retail), "23514");
  EXPECT_EQ(Refusal(insert + "'98', 'any', 1, '(,2027-01-01)'" + from_retail), "");
}

// In octets: 15 characters may be 60 of them.                                  SMPP v3.4 §5.2.1..5.2.3
TEST_F(SchemaTest, WhatABindIsMadeOfFitsItsRequest) {
  const std::string update = "UPDATE crm.supplier_bind SET ";
  EXPECT_EQ(Refusal(update + "password = repeat('p', 64), system_id = repeat('i', 15),"
                             " system_type = repeat('t', 12)"),
            "");
  EXPECT_EQ(Refusal(update + "password = repeat('p', 65)"), "23514");
  EXPECT_EQ(Refusal(update + "password = repeat('ä', 33)"), "23514");
  EXPECT_EQ(Refusal(update + "system_id = repeat('ä', 8)"), "23514");
  EXPECT_EQ(Refusal(update + "system_type = repeat('ä', 7)"), "23514");
}

TEST_F(SchemaTest, ARateIsImmutableButForItsEnd) {
  EXPECT_EQ(Refusal("UPDATE rate.rate SET price = price + 1"), "HB001");
  EXPECT_EQ(Refusal("DELETE FROM rate.rate"), "HB001");
  EXPECT_EQ(
      Refusal("UPDATE rate.rate SET valid = tstzrange(lower(valid), now() - interval '1 us')"),
      "HB001");
  EXPECT_EQ(
      Refusal("UPDATE rate.rate SET valid = tstzrange(lower(valid), now() + interval '1 day')"),
      "");
}

TEST_F(SchemaTest, TheLedgerIsAppendOnly) {
  EXPECT_EQ(Refusal("UPDATE money.ledger_entry SET amount = 1"), "HB002");
  EXPECT_EQ(Refusal("DELETE FROM money.ledger_entry"), "HB002");
  EXPECT_EQ(Refusal("TRUNCATE money.ledger_entry"), "HB002");
}

TEST_F(SchemaTest, ATopupIsBookedOncePerReference) {
  const std::string account =
      Scalar(pg_, "SELECT account_id FROM crm.client WHERE system_id = 'acme'");
  const std::string topup = "SELECT money.topup(" + account + ", ";
  EXPECT_EQ(Scalar(pg_, topup + "2.5, 'wire', 'ref-1')"), "t");
  EXPECT_EQ(Scalar(pg_, topup + "2.5, 'wire', 'ref-1')"), "f");
  EXPECT_EQ(Refusal(topup + "2.6, 'wire', 'ref-1')"), "HB003");
  EXPECT_EQ(Refusal(topup + "-1, 'wire', 'ref-2')"), "HB003");
  EXPECT_EQ(Refusal(topup + "0.0000000001, 'wire', 'ref-3')"), "HB003");
  EXPECT_EQ(Scalar(pg_, "SELECT balance FROM money.account WHERE account_id = " + account),
            "12.500000000");
  EXPECT_EQ(BrokenInvariants(database_), "");
}

// Equal to itself and above all others: it passes every other check.
TEST_F(SchemaTest, NaNIsNoMoney) {
  for (const char* sql : {"SELECT money.topup(1, 'NaN', 'wire', 'ref-1')",
                          "SELECT money.chargeback(1, 'NaN', 'wire', 'ref-1')",
                          "SELECT money.set_credit_limit(1, 'NaN', 'why')",
                          "SELECT money.grant_credit(1, 'NaN', now() + interval '1 hour', 'why')",
                          "UPDATE money.account SET credit_limit = 'NaN'"}) {
    EXPECT_EQ(Refusal(sql), "23514") << sql;
  }
  EXPECT_EQ(Refusal("INSERT INTO rate.rate (deck_id, mcc, mnc, class, price, valid)"
                    " SELECT deck_id, '236', NULL, 'any', 'NaN', '[2026-01-01,)' FROM rate.deck"),
            "23514");
}

// A node charges the account that it knew when the client first bound.
TEST_F(SchemaTest, AClientKeepsItsAccountAndItsCurrency) {
  ASSERT_EQ(Refusal("INSERT INTO money.account (currency) SELECT currency FROM money.account"), "");
  EXPECT_EQ(
      Refusal("UPDATE crm.client SET account_id = (SELECT max(account_id) FROM money.account)"),
      "HB009");
  EXPECT_EQ(Refusal("UPDATE crm.client SET account_id = account_id, enabled = false"), "");
}

TEST_F(SchemaTest, OfTwoCreditGrantsAtOnceNoneIsForgotten) {
  store::Pg other = Connect(database_);
  const auto grant = [](store::Pg& pg) {
    return Scalar(pg, "SELECT money.grant_credit(1, 10, now() + interval '1 hour', 'a fair')");
  };
  ASSERT_EQ(Refusal("BEGIN"), "");
  grant(pg_);
  std::thread second([&] { grant(other); });
  while (Scalar(pg_, "SELECT count(*) FROM pg_locks WHERE NOT granted") == "0")
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  EXPECT_EQ(Refusal("COMMIT"), "");
  second.join();
  EXPECT_EQ(Scalar(pg_, "SELECT trim_scale(overdraft) FROM money.account WHERE account_id = 1"),
            "20");
}

TEST_F(SchemaTest, AnAccountNeverPassesItsLimit) {
  EXPECT_EQ(Refusal("UPDATE money.account SET leased = 10.000000001 WHERE balance = 10"), "23514");
  EXPECT_EQ(Refusal("UPDATE money.account SET credit_limit = -1"), "23514");
}

TEST_F(SchemaTest, ClientAndDeckAndAccountShareOneCurrency) {
  ASSERT_EQ(Refusal("INSERT INTO rate.deck (name, currency) VALUES ('dollars', 'USD')"), "");
  EXPECT_EQ(
      Refusal(
          "UPDATE crm.client SET deck_id = (SELECT deck_id FROM rate.deck WHERE name = 'dollars')"),
      "23503");
}

TEST_F(SchemaTest, TheCatalogsVersionCountsTransactionsThatChangeIt) {
  const std::string version = "SELECT version FROM ops.catalog_version";
  const std::int64_t before = std::stoll(Scalar(pg_, version));
  ASSERT_EQ(Refusal("UPDATE crm.client SET enabled = false"), "");
  EXPECT_EQ(std::stoll(Scalar(pg_, version)), before + 1);
  ASSERT_TRUE(
      pg_.RunFile(
             "two",
             "BEGIN; UPDATE crm.client SET enabled = true; UPDATE crm.supplier SET priority = 1;"
             "COMMIT;")
          .ok());
  EXPECT_EQ(std::stoll(Scalar(pg_, version)), before + 2);
}

TEST_F(SchemaTest, BillingReadsViewsAndNothingElse) {
  ASSERT_EQ(Refusal("SET ROLE billing_ro"), "");
  for (const char* view : {"v_cdr", "v_statement", "v_balance_now", "v_margin_daily",
                           "v_supplier_payable", "v_uncertain_cost", "v_rejects", "v_deck_asof",
                           "v_open_leases", "v_broken", "v_unknown", "v_duplicates"}) {
    EXPECT_EQ(Refusal(std::string("SELECT * FROM bill.") + view), "") << view;
  }
  EXPECT_EQ(Refusal("SELECT * FROM bill.deck_asof('2030-01-01')"), "");
  EXPECT_EQ(Refusal("SELECT password FROM crm.supplier_bind"), "42501");
  EXPECT_EQ(Refusal("SELECT destination_addr FROM traffic.message"), "42501");
  EXPECT_EQ(Refusal("SELECT money.topup(1, 1, 'x', 'x')"), "42501");
}

TEST_F(SchemaTest, PartitionsAreMadeAheadAndOnlyOnce) {
  EXPECT_EQ(Scalar(pg_, "SELECT ops.ensure_partitions(3) < 7"),
            "t");  // 6 when midnight has just passed
  EXPECT_EQ(Scalar(pg_, "SELECT ops.ensure_partitions(3)"), "0");
  EXPECT_EQ(Scalar(pg_, "SELECT ops.ensure_partitions(5)"), "12");
  // All that the parent has, on six days and the default: PostgreSQL would refuse a partition without its columns and checks.
  EXPECT_EQ(
      Scalar(pg_,
             "SELECT count(i.inhrelid) / count(DISTINCT x.indexrelid)::numeric FROM pg_index x"
             " LEFT JOIN pg_inherits i ON i.inhparent = x.indexrelid"
             " WHERE x.indrelid = 'traffic.message'::regclass"),
      "7.0000000000000000");
}

TEST_F(SchemaTest, PartitionsAreMadeWhileOthersWrite) {
  store::Pg writer = Connect(database_);
  const std::string insert =
      "INSERT INTO traffic.reject VALUES ((now() AT TIME ZONE 'UTC')::date + ";
  const std::string values = ", 1, 1, 0, '', '', '', 0, now(), '')";
  ASSERT_TRUE(writer.RunFile("write", "BEGIN; " + insert + "1" + values).ok());
  EXPECT_EQ(Scalar(pg_, "SELECT ops.ensure_partitions(4) > 0"), "t");
  // A row of the fifth day, in the default: that day has no partition, and others go on.
  ASSERT_TRUE(writer.RunFile("write", insert + "5" + values + "; COMMIT").ok());
  EXPECT_EQ(Scalar(pg_, "SELECT ops.ensure_partitions(6)"), "11");
  // Somebody reads the default at length: refused soon, not queued with everybody behind.
  ASSERT_TRUE(writer.RunFile("read", "BEGIN; SELECT count(*) FROM traffic.message_default").ok());
  EXPECT_EQ(Refusal("SELECT ops.ensure_partitions(8)"), "55P03");
}

// But for those of a supplier's bind: a row that breaks one costs its bind, and must not cost a migration.
TEST_F(SchemaTest, NoConstraintIsLeftUnchecked) {
  EXPECT_EQ(Scalar(pg_,
                   "SELECT string_agg(conname, ' ' ORDER BY conname) FROM pg_constraint"
                   " WHERE NOT convalidated"),
            "supplier_bind_password_octets supplier_bind_system_id_octets"
            " supplier_bind_system_type_octets");
}

TEST_F(SchemaTest, SourcesThatAreNumbersAreMasked) {
  const std::string mask = "SELECT bill.mask_source('";
  EXPECT_EQ(Scalar(pg_, mask + "447700900123')"), "4477******23");
  EXPECT_EQ(Scalar(pg_, mask + "+44770090')"), "+44770090");  // eight digits: a short code
  EXPECT_EQ(Scalar(pg_, mask + "+447700900')"), "+447****00");
  EXPECT_EQ(Scalar(pg_, mask + "ACME 2000000000')"), "ACME 2000000000");
}

TEST_F(SchemaTest, TheServerNoticesADeadClientSoon) {
  EXPECT_EQ(Scalar(pg_,
                   "SELECT count(*) FROM pg_settings WHERE source = 'session' AND name IN"
                   " ('tcp_keepalives_idle', 'tcp_keepalives_interval', 'tcp_keepalives_count',"
                   " 'tcp_user_timeout')"),
            "4");
}

}  // namespace
}  // namespace hub::test
