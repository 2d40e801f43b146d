// PostgreSQL behind the memory of the loops: queued messages and receipts that wait there, messages that a receipt asks for.
// Questions go to a thread and connection of their own; answers come on that thread: post them to your loop.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "server/base/money.h"
#include "server/journal/journal.h"
#include "server/store/records.h"

namespace hub::store {

/// A row of traffic.queue with what its message row knows.
struct StoredMessage {
  MessageId message_id = 0;
  std::int64_t client_id = 0;
  std::string message_class;
  std::int64_t rate_id = 0;
  Nano rate, amount;  // the sell side, fixed when the message was accepted
  ChargeBasis basis = ChargeBasis::kSubmit;
  std::uint8_t priority = 0;
  std::int64_t accepted_at_us = 0, next_at_us = 0, expires_at_us = 0;
  std::int32_t cycles = 0, attempts = 0;
  bool possible_duplicate = false;
  std::vector<std::uint8_t> pdu;
};

/// Of a row of traffic.queue among those of its node and class, which stand in this order.
struct QueuePlace {
  std::int64_t next_at_us = 0;
  MessageId message_id = 0;  // 0: before all rows
};

/// Messages of this node, of one loop and class, due until `due_us`, in the order (next_at, message_id).
struct MessageQuery {
  unsigned loop = 0, loops = 1;  // rows whose message id's loop bits modulo `loops` are `loop`
  std::string message_class;
  std::int64_t due_us = 0;
  QueuePlace behind;  // only rows that stand behind it
  std::int32_t limit = 1'000;
};

struct MessagePage {
  bool reachable = true;  // false: PostgreSQL did not answer; the rest is empty
  journal::Position settled =
      0;  // the page shows exactly what lies below: an end recorded above is not in it yet
  std::vector<StoredMessage> messages;
  QueuePlace
      end;  // of the last row that it covers, also of one without a message; the query's when there is none
  bool more = false;                        // the limit cut it
  std::optional<std::int64_t> next_due_us;  // of those later than due_us
};

/// A row of traffic.receipt.
struct StoredReceipt {
  std::uint64_t receipt_id = 0;
  MessageId message_id = 0;
  std::uint8_t message_state = 0;
  bool is_final = false;
  std::int32_t tries = 0;
  bool earlier_run =
      false;  // written by an earlier run of the node: it may have reached the client already
  std::int64_t expires_at_us = 0;
  std::vector<std::uint8_t> pdu;
};

struct ReceiptQuery {
  std::int64_t client_id = 0;
  std::uint64_t after = 0;  // receipt_id
  std::int32_t limit = 500;
};

struct ReceiptPage {
  bool reachable = true;
  journal::Position settled = 0;
  std::vector<StoredReceipt> receipts;  // ascending; those of this node that are not expired
  bool more = false;
};

/// A receipt came whose message is not in memory.
struct UpstreamKey {
  std::int64_t supplier_id = 0;
  std::string key;         // AttemptRecord::upstream_key
  bool older_days = true;  // not only messages of the last days: many tables to look into
};

struct FoundMessage {
  UpstreamKey asked;
  MessageId message_id = 0;
  std::int64_t client_id = 0;
  std::uint8_t registered_delivery = 0;
  std::string destination_addr;
  std::int64_t taken_at_us = 0;  // by the supplier
  bool outcome_known = false;
  bool moves_money = false;  // see OutcomeRecord
  std::string source_addr{};
  std::uint8_t source_addr_ton = 0, source_addr_npi = 0, dest_addr_ton = 0, dest_addr_npi = 0;
};

struct FoundPage {
  bool reachable = true;
  std::vector<FoundMessage>
      found;  // at most one a key, the newest; keys without a message are not here
};

/// Messages that wait longer for their receipt than their client's dlr_timeout.
struct OverdueMessage {
  MessageId message_id = 0;
  std::int64_t client_id = 0;
  std::uint8_t registered_delivery = 0;
  std::string source_addr, destination_addr;
  std::uint8_t source_addr_ton = 0, source_addr_npi = 0, dest_addr_ton = 0, dest_addr_npi = 0;
  std::int64_t accepted_at_us = 0;
  bool moves_money = false;
  bool held = false;                // nobody knows whether a supplier took it
  std::int64_t waits_since_us = 0;  // for its receipt: when a supplier took it, or may have
};

struct OverduePage {
  bool reachable = true;
  std::vector<OverdueMessage> messages;
  bool more = false;      // FindOverdue: the limit cut it
  bool scan_cut = false;  // FindOverdue: not all messages whose time is over were looked at yet
};

/// What became of a message, as PostgreSQL knows it: for a client that asks.
struct MessageFate {
  MessageId message_id = 0;
  std::int64_t client_id = 0;
  std::string source_addr;
  bool is_final = false;
  std::uint8_t final_state = 0;  // SMPP v3.4 §5.2.28; these three: when final
  std::int64_t final_at_us = 0;
  std::string error;     // err: of the receipt, as it came
  bool started = false;  // a supplier was tried, or its turn has come: else it waits for its time
  bool queued = false;   // ours to deliver, on whatever node
  std::uint8_t source_addr_ton = 0, source_addr_npi = 0;
  std::int64_t supplier_id = 0;  // that took it; 0: none
  std::string upstream_id;       // message_id of its response, as it came
  bool is_broadcast = false;     // a broadcast_sm, which query_sm does not ask about
};

struct FatePage {
  bool reachable = true;
  std::vector<MessageFate> fates;  // in any order; ids that no message has are not here
};

/// A message that its client takes back or changes: who has it now.
struct ChangeableMessage {
  MessageId message_id = 0;
  std::int64_t client_id = 0;
  std::string source_addr;
  std::uint8_t source_addr_ton = 0, source_addr_npi = 0;
  std::uint8_t registered_delivery = 0, data_coding = 0;
  std::int16_t esm_class = kNoEsmClass;
  std::int32_t segments = 1;     // that it was charged
  bool receipt_decides = false;  // about money: the supplier is asked for one in any case
  bool is_broadcast = false;     // a broadcast_sm
  bool is_final = false;
  bool queued = false;                 // ours to deliver, on whatever node
  std::optional<StoredMessage> waits;  // queued on this node, and not held
  std::int64_t supplier_id = 0;        // that took it; 0: none
  std::string upstream_id;             // message_id of its response, as it came
  bool maybe_elsewhere = false;        // so may another attempt have been, or it was
  std::string dedupe_key;              // 16 octets; "": it has none
};

struct ChangePage {
  bool reachable = true;
  journal::Position settled = 0;            // as of MessagePage
  std::vector<ChangeableMessage> messages;  // in any order; ids that no message has are not here
};

struct DedupeEntry {
  std::int64_t client_id = 0;
  std::string key;  // 16 octets
  MessageId message_id = 0;
  std::int64_t accepted_at_us = 0;
};

/// A row of traffic.receipt without a message: a mobile originated message that waits for its client.
struct WaitingMo {
  std::int64_t client_id = 0;
  std::uint64_t receipt_id = 0;
  std::int64_t expires_at_us = 0;
};

/// Any thread asks. `done` is called exactly once, on the archive's thread, also when PostgreSQL is away (reachable =
/// false). False: archive_waiting_max questions wait already, `done` is not called, ask again later.
class Archive {
 public:
  virtual ~Archive() = default;
  virtual bool LoadMessages(MessageQuery query, std::function<void(MessagePage)> done) = 0;
  virtual bool LoadReceipts(ReceiptQuery query, std::function<void(ReceiptPage)> done) = 0;
  /// Questions that wait together become one statement.
  virtual bool Find(std::vector<UpstreamKey> keys, std::function<void(FoundPage)> done) = 0;
  /// The messages of these ids, whatever became of them; those that are not settled are not in the page.
  virtual bool LoadByIds(std::vector<MessageId> ids, std::function<void(OverduePage)> done) = 0;
  /// What became of these; of any node. Those that are not settled are not in the page.
  virtual bool LoadFates(std::vector<MessageId> ids, std::function<void(FatePage)> done) = 0;
  /// The same for who would take them back or change them.
  virtual bool LoadChanges(std::vector<MessageId> ids, std::function<void(ChangePage)> done) = 0;
  /// Of this node's messages (by the node bits of their id), at most `limit`.
  virtual bool FindOverdue(std::int32_t limit, std::function<void(OverduePage)> done) = 0;
  /// Clients of this node with receipts in PostgreSQL, and how many queued messages each class has. At start, which must
  /// not take longer because much waits: from kCountedMax on, a class has kUncounted of them.
  struct Waiting {
    static constexpr std::int64_t kCountedMax = 100'000;
    static constexpr std::int64_t kMoMax = 1'000'000;
    static constexpr std::int64_t kUncounted = std::int64_t{1} << 40;  // more than there can be
    bool reachable = true;
    std::vector<std::int64_t> clients_with_receipts;
    std::vector<WaitingMo> mo;  // of these clients, ascending; at most kMoMax
    std::vector<std::pair<std::string, std::int64_t>> queued_by_class;
    // Within each client's window, at most dedupe_entries_max of the newest, and of one client its DedupeShare and its
    // part of what others leave.
    std::vector<DedupeEntry> dedupe;
  };
  virtual bool LoadWaiting(std::function<void(Waiting)> done) = 0;

  struct Counts {
    std::int64_t waiting = 0;  // questions
    std::int64_t refused = 0;  // since the start, because archive_waiting_max waited
  };
  virtual Counts counts() const { return {}; }
};

}  // namespace hub::store
