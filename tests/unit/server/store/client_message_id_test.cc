// What a client calls a message, in SQL: the same as server/base/short_id.h says.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "server/base/short_id.h"
#include "tests/support/postgres_rig.h"

namespace hub::test {
namespace {

class ClientMessageIdTest : public testing::Test {
 protected:
  /// `sql` of each, by commas; x is the one.
  std::string OfEach(const std::string& sql, const std::string& type, const std::string& all) {
    return Scalar(pg_, "SELECT string_agg(coalesce((" + sql +
                           ")::text, '-'), ',' ORDER BY n) FROM unnest('{" + all + "}'::" + type +
                           "[]) WITH ORDINALITY t (x, n)");
  }

  store::Pg pg_ = Connect(PostgresServer::Get().NewDatabase());
};

void Add(std::string_view text, std::string* all) {
  if (!all->empty()) *all += ',';
  *all += text;
}

// Around every edge of a second and of the places of a counter; the first moments, today, and the last ones that have a code.
std::vector<MessageId> Ids() {
  std::vector<MessageId> ids;
  for (const std::uint64_t second : {std::uint64_t{0}, std::uint64_t{59'500'800},
                                     short_id::kSecondsEnd - 1, short_id::kSecondsEnd}) {
    for (std::uint64_t in = 0; in < 1'000; ++in) {
      if (in % 13 > 1 && in % 250 > 1 && in != 999) continue;
      const std::uint64_t owner = in * 7 % short_id::kOwners;
      for (const std::uint64_t counter : {0, 510, 511, 512, 513, 751, 752, 767, 768, 769, 1'023})
        ids.push_back((second * 1'000 + in) << 22 | owner << 10 | counter);
    }
  }
  ids.push_back(INT64_MAX);
  return ids;
}

TEST_F(ClientMessageIdTest, IsWhatTheHubWrites) {
  std::string ids, texts;
  for (const MessageId id : Ids()) {
    Add(std::to_string(id), &ids);
    Add(ClientText(id), &texts);
  }
  EXPECT_EQ(OfEach("bill.client_message_id(x)", "bigint", ids), texts);
}

TEST_F(ClientMessageIdTest, IsReadAsTheHubReadsIt) {
  std::string texts, ids;
  const auto add = [&](std::string_view text) {
    const auto id = ParseClientText(text);
    Add(text, &texts);
    Add(id ? std::to_string(*id) : "-", &ids);
  };
  for (const MessageId id : Ids()) {
    add(ClientText(id));
    add(std::to_string(id));
  }
  for (const char* text :
       {"1", "0", "01", "-1", "12345678", "zzzzzzzz", "0000-000", "ABCDEFG", "1x", "ABCDEFGHI",
        "9223372036854775807", "9223372036854775808", "99999999999999999999"})
    add(text);
  EXPECT_EQ(OfEach("bill.message_id_of(x)", "text", texts), ids);
  EXPECT_EQ(Scalar(pg_, "SELECT bill.message_id_of('') IS NULL"), "t");
}

TEST_F(ClientMessageIdTest, IsForBillingTeams) {
  ASSERT_TRUE(pg_.RunFile("role", "SET ROLE billing_ro").ok());
  EXPECT_EQ(Scalar(pg_, "SELECT bill.client_message_id(511)"), "00000000");
  EXPECT_EQ(Scalar(pg_, "SELECT bill.message_id_of('0000001A')"), "752");
  EXPECT_EQ(Scalar(pg_, "SELECT count(client_message_id) FROM bill.v_cdr"), "0");
}

}  // namespace
}  // namespace hub::test
