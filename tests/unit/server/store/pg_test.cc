// A connection whose PostgreSQL says nothing any more: deadlines of ours, and the word of another thread.
#include "server/store/pg.h"

#include <thread>

#include "tests/support/lossy_proxy.h"
#include "tests/support/postgres_rig.h"

namespace hub::test {
namespace {

using namespace hub::store;
using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::HasSubstr;

constexpr auto kAtOnce =
    seconds(6);  // far below every deadline of a test that must not wait for one

class PgTest : public testing::Test {
 protected:
  Pg Through(const PgOptions& options) {
    auto pg = Pg::Connect(options);
    EXPECT_TRUE(pg.ok()) << pg.error().Text();
    return std::move(*pg);
  }
  Pg Patient() {
    options_.statement_timeout_ms = 600'000;
    return Through(options_);
  }
  Pg Impatient() {
    options_.statement_timeout_ms = 100;
    options_.answer_grace_ms = 100;
    return Through(options_);
  }
  template <class Work>
  static auto Took(Work work) {
    const auto began = std::chrono::steady_clock::now();
    work();
    return std::chrono::steady_clock::now() - began;
  }

  LossyProxy proxy_{PostgresServer::Get().socket_directory()};
  PgOptions options_{PostgresServer::Get().NewEmptyDatabase() + " host=" + proxy_.directory(),
                     "test", 10'000};
};

TEST_F(PgTest, APostgresThatDoesNotAnswerIsLostAfterTheDeadline) {
  Pg pg = Impatient();
  proxy_.FallSilent();
  EXPECT_LT(Took([&] {
              const auto result = pg.Run("ask", "SELECT 1");
              ASSERT_FALSE(result.ok());
              EXPECT_THAT(result.error().Text(), HasSubstr("does not answer"));
            }),
            kAtOnce);
  EXPECT_FALSE(pg.alive());
  EXPECT_LT(Took([&] { EXPECT_FALSE(pg.Run("ask", "SELECT 1").ok()); }), milliseconds(150))
      << "nobody waits twice for one that is lost";
}

TEST_F(PgTest, AStatementThatPostgresEndsItselfLosesNothing) {
  Pg pg = Impatient();
  options_.answer_grace_ms = 10'000;
  Pg graceful = Through(options_);
  const auto result = graceful.Run("sleep", "SELECT pg_sleep(60)");
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.error().sqlstate, "57014");
  EXPECT_TRUE(graceful.alive());
  EXPECT_EQ(Scalar(graceful, "SELECT 2"), "2");
}

TEST_F(PgTest, AnotherThreadEndsTheWait) {
  const auto interrupt = std::make_shared<PgInterrupt>();
  options_.interrupt = interrupt;
  Pg pg = Patient();
  std::thread other([&] {
    std::this_thread::sleep_for(milliseconds(50));
    interrupt->Raise();
  });
  EXPECT_LT(Took([&] { EXPECT_FALSE(pg.Run("sleep", "SELECT pg_sleep(60)").ok()); }), kAtOnce);
  other.join();
  EXPECT_FALSE(pg.alive());
}

TEST_F(PgTest, OnceRaisedNoConnectionIsWaitedForEither) {
  const auto interrupt = std::make_shared<PgInterrupt>();
  options_.interrupt = interrupt;
  options_.conninfo += " connect_timeout=60";
  proxy_.FallSilent();
  std::thread other([&] {
    std::this_thread::sleep_for(milliseconds(50));
    interrupt->Raise();
  });
  EXPECT_LT(Took([&] { EXPECT_FALSE(Pg::Connect(options_).ok()); }), kAtOnce);
  other.join();
  EXPECT_LT(Took([&] { EXPECT_FALSE(Pg::Connect(options_).ok()); }), kAtOnce);
}

TEST_F(PgTest, ASilentHostIsGivenUpForTheNext) {
  LossyProxy silent(PostgresServer::Get().socket_directory());
  silent.FallSilent();
  options_.conninfo += " connect_timeout=1 host=" + silent.directory() + "," + proxy_.directory();
  Pg pg = Through(options_);
  EXPECT_EQ(Scalar(pg, "SELECT 2"), "2");
  proxy_.FallSilent();
  const auto none = Pg::Connect(options_);
  ASSERT_FALSE(none.ok());
  EXPECT_THAT(none.error().Text(), HasSubstr("timeout expired"));
}

// --- COPY ------------------------------------------------------------------------------------------------------

constexpr char kCopy[] = "COPY rows FROM STDIN";

std::string Rows(int count) {
  std::string rows;
  for (int i = 0; i < count; ++i) rows += std::string(1'000, 'x') + "\n";
  return rows;
}

class PgCopyTest : public PgTest {
 protected:
  PgCopyTest() {
    Pg pg = Through(options_);
    EXPECT_TRUE(pg.RunFile("test", "CREATE TABLE public.rows (text varchar(1000))").ok());
    options_.conninfo += " options='-c search_path=public'";
  }
  Pg Ready(Pg pg) {
    EXPECT_TRUE(pg.Run("test", "SET search_path = public, pg_catalog").ok());
    return pg;
  }
};

TEST_F(PgCopyTest, TakesStreamsThatFillEveryBuffer) {
  Pg pg = Ready(Through(options_));
  const auto copied = pg.CopyIn("copy", kCopy, Rows(20'000));
  ASSERT_TRUE(copied.ok()) << copied.error().Text();
  EXPECT_EQ(Scalar(pg, "SELECT count(*) || ' ' || sum(length(text)) FROM public.rows"),
            "20000 20000000");
}

TEST_F(PgCopyTest, ARefusedStreamLeavesTheConnectionGood) {
  Pg pg = Ready(Through(options_));
  const auto copied = pg.CopyIn("copy", kCopy, std::string(2'000, 'y') + "\n" + Rows(20'000));
  ASSERT_FALSE(copied.ok());
  EXPECT_EQ(copied.error().sqlstate, "22001");
  EXPECT_FALSE(pg.CopyIn("copy", "COPY nowhere FROM STDIN", "x\n").ok());
  EXPECT_TRUE(pg.alive());
  EXPECT_EQ(Scalar(pg, "SELECT count(*) FROM public.rows"), "0");
}

TEST_F(PgCopyTest, AStreamThatNobodyTakesEndsAtTheDeadline) {
  std::optional<Pg> pg(Ready(Impatient()));
  const std::string rows = Rows(20'000);
  proxy_.FallSilentAt(kCopy);
  EXPECT_LT(Took([&] { EXPECT_FALSE(pg->CopyIn("copy", kCopy, rows).ok()); }), kAtOnce);
  EXPECT_FALSE(pg->alive());
  EXPECT_LT(Took([&] { pg.reset(); }), milliseconds(500)) << "its last words wait for nobody";
}

TEST_F(PgCopyTest, AStreamThatStopsHalfWayEndsAtTheDeadline) {
  std::optional<Pg> pg(Ready(Impatient()));
  const std::string rows = Rows(20'000) + "the last\n";
  proxy_.FallSilentAt("xxx");  // some of it has passed
  EXPECT_LT(Took([&] { EXPECT_FALSE(pg->CopyIn("copy", kCopy, rows).ok()); }), kAtOnce);
  EXPECT_LT(Took([&] { pg.reset(); }), milliseconds(500));
}

TEST_F(PgTest, CopyOutsideOfCopyInEndsTheConnection) {
  Pg pg = Through(options_);
  EXPECT_FALSE(pg.Run("copy", "COPY pg_catalog.pg_class TO STDOUT").ok());
  EXPECT_FALSE(pg.Run("ask", "SELECT 1").ok());
  EXPECT_FALSE(pg.alive());
}

}  // namespace
}  // namespace hub::test
