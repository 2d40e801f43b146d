#include "tests/unit/server/store/archive_rig.h"

#include "server/base/check.h"
#include "server/store/apply.h"

namespace hub::test {
namespace {

std::string Text(MessageId id) { return std::to_string(id); }
std::string Day(MessageId id) { return "traffic.accept_day(" + Text(id) + ")"; }

}  // namespace

ArchiveRig::ArchiveRig() : database(PostgresServer::Get().NewDatabase()), pg(Connect(database)) {
  auto applied = store::Apply(database, SmallWorld(), false);
  HUB_CHECK_SAY(applied.ok(), applied.error().Text());
  Run("INSERT INTO money.node (node_id, journal_id, settled_position)"
      " VALUES (1, gen_random_uuid(), 100);"
      "INSERT INTO money.node_epoch (node_id, epoch) VALUES (1, 2)");
}

std::unique_ptr<store::PgArchive> ArchiveRig::Archive(const store::ArchiveLimits& limits,
                                                      std::int64_t statement_timeout_ms) {
  return std::make_unique<store::PgArchive>(
      store::PgOptions{database, "test archive", statement_timeout_ms}, store::NodeEpoch{1, 2, 0},
      limits, [this] { return durable_end.load(); });
}

MessageId ArchiveRig::Id(std::int64_t ago_s, unsigned node, unsigned loop, unsigned n) {
  MessageIdSource source(node, loop, 0);
  const WallTime at = SystemClock().WallNow() - std::chrono::seconds(ago_s);
  return (source.Next(at) & ~MessageId{1023}) | n;
}

void ArchiveRig::Run(const std::string& sql) {
  auto ran = pg.RunFile("test", sql);
  HUB_CHECK_SAY(ran.ok(), ran.error().Text());
}

void ArchiveRig::AddMessage(MessageId id, const MessageValues& v) {
  Run("INSERT INTO traffic.message (accept_day, message_id, client_id, account_id, network_id,"
      " source_addr, destination_addr, class, data_coding, segments, rate_id, rate, amount,"
      " accepted_at, supplier_id, attempts, script_version, decision, node_id, epoch, batch_seq,"
      " basis, registered_delivery, source_addr_ton, source_addr_npi, dest_addr_ton, dest_addr_npi)"
      " SELECT " +
      Day(id) + ", " + Text(id) + ", client_id, account_id, 1, 'ACME', '447700900" +
      std::to_string(id % 1000) + "', '" + v.message_class + "', 0, 1, 1, " + v.amount + ", " +
      v.amount + ", now() - " + std::to_string(v.accepted_ago_s) +
      " * interval '1 second', 1, 1, 0, '', " + std::to_string(id >> 16 & 63) + ", 2, 1, '" +
      v.basis + "', " + std::to_string(v.registered_delivery) +
      ", 5, 0, 1, 1 FROM crm.client WHERE client_id = " + std::to_string(v.client_id));
}

void ArchiveRig::AddQueued(MessageId id, const QueueValues& v) {
  Run("INSERT INTO traffic.queue (message_id, node_id, client_id, class, priority, next_at,"
      " expires_at, cycles, attempts, possible_duplicate, pdu) VALUES (" +
      Text(id) + ", " + std::to_string(v.node_id) + ", " + std::to_string(v.client_id) + ", '" +
      v.message_class + "', 3, " + v.next_at +
      ", '2030-01-01 00:00:00.000001+00', 4, 5, true, '\\x0001fe0a')");
}

void ArchiveRig::AddReceipt(std::uint64_t receipt_id, MessageId id, const ReceiptValues& v) {
  Run("INSERT INTO traffic.receipt (receipt_id, message_id, node_id, epoch, client_id,"
      " message_state, is_final, tries, received_at, expires_at, pdu) VALUES (" +
      std::to_string(receipt_id) + ", " + Text(id) + ", " + std::to_string(v.node_id) + ", " +
      std::to_string(v.epoch) + ", " + std::to_string(v.client_id) + ", 2, true, " +
      std::to_string(v.tries) + ", now(), " + v.expires_at + ", '\\xff00')");
}

void ArchiveRig::AddAttempt(MessageId id, std::int64_t supplier_id, const std::string& key,
                            const std::string& result) {
  const std::string no = std::to_string(supplier_id);  // one attempt a supplier
  const std::string cost_state = result == "accepted"  ? "certain"
                                 : result == "refused" ? "none"
                                                       : "uncertain";
  Run("INSERT INTO traffic.attempt (accept_day, message_id, attempt_no, supplier_id, result,"
      " command_status, upstream_id, upstream_key, sent_at, ended_at, rate_id, rate, segments,"
      " cost, cost_state) VALUES (" +
      Day(id) + ", " + Text(id) + ", " + no + ", " + no + ", '" + result + "', 0, '" + key +
      "', '" + key + "', now(), now(), 1, 0, 1, 0, '" + cost_state + "')");
}

void ArchiveRig::AddOutcome(MessageId id) {
  Run("INSERT INTO traffic.outcome (accept_day, message_id, supplier_id, message_state, error,"
      " received_at) VALUES (" +
      Day(id) + ", " + Text(id) + ", 1, 2, '', now())");
}

void ArchiveRig::AddBatch(MessageId newest) {
  ++batches_;
  Run("INSERT INTO money.settle_batch (node_id, epoch, batch_seq, row_count, total,"
      " last_message_id) VALUES (1, 2, " +
      std::to_string(batches_) + ", 1, 0, " + Text(newest) + ")");
}

}  // namespace hub::test
