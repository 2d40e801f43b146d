// What a start does before traffic: brings to PostgreSQL what earlier runs left in the journal, and writes down what nobody
// will ever know.
//
//   open journal ─► node_start ─► read all segments: what was handed over and has no end
//                                   │
//        settle the rest, with its own epochs ─► close older epochs' leases ─► journal.Start ─► write the unknown
//
// Killed anywhere in it, the next start does the rest: settlement moves the position with its rows, leases close after their
// records, and what is unknown becomes records in one append, after which it is not open any more.
#pragma once

#include <memory>

#include "server/base/error.h"
#include "server/journal/file_journal.h"
#include "server/store/pg.h"
#include "server/store/settle_run.h"
#include "server/store/store.h"

namespace hub::store {

struct Recovered {
  NodeEpoch node;
  Recovery recovery;
  std::unique_ptr<journal::FileJournal> journal;  // started
  SettleRun run;                                  // at the journal's end
};

/// `pg` is checked and holds the node's lock. Blocks, for as long as there is something to settle. Errors: see Store::Start;
/// also an epoch in the journal that is closed (fenced: what it holds cannot be charged any more).
Outcome<Recovered> Recover(const Options& options, const PgOptions& settle_session, Pg& pg);

}  // namespace hub::store
