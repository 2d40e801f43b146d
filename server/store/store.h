// PostgreSQL, seen from the daemon: connect, check the schema, read the catalog, lease credit,
// settle.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>
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
  std::size_t backlog_octets_max = 512u << 20;  // and at this many octets of memory, about
  std::int64_t retry_ms = 1'000;                // pause after a failed transaction; same key again
};

struct SettleStats {
  std::int64_t records_waiting = 0;
  std::int64_t octets_waiting = 0;  // of memory, about
  std::int64_t batches_settled = 0;
  std::int64_t records_settled = 0;
  std::int64_t failures = 0;     // transactions that PostgreSQL did not commit
  std::int64_t quarantined = 0;  // batches PostgreSQL refuses for their content; the log names them
  bool reachable = true;
  bool fenced = false;  // another start of the node closed our epoch: nothing is settled any more
  std::string last_error;
};

/// Writes batches of records in one transaction each: settle_batch key, COPY, ledger, lease,
/// account. One thread of its own. A batch sent twice is a no-op.
class Settler {
 public:
  virtual ~Settler() = default;

  /// Takes a bunch of records of one loop, in order. Any loop's thread; copies nothing but moves
  /// them out of `records`. False when the backlog's limit is reached, or PostgreSQL refuses what
  /// we have: then nothing was taken, and the caller must stop accepting messages.
  virtual bool Offer(std::vector<Record>&& records) = 0;
  /// As Offer, but beyond every limit: for what the loops still hold when they have ended, once,
  /// before Drain. The default is for a settler that has no limit.
  virtual void OfferLast(std::vector<Record>&& records) {
    static_cast<void>(Offer(std::move(records)));
  }
  /// True while Offer would take a bunch: asked before a message is accepted. Cheap, any thread.
  virtual bool has_room() const = 0;
  virtual SettleStats stats() const = 0;
  /// Settles all that was offered, at most for `millis`; true when nothing is left. Called after
  /// the loops stopped. Returns early when fenced.
  virtual bool Drain(std::int64_t millis) = 0;
};

struct Options {
  std::string conninfo;  // libpq connection string; may hold a password: never logged
  std::int32_t node_id = 1;
  SettleLimits settle;
  std::int64_t statement_timeout_ms = 10'000;
  std::size_t leases_waiting_max = 4'096;
  /// At start, and only while another session holds the node's lock: a dead host's session ends
  /// within 25 s (see Pg::Connect), a killed process's at once. Not passed by a daemon that lives.
  std::int64_t node_lock_wait_ms = 35'000;
  std::int64_t node_probe_ms =
      3'000;  // an idle desk asks this often whether the node is still ours
  /// Another start of the node closed our epoch: nothing is granted or settled any more, and the
  /// process must end. Called once, on a thread of the store; must not call the store.
  std::function<void()> on_fenced;
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
