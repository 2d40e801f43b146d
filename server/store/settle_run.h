// The journal on its way into PostgreSQL, batch by batch, on the caller's thread: the settling thread in normal life, the
// starting one in recovery.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "server/base/error.h"
#include "server/journal/file_journal.h"
#include "server/store/batch.h"
#include "server/store/open_handed.h"
#include "server/store/pg.h"
#include "server/store/store.h"

namespace hub::store {

/// One thread's. Keeps a batch until PostgreSQL has it; where PostgreSQL stands is asked after every connect, and the
/// journal is read from there, whatever we believed: a fail-over may have lost what was settled.
class SettleRun {
 public:
  SettleRun(PgOptions connection, std::int32_t node_id, const journal::FileJournal& journal,
            std::size_t batch_rows_max);

  /// Done when there is a connection and the batch begins where PostgreSQL stands. An error with SQLSTATE HB004: the node has
  /// another journal now.
  Outcome<Done> Connect();
  /// After an error that is not about a batch's content: the next try starts clean.
  void Disconnect() { pg_.reset(); }
  /// Any thread, for good: whatever waits for PostgreSQL, now or later, fails at once. What became of a batch under way
  /// tells the position, to the next start.
  void Interrupt() { interrupt_->Raise(); }
  Pg& pg() { return *pg_; }

  /// Takes frames below `end` into the batch until it is full or the next one is of another epoch. Connect first. An error:
  /// the journal is damaged, or holds what is no record of ours; place names the file.
  Outcome<Done> Gather(journal::Position end);
  /// Nothing more fits: settle it.
  bool is_full() const { return full_; }
  std::size_t records() const { return batch_.records(); }
  journal::Position batch_begin() const { return batch_.from(); }
  std::int64_t epoch() const { return batch_.epoch(); }

  /// Brings the batch into PostgreSQL, in one transaction, and begins the next. After an error it is still here; when a statement
  /// took too long (57014), Connect takes half of it.
  Outcome<Done> Settle();

  /// PostgreSQL has every record below. Behind the position that it knows when only marks of the journal lie between.
  journal::Position settled() const;
  /// What lies below is not needed any more: settled, and no submit under way began there.
  journal::Position Releasable() const;

  std::int64_t records_settled() const { return records_settled_; }
  std::int64_t batches_settled() const { return batches_settled_; }

 private:
  Outcome<Done> Take(const journal::Frame& frame);
  void BeginBatch(journal::Position from);

  std::shared_ptr<PgInterrupt> interrupt_ = std::make_shared<PgInterrupt>();
  PgOptions connection_;
  const std::int32_t node_id_;
  const journal::FileJournal& journal_;
  const std::size_t batch_rows_max_;
  std::size_t rows_max_;  // of the batch under way: less while PostgreSQL is slow
  std::optional<Pg> pg_;
  std::unique_ptr<journal::Reader> reader_;
  Batch batch_;
  journal::Position batch_end_ = 0;     // behind its last record
  std::size_t octets_ = 0;              // of its records in the journal
  std::optional<journal::Frame> next_;  // read, and of the next batch; borrows from reader_
  bool full_ = false;
  bool ended_ = false;  // sent at least once
  bool anew_ = false;   // it was too much at once
  OpenHanded open_;
  std::int64_t records_settled_ = 0, batches_settled_ = 0;
};

/// Where PostgreSQL stands in this node's journal. HB004 when the node has another journal.
Outcome<journal::Position> SettledPosition(Pg& pg, std::int32_t node_id,
                                           const std::string& journal_id);

}  // namespace hub::store
