#include "server/store/client_page.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <iterator>
#include <set>
#include <thread>

#include "server/store/apply.h"
#include "tests/support/postgres_rig.h"

namespace hub::test {
namespace {

using namespace hub::store;
using testing::HasSubstr;

class ClientPageTest : public testing::Test {
 protected:
  ClientPageTest() { EXPECT_TRUE(Apply(database_, SmallWorld(), false).ok()); }
  ClientPage Page() {
    auto page = ReadClientPage(database_, "acme");
    EXPECT_TRUE(page.ok()) << page.error().Text();
    return page && *page ? **page : ClientPage{};
  }
  std::string Term(const std::string& name) {
    for (const ClientTerm& term : Page().terms) {
      if (term.name == name) return term.value;
    }
    return "there is no such term";
  }
  void Receipt(int id, int message_id, const std::string& system_id, const std::string& at,
               int node = 0) {
    Scalar(pg_,
           "INSERT INTO traffic.receipt (receipt_id, message_id, node_id, epoch, client_id, "
           "message_state, is_final, received_at, expires_at, pdu) SELECT $1::bigint, $2::bigint, "
           "$5::int, 1, client_id, 2, true, $4::timestamptz, $4::timestamptz + interval '3 days', "
           "'' FROM "
           "crm.client WHERE system_id = $3",
           {std::to_string(id), std::to_string(message_id), system_id, at, std::to_string(node)});
  }
  // From id `from` on; the last 1,000 of the first kCountedMax are MO.
  void Many(const std::string& system_id, std::int64_t from, std::int64_t count) {
    Scalar(pg_,
           "INSERT INTO traffic.receipt SELECT n + $2::bigint, CASE WHEN n BETWEEN $4::bigint -"
           " 1000 AND $4::bigint - 1 THEN 0 ELSE n + 1 END, 1, 1, client_id, 2, true, 0,"
           " '2026-11-21 10:00:00+00'::timestamptz + n * interval '1 millisecond', 'infinity', ''"
           " FROM generate_series(0, $3::bigint - 1) n, crm.client WHERE system_id = $1",
           {system_id, std::to_string(from), std::to_string(count),
            std::to_string(ClientWaiting::kCountedMax)});
  }
  // Of traffic.receipt, by whatever way. A session's counts are there when it is gone.
  std::int64_t RowsRead() {
    while (Scalar(pg_,
                  "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND"
                  " backend_type = 'client backend' AND pid <> pg_backend_pid()") != "0") {
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    Scalar(pg_, "SELECT pg_stat_force_next_flush()");
    return std::stoll(
        Scalar(pg_,
               "SELECT seq_tup_read + (SELECT sum(idx_tup_read) FROM pg_stat_user_indexes i WHERE"
               " i.relid = t.relid) FROM pg_stat_user_tables t WHERE relname = 'receipt'"));
  }
  void Refuse(const std::string& system_id, const std::string& reason, const std::string& ago) {
    Scalar(
        pg_,
        "INSERT INTO traffic.reject (accept_day, message_id, client_id, network_id, source_addr, "
        "destination_addr, reason, command_status, at, decision) SELECT ((now() - "
        "$3::interval) AT TIME ZONE 'UTC')::date, 1, client_id, 0, 'A', '4915112345678', $2, 11, "
        "now() - $3::interval, '' FROM crm.client WHERE system_id = $1",
        {system_id, reason, ago});
  }

  const std::string database_ = PostgresServer::Get().NewDatabase();
  Pg pg_ = Connect(database_);
};

TEST_F(ClientPageTest, NobodyHasNone) {
  auto page = ReadClientPage(database_, "nobody");
  ASSERT_TRUE(page.ok());
  EXPECT_FALSE(page->has_value());
}

TEST_F(ClientPageTest, TellsTermsAndMoneyAndNoSecret) {
  Scalar(pg_,
         "UPDATE crm.client SET rate_per_second = 25, over_rate = 'delay', "
         "allow_from = '{192.0.2.0/24}' WHERE system_id = 'acme'");
  EXPECT_EQ(Term("rate_per_second"), "25");
  EXPECT_EQ(Term("over_rate"), "delay");
  EXPECT_EQ(Term("allow_from"), "{192.0.2.0/24}");
  const ClientPage page = Page();
  EXPECT_EQ(page.balance.balance, NanoSum{10'000'000'000});
  EXPECT_EQ(page.balance.currency, "EUR");
  EXPECT_EQ(page.balance.client, "acme");
  EXPECT_EQ(page.balance.available, NanoSum{10'000'000'000});
  EXPECT_EQ(page.balance.held, NanoSum{0});
  EXPECT_EQ(page.no_balance + page.no_waiting + page.no_refusals, "");
  const std::string hash =
      Scalar(pg_, "SELECT password_hash FROM crm.client WHERE system_id = 'acme'");
  for (const ClientTerm& term : page.terms) {
    EXPECT_THAT(term.value, testing::Not(HasSubstr(hash))) << term.name;
  }
}

// Left out: secrets; what stands under another name, or in another part of the page; who made the row, and when.
constexpr const char* kLeftOut[] = {
    "password_hash",
    "previous_password_hash",
    "replaced_password_hashes",
    "system_id",
    "account_id",
    "currency",
    "deck_id",
    "broadcast_supplier_id",
    "created_by",
    "created_at",
};

TEST_F(ClientPageTest, EveryColumnOfAClientIsOnThePageOrLeftOutByName) {
  std::set<std::string> shown, left_out(std::begin(kLeftOut), std::end(kLeftOut)), forgotten;
  for (const ClientTerm& term : Page().terms) shown.insert(term.name);
  const auto columns =
      pg_.Run("read columns",
              "SELECT attname FROM pg_attribute WHERE attrelid = 'crm.client'::regclass"
              " AND attnum > 0 AND NOT attisdropped");
  ASSERT_TRUE(columns.ok());
  for (int i = 0; i < columns->rows(); ++i) {
    const std::string name = columns->String(i, 0);
    if (left_out.erase(name) + shown.count(name) == 0) forgotten.insert(name);
  }
  EXPECT_THAT(forgotten, testing::IsEmpty()) << "kTerms of client_page.cc, or kLeftOut above";
  EXPECT_THAT(left_out, testing::IsEmpty()) << "no column has this name";
  for (const char* name : kLeftOut) EXPECT_FALSE(shown.contains(name)) << name;
}

TEST_F(ClientPageTest, NamesWhatTheRowHasIdsOf) {
  EXPECT_EQ(Term("deck"), "retail");
  EXPECT_EQ(Term("broadcast_supplier"), "");
  EXPECT_EQ(Term("broadcast_price"), "");
  EXPECT_EQ(Term("out_of_credit_status"), "0x00000045");
  Scalar(pg_,
         "UPDATE crm.client SET short_ids = false, broadcast_price = 0.5, on_link_lost = 'fail',"
         " broadcast_supplier_id = (SELECT supplier_id FROM crm.supplier WHERE name = 'beta')"
         " WHERE system_id = 'acme'");
  EXPECT_EQ(Term("broadcast_supplier"), "beta");
  EXPECT_EQ(Term("broadcast_price"), "0.5");
  EXPECT_EQ(Term("short_ids"), "false");
  EXPECT_EQ(Term("on_link_lost"), "fail");
}

TEST_F(ClientPageTest, CountsWhatWaitsForItAlone) {
  EXPECT_EQ(Page().waiting.oldest, "");
  Receipt(2, 5, "acme", "2026-11-21 10:00:00+00");
  Receipt(1, 6, "acme", "2026-11-21 09:00:00+00");
  Receipt(3, 0, "acme", "2026-11-21 11:00:00+00", 63);
  Receipt(4, 7, "limited", "2026-11-21 08:00:00+00");
  const ClientWaiting waiting = Page().waiting;
  EXPECT_EQ(waiting.receipts, 2);
  EXPECT_EQ(waiting.mo, 1);
  EXPECT_FALSE(waiting.more_receipts || waiting.more_mo);
  EXPECT_EQ(waiting.oldest, "2026-11-21 09:00:00");
}

// A client that is away for days leaves more than can be counted while somebody waits, and PostgreSQL may have no statistics of them,
// or good ones. Either way what is read is what is counted.
TEST_F(ClientPageTest, ReadsWhatItCountsHoweverMuchWaits) {
  Many("acme", 1, ClientWaiting::kCountedMax + 40'000);
  Many("limited", 1'000'000, 60'000);
  for (const char* statistics : {"SELECT", "ANALYZE traffic.receipt"}) {
    Scalar(pg_, statistics);
    const std::int64_t before = RowsRead();
    const ClientWaiting waiting = Page().waiting;
    EXPECT_EQ(waiting.receipts, ClientWaiting::kCountedMax);
    EXPECT_TRUE(waiting.more_receipts);
    EXPECT_EQ(waiting.mo, 1'000);
    EXPECT_FALSE(waiting.more_mo);
    EXPECT_EQ(waiting.oldest, "2026-11-21 10:00:00");
    EXPECT_LE(RowsRead() - before, ClientWaiting::kCountedMax + 2'000 + 10) << statistics;
  }
}

TEST_F(ClientPageTest, APartThatCannotBeReadSaysWhyAndTheOthersAreThere) {
  Refuse("acme", "no_credit", "1 min");
  Receipt(1, 5, "acme", "2026-11-21 10:00:00+00");
  struct {
    const char* table;
    std::string ClientPage::*why_not;
  } constexpr kLocked[] = {{"traffic.receipt", &ClientPage::no_waiting},
                           {"traffic.reject", &ClientPage::no_refusals},
                           {"money.account", &ClientPage::no_balance}};
  for (const auto& [table, why_not] : kLocked) {
    auto holder = Transaction::Begin(pg_);
    ASSERT_TRUE(holder.ok());
    Scalar(pg_, std::string("LOCK TABLE ") + table);
    const auto page = ReadClientPage(database_, "acme", 200);
    ASSERT_TRUE(page.ok()) << page.error().Text();
    EXPECT_EQ((**page).*why_not, "timed out") << table;
    EXPECT_EQ((**page).no_waiting + (**page).no_refusals + (**page).no_balance, "timed out");
    EXPECT_EQ((**page).waiting.receipts, why_not == &ClientPage::no_waiting ? 0 : 1);
    EXPECT_EQ((**page).refusals.size(), why_not == &ClientPage::no_refusals ? 0u : 1u);
    EXPECT_EQ((**page).balance.client, why_not == &ClientPage::no_balance ? "" : "acme");
    EXPECT_FALSE((**page).terms.empty());
  }
}

TEST_F(ClientPageTest, WithoutTheTermsThereIsNoPage) {
  auto holder = Transaction::Begin(pg_);
  ASSERT_TRUE(holder.ok());
  Scalar(pg_, "LOCK TABLE crm.client");
  const auto page = ReadClientPage(database_, "acme", 200);
  ASSERT_FALSE(page.ok());
  EXPECT_EQ(page.error().sqlstate, kStatementTookTooLong);
}

TEST_F(ClientPageTest, TellsTheLastRefusalsOfADayTheNewestFirst) {
  for (int i = 0; i < 7; ++i)
    Refuse("acme", "r" + std::to_string(i), std::to_string(9 - i) + " min");
  Refuse("acme", "long ago", "25 hours");
  Refuse("limited", "not its own", "1 s");
  const ClientPage page = Page();
  ASSERT_EQ(page.refusals.size(), ClientPage::kRefusalsMax);
  EXPECT_EQ(page.refusals.front().reason, "r6");
  EXPECT_EQ(page.refusals.back().reason, "r2");
  EXPECT_EQ(page.refusals.front().command_status, 11u);
}

}  // namespace
}  // namespace hub::test
