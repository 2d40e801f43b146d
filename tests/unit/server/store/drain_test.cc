#include "server/store/drain.h"

#include <gtest/gtest.h>

#include "server/store/apply.h"
#include "tests/support/postgres_rig.h"

namespace hub::test {
namespace {

using namespace hub::store;

TEST(SetEnabled, WritesTheRowOfWhoIsNamedAndOfNobodyElse) {
  const std::string database = PostgresServer::Get().NewDatabase();
  Pg pg = Connect(database);
  ASSERT_TRUE(Apply(database, SmallWorld(), false).ok());
  const std::string bind = Scalar(pg, "SELECT min(bind_id) FROM crm.supplier_bind");
  const auto disabled = [&pg] {
    return Scalar(pg,
                  "SELECT coalesce(string_agg(n, ' ' ORDER BY n), '') FROM (SELECT system_id AS n, "
                  "enabled FROM crm.client UNION ALL SELECT name, enabled FROM crm.supplier UNION "
                  "ALL SELECT port::text, enabled FROM crm.supplier_bind) x WHERE NOT enabled");
  };
  EXPECT_TRUE(*SetEnabled(database, Party::kClient, "acme", false));
  EXPECT_EQ(disabled(), "acme");
  EXPECT_TRUE(*SetEnabled(database, Party::kClient, "acme", true));
  EXPECT_TRUE(*SetEnabled(database, Party::kSupplier, "beta", false));
  EXPECT_EQ(disabled(), "beta");
  EXPECT_TRUE(*SetEnabled(database, Party::kBind, bind, false));
  EXPECT_EQ(disabled(), "12775 beta");
  for (const Party party : {Party::kClient, Party::kSupplier, Party::kBind})
    EXPECT_FALSE(*SetEnabled(database, party, "nobody", false));
  EXPECT_EQ(disabled(), "12775 beta");
}

}  // namespace
}  // namespace hub::test
