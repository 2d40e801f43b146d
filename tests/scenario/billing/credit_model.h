// Three nodes that share accounts near their limit, and everything that can go wrong between them and PostgreSQL: crashes at
// each step, lost answers, paused and fenced nodes, lost journals, lowered limits, a fail-over that forgets. What is driven
// is the real code: AccountCredit, PgLeaseDesk, the functions of sql/migrations.
#pragma once

#include <cstdint>
#include <string>

namespace hub::test {

/// A way to break the protocol, to see that the model notices.
enum class Mutant : std::uint8_t {
  kNone,
  kAckBeforeJournal,  // ESME_ROK before the record is durable
  kNewKeyOnRetry,     // a batch whose answer was lost is sent again under another key
  kNoFencingCheck,    // a node that was paused goes on without a look at its journal's lock
};

struct ModelRun {
  std::uint64_t seed =
      1;  // decides every step; what PostgreSQL's clock decides (turns of recalls) may differ
  int steps = 40;
  bool fail_over = false;  // PostgreSQL loses its last transactions on the way
  Mutant mutant = Mutant::kNone;
};

/// What happened, to show that a run was worth it.
struct ModelCounts {
  std::int64_t accepted = 0, refused = 0, crashes = 0, fenced = 0, abandoned = 0, lost_answers = 0,
               fail_overs = 0;
};

/// One run in a migrated database, which may have seen others: accounts, epochs and journals of its own. "" or what is wrong.
std::string RunCreditModel(const std::string& database, const ModelRun& run, ModelCounts* counts);

}  // namespace hub::test
