// Many short runs of the credit model. The long form: HUB_CREDIT_MODEL_RUNS=3000 HUB_CREDIT_MODEL_SEED=1.
#include "tests/scenario/billing/credit_model.h"

#include <gtest/gtest.h>

#include <cstdlib>

#include "tests/support/postgres_rig.h"

namespace hub::test {
namespace {

constexpr std::uint64_t kRuns = 18;     // unless the environment says otherwise
constexpr int kRunsADatabase = 25;      // views over all rows get slow
constexpr int kForgetfulRunsOneIn = 6;  // a copy of a database takes a while
constexpr int kMutantRunsMax = 30;

std::uint64_t FromEnvironment(const char* name, std::uint64_t otherwise) {
  const char* text = std::getenv(name);
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

ModelRun RunOf(std::uint64_t seed) {
  ModelRun run;
  run.seed = seed;
  run.fail_over = seed % kForgetfulRunsOneIn == 0;
  return run;
}

// What breaks is what the model is about: without all of it a run proves nothing. The seeds decide these counts, but
// for a few that PostgreSQL's clock moves: about half of what there is must be. A few runs that somebody looks at need
// not have them.
void ExpectAllOfIt(const ModelCounts& counts, std::int64_t runs) {
  EXPECT_GT(counts.accepted, runs);
  if (runs < static_cast<std::int64_t>(kRuns)) return;
  EXPECT_GT(counts.refused, runs);
  EXPECT_GT(counts.crashes, runs * 3 / 2);
  EXPECT_GT(counts.lost_answers, runs);
  EXPECT_GT(counts.abandoned, runs / 3);
  EXPECT_GT(counts.fenced, runs / 4);
  EXPECT_GT(counts.fail_overs, runs / (2 * kForgetfulRunsOneIn));
}

TEST(CreditModel, KeepsMoneyExactWhateverBreaks) {
  const std::uint64_t first = FromEnvironment("HUB_CREDIT_MODEL_SEED", 1);
  const std::uint64_t runs = FromEnvironment("HUB_CREDIT_MODEL_RUNS", kRuns);
  ModelCounts counts;
  std::string database;
  for (std::uint64_t i = 0; i < runs; ++i) {
    if (i % kRunsADatabase == 0) database = PostgresServer::Get().NewDatabase();
    ASSERT_EQ(RunCreditModel(database, RunOf(first + i), &counts), "");
  }
  std::printf(
      "%lu runs: accepted %ld, refused %ld, crashes %ld, fenced %ld, abandoned %ld, answers lost "
      "%ld, fail-overs %ld\n",
      runs, counts.accepted, counts.refused, counts.crashes, counts.fenced, counts.abandoned,
      counts.lost_answers, counts.fail_overs);
  ExpectAllOfIt(counts, static_cast<std::int64_t>(runs));
}

// What the model says of a protocol that is broken on purpose: "" when it did not notice. `seed` is one that has noticed it
// before: it saves time.
std::string FirstComplaint(std::uint64_t seed, Mutant mutant, const std::string& function = "",
                           const std::string& from = "", const std::string& to = "") {
  const std::string database = PostgresServer::Get().NewDatabase();
  store::Pg pg = Connect(database);
  if (!function.empty()) {
    const std::string text =
        Scalar(pg, "SELECT pg_get_functiondef(oid) FROM pg_proc WHERE proname = $1", {function});
    EXPECT_NE(text.find(from), std::string::npos);
    std::string broken = text;
    broken.replace(text.find(from), from.size(), to);
    auto replaced = pg.RunFile("break " + function, broken);
    EXPECT_TRUE(replaced.ok()) << replaced.error().Text();
  }
  ModelCounts counts;
  for (int i = 0; i < kMutantRunsMax; ++i) {
    ModelRun run;
    run.seed = seed++;
    run.mutant = mutant;
    std::string wrong = RunCreditModel(database, run, &counts);
    if (!wrong.empty()) return wrong;
  }
  return "";
}

TEST(CreditModel, NoticesAnAnswerBeforeTheJournal) {
  EXPECT_NE(FirstComplaint(3, Mutant::kAckBeforeJournal), "");
}

TEST(CreditModel, NoticesANewKeyForAnOldBatch) {
  EXPECT_NE(FirstComplaint(2, Mutant::kNewKeyOnRetry), "");
}

TEST(CreditModel, NoticesANodeThatGoesOnAfterItWasFenced) {
  EXPECT_NE(FirstComplaint(22, Mutant::kNoFencingCheck), "");
}

TEST(CreditModel, NoticesAReturnThatIsCountedTwice) {
  EXPECT_NE(
      FirstComplaint(10, Mutant::kNone, "lease_return", "p_number <= lease.last_return", "false"),
      "");
}

TEST(CreditModel, NoticesABatchThatIsWrittenTwice) {
  EXPECT_NE(
      FirstComplaint(2, Mutant::kNone, "settle_begin", "node.settled_position >= p_to", "false"),
      "");
}

}  // namespace
}  // namespace hub::test
