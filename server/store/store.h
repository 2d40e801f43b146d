// PostgreSQL, seen from the daemon: connect, check the schema, read the catalog, lease credit,
// settle.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "server/base/error.h"
#include "server/journal/journal.h"
#include "server/store/archive.h"
#include "server/store/catalog.h"
#include "server/store/leases.h"
#include "server/store/records.h"

namespace hub::store {

/// This node's life in PostgreSQL: money.node_epoch. A new epoch at every start; older ones get no grant from then on, and
/// their leases are closed when what they left in the journal is settled.
struct NodeEpoch {
  std::int32_t node_id = 1;
  std::int64_t epoch = 0;
  MessageId last_message_id = 0;  // the largest that PostgreSQL or the journal knows of this node
};

struct SettleLimits {
  std::size_t batch_rows_max = 20'000;  // a transaction is cut at this many records
  std::int64_t interval_ms = 300;       // and at the latest after this long
  std::int64_t retry_ms = 1'000;        // pause after a failed transaction; the same records again
};

struct SettleStats {
  journal::Position settled = 0;    // PostgreSQL has everything below
  std::int64_t octets_waiting = 0;  // durable in the journal, not settled
  std::int64_t batches_settled = 0;
  std::int64_t records_settled = 0;
  std::int64_t failures = 0;     // transactions that PostgreSQL did not commit
  std::int64_t quarantined = 0;  // batches PostgreSQL refuses for their content; the log names them
  bool reachable = true;
  std::int64_t lost_since_us = 0;  // microseconds since 1970; 0: reachable
  bool fenced = false;  // another start of the node closed our epoch: nothing is settled any more
  std::string last_error;
};

/// Reads the journal from the settled position on and writes it to PostgreSQL in batches, one transaction each: position,
/// COPY, ledger, lease, account. One thread of its own. A batch sent twice is a no-op: its transaction moves the settled
/// position from its first octet to its last, or does nothing.
class Settler {
 public:
  virtual ~Settler() = default;
  /// False when PostgreSQL refuses a batch for its content, or we are fenced: nothing more may be accepted.
  virtual bool has_room() const = 0;
  /// PostgreSQL has everything below. Any thread, one load.
  virtual journal::Position settled() const = 0;
  virtual SettleStats stats() const = 0;
  /// Waits until all that was appended is durable and settled, at most `millis`; true when nothing is left: only then may the
  /// leases be closed. Called after the loops stopped. Returns early when fenced.
  virtual bool Drain(std::int64_t millis) = 0;
};

struct Options {
  std::string conninfo;  // libpq connection string; may hold a password: never logged
  std::int32_t node_id = 1;
  SettleLimits settle;
  journal::Options journal;
  bool durable = true;   // false: journal.durability = "none"; the start is as durable as ever
  unsigned writers = 1;  // loops that write into the journal
  /// Wakes a writer whose tickets became durable. Any thread; may be set until the first Append.
  std::function<void(unsigned writer)> wake_writer;
  std::size_t archive_waiting_max = 10'000;  // questions that wait for PostgreSQL
  std::int64_t dedupe_loaded_max = 200'000;  // dedupe keys that a start reads, the newest
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

/// What a start found in the journal and did about it. For the log.
struct Recovery {
  std::int64_t records_settled = 0;  // of earlier runs, before traffic begins
  std::int64_t unknown = 0;          // attempts handed to a supplier whose outcome nobody recorded
  bool torn_tail = false;  // the last run ended within a write: what was not durable is cut off
  /// Given up as unknown (on_unknown = fail), by this start or one that was killed: final, with state UNKNOWN, and the client
  /// has no receipt yet. Whoever starts the loops writes its ReceiptRecord.
  std::vector<MessageId> failed;
};

/// Everything the daemon holds of PostgreSQL, and the journal before it. Start fails with a clear error when PostgreSQL is
/// missing, the schema is not there ("run hubctl migrate") or older or newer than this build, the journal is locked, is
/// another node's, or is corrupt in its middle (file and offset are named; nothing is changed then).
///
/// Start settles what earlier runs left in the journal, closes their leases, and records what was handed to a supplier
/// without a known outcome; then the new epoch begins. With hours of journal this takes a while: it logs its progress.
class Store {
 public:
  static Outcome<std::unique_ptr<Store>> Start(Options options);
  virtual ~Store() = default;

  virtual const NodeEpoch& node() const = 0;
  virtual Outcome<CatalogPtr> ReadCatalog() = 0;  // blocks; control thread only
  virtual const Recovery& recovery() const = 0;
  virtual journal::Journal& journal() = 0;
  virtual Settler& settler() = 0;
  virtual Archive& archive() = 0;
  virtual LeaseDesk& leases() = 0;
};

}  // namespace hub::store
