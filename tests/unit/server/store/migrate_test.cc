#include "server/store/migrate.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "tests/support/postgres_rig.h"

namespace hub::test {
namespace {

using store::Migrate;
namespace fs = std::filesystem;

const auto kQuiet = [](std::string_view) {};

// A directory of migrations that dies with the test.
class Files {
 public:
  Files() : path_(fs::temp_directory_path() / ("hub-migrate-" + std::to_string(getpid()))) {
    fs::remove_all(path_);
    fs::create_directory(path_);
  }
  ~Files() { fs::remove_all(path_); }
  void Write(const std::string& name, const std::string& text) {
    std::ofstream(path_ / name) << text;
  }
  std::string path() const { return path_.string(); }

 private:
  fs::path path_;
};

class MigrateTest : public testing::Test {
 protected:
  // Those of ours from one number to before another.
  void Copy(std::string_view from, std::string_view to) {
    for (const auto& file : fs::directory_iterator(MigrationsDirectory())) {
      const std::string name = file.path().filename();
      if (name >= from && name < to) fs::copy(file.path(), files_.path() + "/" + name);
    }
  }
  std::string ErrorOf() {
    auto migrated = Migrate(database_, files_.path(), kQuiet);
    return migrated ? "" : migrated.error().Text();
  }
  const std::string database_ = PostgresServer::Get().NewEmptyDatabase();
  Files files_;
};

TEST(Migrations, RunOnceAndThenFindNothingToDo) {
  const std::string database = PostgresServer::Get().NewEmptyDatabase();
  std::vector<std::string> said;
  auto first = Migrate(database, MigrationsDirectory(),
                       [&](std::string_view name) { said.emplace_back(name); });
  ASSERT_TRUE(first.ok()) << first.error().Text();
  EXPECT_EQ(first->size(), static_cast<std::size_t>(store::kSchemaVersion));
  EXPECT_EQ(*first, said);
  auto second = Migrate(database, MigrationsDirectory(), kQuiet);
  ASSERT_TRUE(second.ok());
  EXPECT_TRUE(second->empty());

  store::Pg pg = Connect(database);
  EXPECT_EQ(*store::SchemaVersion(pg), store::kSchemaVersion);
  EXPECT_TRUE(store::CheckSchema(pg).ok());
  EXPECT_EQ(BrokenInvariants(database), "");
}

// 0026: what no reader can take for a moment is mended before it is forbidden.
TEST_F(MigrateTest, MendsPasswordsThatEndInAllEternity) {
  Copy("0001", "0026");
  ASSERT_EQ(ErrorOf(), "");
  store::Pg pg = Connect(database_);
  for (const char* statement :
       {"INSERT INTO rate.deck (name, currency, unit) VALUES ('d', 'EUR', 'segment')",
        "INSERT INTO money.account (currency) SELECT 'EUR' FROM generate_series(1, 4)",
        "INSERT INTO crm.client (system_id, password_hash, account_id, deck_id, currency, "
        "password_valid_until, previous_password_hash, previous_password_until)"
        " SELECT v.name, 'h', a.account_id, d.deck_id, 'EUR', v.ends::timestamptz, v.old,"
        " CASE WHEN v.old IS NOT NULL THEN '2030-01-01'::timestamptz END"
        " FROM (VALUES (1, 'over', '-infinity', NULL), (2, 'ever', 'infinity', NULL),"
        " (3, 'dated', '2030-01-01 00:00:00+00', 'old'), (4, 'none', NULL, NULL))"
        " v (n, name, ends, old) JOIN (SELECT account_id, row_number() OVER () AS n FROM"
        " money.account) a USING (n), rate.deck d"}) {
    auto done = pg.Run("prepare", statement);
    ASSERT_TRUE(done.ok()) << done.error().Text();
  }
  Copy("0026", "0027");
  ASSERT_EQ(ErrorOf(), "");
  EXPECT_EQ(Scalar(pg,
                   "SELECT string_agg(system_id || ' ' || coalesce(extract(epoch FROM "
                   "password_valid_until)::bigint::text, '-') || replaced_password_hashes::text"
                   ", ', ' ORDER BY system_id) FROM crm.client"),
            "dated 1893456000{old}, ever -{}, none -{}, over 0{}");
  for (const char* end : {"-infinity", "infinity"}) {
    EXPECT_FALSE(pg.Run("set an end",
                        "UPDATE crm.client SET password_valid_until = $1::timestamptz",
                        {std::string(end)})
                     .ok());
  }
}

// missing_facts reads all of traffic.outcome: whoever writes there must not wait for it, nor it for them.
TEST_F(MigrateTest, LooksAtOutcomesWhileOthersWriteThem) {
  std::string facts;
  for (const auto& file : fs::directory_iterator(MigrationsDirectory())) {
    const std::string name = file.path().filename();
    if (name.ends_with("_missing_facts.sql")) facts = name;
  }
  Copy("0001", facts);
  ASSERT_EQ(ErrorOf(), "");
  store::Pg writer = Connect(database_);
  auto written = writer.RunFile(
      "write",
      "SET idle_in_transaction_session_timeout = '20s'; BEGIN; INSERT INTO traffic.outcome"
      " (accept_day, message_id, supplier_id, message_state, error, received_at, cause)"
      " SELECT (now() AT TIME ZONE 'UTC')::date, 1, 0, 4, '', now(), 'cancelled'");
  ASSERT_TRUE(written.ok()) << written.error().Text();
  Copy(facts, facts + "~");
  EXPECT_EQ(ErrorOf(), "");
  EXPECT_TRUE(writer.RunFile("write", "COMMIT").ok()) << "it waited for the writer";
  store::Pg pg = Connect(database_);
  EXPECT_EQ(Scalar(pg, "SELECT count(*) FROM pg_constraint WHERE NOT convalidated"), "0");
}

TEST_F(MigrateTest, NamesFileAndLineOfAnSqlErrorAndKeepsWhatRan) {
  files_.Write("0001_good.sql", "CREATE TABLE public.one (a int);\n");
  files_.Write("0002_bad.sql",
               "CREATE TABLE public.two (a int);\n-- ümlaut\nSELECT *\n  FROM public.nowhere;\n");
  const std::string error = ErrorOf();
  EXPECT_NE(error.find("0002_bad.sql:4: "), std::string::npos) << error;
  EXPECT_NE(error.find("42P01"), std::string::npos) << error;
  store::Pg pg = Connect(database_);
  EXPECT_EQ(*store::SchemaVersion(pg), 1);
  EXPECT_EQ(Scalar(pg, "SELECT to_regclass('public.two') IS NULL"), "t");

  files_.Write("0002_bad.sql", "CREATE TABLE public.two (a int);\n");
  EXPECT_EQ(ErrorOf(), "");
}

TEST_F(MigrateTest, RefusesAFileThatChangedAfterItWasApplied) {
  files_.Write("0001_one.sql", "CREATE TABLE public.one (a int);\n");
  ASSERT_EQ(ErrorOf(), "");
  files_.Write("0001_one.sql", "CREATE TABLE public.one (a bigint);\n");
  const std::string error = ErrorOf();
  EXPECT_NE(error.find("0001_one.sql"), std::string::npos) << error;
  EXPECT_NE(error.find("changed after it was applied"), std::string::npos) << error;
}

TEST_F(MigrateTest, RefusesAGapADoubleAndAStrangeName) {
  files_.Write("0001_one.sql", "");
  files_.Write("0003_three.sql", "");
  EXPECT_NE(ErrorOf().find("0003_three.sql: read migrations: number 3 stands where 2"),
            std::string::npos);
  files_.Write("0002_two.sql", "");
  files_.Write("0002_two_again.sql", "");
  EXPECT_NE(ErrorOf().find("number 2 stands where 3"), std::string::npos);
  files_.Write("four.sql", "");
  EXPECT_NE(ErrorOf().find("not NNNN_name.sql"), std::string::npos);
}

TEST_F(MigrateTest, RefusesASchemaNewerThanTheFiles) {
  files_.Write("0001_one.sql", "");
  files_.Write("0002_two.sql", "");
  ASSERT_EQ(ErrorOf(), "");
  fs::remove(files_.path() + "/0002_two.sql");
  const std::string error = ErrorOf();
  EXPECT_NE(error.find("the schema is at 2, the files end at 1"), std::string::npos) << error;
}

TEST_F(MigrateTest, RefusesAMissingOrEmptyDirectory) {
  EXPECT_NE(ErrorOf().find("no migration is there"), std::string::npos);
  auto missing = Migrate(database_, "/nowhere/at/all", kQuiet);
  ASSERT_FALSE(missing.ok());
  EXPECT_EQ(missing.error().place, "/nowhere/at/all");
}

TEST_F(MigrateTest, ASchemaThatIsMissingOrOldSaysWhatToRun) {
  store::Pg pg = Connect(database_);
  auto missing = store::CheckSchema(pg);
  ASSERT_FALSE(missing.ok());
  EXPECT_EQ(missing.error().advice, "run: hubctl migrate");
  files_.Write("0001_one.sql", "");
  ASSERT_EQ(ErrorOf(), "");
  auto old = store::CheckSchema(pg);
  ASSERT_FALSE(old.ok());
  EXPECT_NE(old.error().why.find("it is at 1"), std::string::npos);
}

}  // namespace
}  // namespace hub::test
