#include "server/store/client_page.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

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
  void Receipt(int id, int message_id, const std::string& system_id, const std::string& at) {
    Scalar(
        pg_,
        "INSERT INTO traffic.receipt (receipt_id, message_id, node_id, epoch, client_id, "
        "message_state, is_final, received_at, expires_at, pdu) SELECT $1::bigint, $2::bigint, 0, "
        "1, client_id, 2, true, $4::timestamptz, $4::timestamptz + interval '3 days', '' FROM "
        "crm.client WHERE system_id = $3",
        {std::to_string(id), std::to_string(message_id), system_id, at});
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
  EXPECT_EQ(page.held, "0");
  const std::string hash =
      Scalar(pg_, "SELECT password_hash FROM crm.client WHERE system_id = 'acme'");
  for (const ClientTerm& term : page.terms) {
    EXPECT_THAT(term.value, testing::Not(HasSubstr(hash))) << term.name;
  }
}

TEST_F(ClientPageTest, CountsWhatWaitsForItAlone) {
  EXPECT_EQ(Page().oldest_waiting, "");
  Receipt(1, 5, "acme", "2026-11-21 10:00:00+00");
  Receipt(2, 6, "acme", "2026-11-21 09:00:00+00");
  Receipt(3, 0, "acme", "2026-11-21 11:00:00+00");
  Receipt(4, 7, "limited", "2026-11-21 08:00:00+00");
  const ClientPage page = Page();
  EXPECT_EQ(page.receipts_waiting, 2);
  EXPECT_EQ(page.mo_waiting, 1);
  EXPECT_EQ(page.oldest_waiting, "2026-11-21 09:00:00");
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
