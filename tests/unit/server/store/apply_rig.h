// A database, and the world that is brought into it: what `hubctl apply` does with a description.
#pragma once

#include <gtest/gtest.h>

#include <string>

#include "server/store/apply.h"
#include "tests/support/postgres_rig.h"

namespace hub::test {

class ApplyTest : public testing::Test {
 protected:
  store::ApplyReport Bring(bool dry_run = false) {
    auto applied = store::Apply(database_, world_, dry_run);
    EXPECT_TRUE(applied.ok()) << applied.error().Text();
    return applied ? *applied : store::ApplyReport{};
  }
  // The refusal; and that it left nothing behind.
  std::string Refused() {
    const std::string before = Fingerprint();
    auto applied = store::Apply(database_, world_, false);
    EXPECT_EQ(Fingerprint(), before);
    return applied ? "it was taken" : applied.error().Text();
  }
  std::string Fingerprint() {
    return Scalar(
        pg_,
        "SELECT (SELECT version FROM ops.catalog_version) || ' ' || (SELECT count(*) FROM "
        "rate.rate) ||"
        " ' ' || (SELECT coalesce(sum(balance + credit_limit), 0) FROM money.account) || ' ' ||"
        " (SELECT count(*) FROM money.ledger_entry)");
  }
  void TearDown() override { EXPECT_EQ(BrokenInvariants(database_), ""); }

  // Runs `sql` in a transaction that stays open, then applies the world; "" when that did not wait.
  std::string ApplyBeside(const std::string& sql) {
    store::Pg holder = Connect(database_);
    EXPECT_TRUE(holder.RunFile("hold", "BEGIN; " + sql).ok());
    auto applied = store::Apply(database_ + " options='-c lock_timeout=100ms'", world_, false);
    return applied ? "" : applied.error().Text();
  }
  const std::string database_ = PostgresServer::Get().NewDatabase();
  store::Pg pg_ = Connect(database_);
  store::Description world_ = SmallWorld();
};

}  // namespace hub::test
