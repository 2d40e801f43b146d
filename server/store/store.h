// PostgreSQL, seen from the daemon: connect, check the schema, read the catalog, lease credit,
// settle.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "server/base/error.h"
#include "server/store/catalog.h"
#include "server/store/leases.h"
#include "server/store/records.h"

namespace hub::store {

/// This node's life in PostgreSQL: money.node_epoch. A new epoch at every start; open leases of
/// older epochs of the node are closed at once, their unsettled remainder returned.
struct NodeEpoch {
  std::int32_t node_id = 1;
  std::int64_t epoch = 0;
  MessageId last_message_id = 0;  // the largest that PostgreSQL knows of this node
};

struct SettleLimits {
  std::size_t batch_rows_max = 2'000;           // a transaction is cut at this many records
  std::int64_t interval_ms = 300;               // and at the latest after this long
  std::size_t backlog_records_max = 2'000'000;  // while PostgreSQL is away; then Offer refuses
  std::int64_t retry_ms = 1'000;                // pause after a failed transaction; same key again
};

struct SettleStats {
  std::int64_t records_waiting = 0;
  std::int64_t batches_settled = 0;
  std::int64_t records_settled = 0;
  std::int64_t failures = 0;     // transactions that PostgreSQL did not commit
  std::int64_t quarantined = 0;  // batches PostgreSQL refuses for their content; the log names them
  bool reachable = true;
  std::string last_error;
};

/// Writes batches of records in one transaction each: settle_batch key, COPY, ledger, lease,
/// account. One thread of its own. A batch sent twice is a no-op.
class Settler {
 public:
  virtual ~Settler() = default;

  /// Takes a bunch of records of one loop, in order. Any loop's thread; copies nothing but moves
  /// them out of `records`. False when backlog_records_max is reached: then nothing was taken, and
  /// the caller must stop accepting messages.
  virtual bool Offer(std::vector<Record>&& records) = 0;
  /// True while Offer would take a bunch: asked before a message is accepted. Cheap, any thread.
  virtual bool has_room() const = 0;
  virtual SettleStats stats() const = 0;
  /// Settles all that was offered, at most for `millis`; true when nothing is left. Called after
  /// the loops stopped.
  virtual bool Drain(std::int64_t millis) = 0;
};

struct Options {
  std::string conninfo;  // libpq connection string; may hold a password: never logged
  std::int32_t node_id = 1;
  SettleLimits settle;
  std::int64_t statement_timeout_ms = 10'000;
  std::size_t leases_waiting_max = 4'096;
  std::int64_t node_lock_wait_ms = 5'000;  // at start: a killed daemon's session ends well within
};

/// Everything the daemon holds of PostgreSQL. Start fails with a clear error when PostgreSQL is
/// missing, the schema is not there ("run hubctl migrate") or older or newer than this build.
class Store {
 public:
  static Outcome<std::unique_ptr<Store>> Start(Options options);
  virtual ~Store() = default;

  virtual const NodeEpoch& node() const = 0;
  virtual Outcome<CatalogPtr> ReadCatalog() = 0;  // blocks; control thread only
  virtual Settler& settler() = 0;
  virtual LeaseDesk& leases() = 0;
};

}  // namespace hub::store
