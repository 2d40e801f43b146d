// What loops send each other. Values, moved; nothing in them points into another loop's things.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "protocol/wire/header.h"
#include "server/base/ring.h"
#include "server/base/slab.h"
#include "server/base/slot_map.h"
#include "server/base/spsc_ring.h"
#include "server/relay/message.h"
#include "server/relay/snapshot.h"
#include "server/relay/supplier/late_answer.h"
#include "server/relay/supplier/sent_as.h"
#include "server/session/smsc_session.h"
#include "server/store/archive.h"

namespace hub::relay {

/// About a broadcast_sm that was submitted before.
constexpr bool IsAboutBroadcast(smpp::CommandId id) {
  return id == smpp::CommandId::query_broadcast_sm || id == smpp::CommandId::cancel_broadcast_sm;
}

/// About a message that was submitted before, and relayed by ChangeDesk.
constexpr bool IsChange(smpp::CommandId id) {
  return id == smpp::CommandId::cancel_sm || id == smpp::CommandId::replace_sm ||
         IsAboutBroadcast(id);
}

/// The same, or a question about one. Its answer says nothing of a submit, and it has a share of a link of its own (ChangeShare).
constexpr bool IsAside(smpp::CommandId id) {
  return IsChange(id) || id == smpp::CommandId::query_sm;
}

/// Client's loop -> link's loop: submit this.
struct SubmitJob {
  unsigned client_loop = 0;
  SlotId message = 0;  // on client_loop; of an IsAside: its desk's
  std::shared_ptr<LinkState> link;
  Slice pdu;  // the whole request; its octets belong to the link until the result is told
  smpp::CommandId command_id{};
  // A message that the supplier throttled goes before all that were not sent yet, and before younger ones of its kind.
  bool again = false;
  // The message's id, which ascends with time; of a cancel_sm, replace_sm or query_sm: of the message that it is about.
  MessageId age = 0;
  // For LateAnswer:
  std::uint16_t attempt_no = 0;
  Nano cost;
  bool ours = false;
  bool resolves_hold = false;
  TimePoint give_up =
      TimePoint::max();  // for the wait in the link's queue; or earlier, by the link's own limit
};

enum class JobEnd : std::uint8_t {
  kAnswered,
  kTimeout,   // sent, no response: the outcome is unknown
  kLinkLost,  // sent, and the link died before the response
  kNotSent,   // the link was down, or its window and queue were full for too long
};

/// Link's loop -> client's loop: how it ended.
struct SubmitResult {
  SlotId message = 0;
  JobEnd end = JobEnd::kNotSent;
  smpp::Status status =
      smpp::Status::ESME_ROK;  // kAnswered; already an error if the response was of a wrong type
  std::string upstream_id;
  Slice response_tlvs;  // whether it was accepted or refused; may be empty
  Slice said;           // a whole query_sm_resp; else empty
  WallTime sent_at{}, ended_at{};
  smpp::CommandId command_id{};  // of the job
  bool is_nack = false;          // kAnswered: with a generic_nack
};

/// By what a supplier knows a message that it took.
struct KnownAs {
  std::int64_t supplier_id = 0;
  std::string upstream_key;  // canonical, not empty
  WallTime taken_at{};       // AttemptRecord::ended_at_us
  std::unique_ptr<const SentAs> sent_as{};
};

/// Client's loop -> supplier's home, behind the client's answer: receipts with this id belong to this message. A receipt that
/// overtakes it is parked, so the client never sees a receipt before the id it is about.
struct Correlate {
  std::int64_t supplier_id = 0;
  std::string upstream_key;  // canonical
  MessageId message_id = 0;
  std::shared_ptr<ClientState> client;
  WallTime taken_at{};  // AttemptRecord::ended_at_us
  std::uint8_t registered_delivery = 0;
  bool moves_money = false;      // see store::OutcomeRecord
  std::string destination_addr;  // E.164 digits: tells two messages with look-alike ids apart
  std::unique_ptr<const SentAs> sent_as{};  // null: its addresses went as they came

  /// row  of its client; null when the client is gone
  static Correlate Of(const Message& message, KnownAs known, const store::ClientRow* row);
  /// Of a message that the route's supplier took in time, and that nobody else asks what it was sent as: takes that out of it.
  static Correlate Of(Message& message, const PlannedRoute& route);
};

/// Where a delivery came from: who is owed its answer.
struct Origin {
  unsigned loop = 0;
  SlotId link = 0;  // of the supplier side of that loop
  smpp::CommandId command_id{};
  std::uint32_t sequence_number = 0;
};

/// Link's loop -> supplier's home: a receipt came.
struct ReceiptJob {
  std::int64_t supplier_id = 0;
  store::IdForm id_form = store::IdForm::kAuto;
  Slice pdu;
  Origin origin;
};

/// Link's loop -> supplier's home: a part of a long MO came.
struct MoJob {
  std::int64_t supplier_id = 0;
  Slice pdu;
  Origin origin;
};

/// A receipt on its way to its client, or a stored MO (message_id 0). Durable before it travels: whoever drops it leaves it to PostgreSQL.
struct ReceiptTicket {
  std::uint64_t receipt_id = 0;  // 0: no receipt
  MessageId message_id = 0;
  bool is_final = false;
  std::int32_t tries = 0;           // before this one
  bool possible_duplicate = false;  // one of them may have reached the client
};

/// Any loop -> a loop where the client has a bind that receives.
struct DeliverJob {
  std::shared_ptr<ClientState> client;
  Slice pdu;  // a whole deliver_sm or data_sm
  smpp::CommandId command_id{};
  Origin origin;               // of MO: who is owed the client's answer
  std::int64_t supplier_id{};  // of MO: that it came from
  ReceiptTicket receipt;       // of a receipt or a stored MO: nobody is owed one
  std::uint64_t together = 0;  // the same of all parts of a long MO: they go to one bind; 0: to any
};

/// Any loop -> the client's home: a receipt for it is on disk.
struct NewReceipt {
  DeliverJob job;
};

/// Any loop -> the client's home: an MO of a client that wants them stored while it is away.
struct MoForHome {
  DeliverJob job;
};

enum class DeliveryEnd : std::uint8_t {
  kAnswered,
  kNoAnswer,  // sent, and the session died or the client was silent
  kNotSent,   // no bind that receives, or its queue was full for too long
};

/// Client's loop -> the client's home: how it ended.
struct ReceiptDelivered {
  std::shared_ptr<ClientState> client;
  ReceiptTicket receipt;
  DeliveryEnd end = DeliveryEnd::kNotSent;
  smpp::Status status{};
};

/// Client's loop -> the client's home: it can receive now.
struct ReceiverUp {
  std::shared_ptr<ClientState> client;
};

/// Any loop -> link's loop: its supplier sent an outbind.
struct HurryLink {
  std::shared_ptr<LinkState> link;
};

/// Any loop -> link's loop: answer the supplier.
struct AnswerSupplier {
  Origin origin;
  smpp::Status status{};
  Slice tlvs{};  // of the client's response; mostly empty
};

/// Client's loop -> the loop that keeps a message: its client takes it back (cancel_sm) or changes it (replace_sm).
struct ChangeOrder {
  unsigned asker = 0;  // the loop
  SlotId change = 0;   // on it
  MessageId message_id = 0;
  std::int64_t client_id = 0;
  smpp::CommandId command_id{};
  Slice pdu;                                           // the whole request; nobody writes into it
  std::shared_ptr<const store::StoredMessage> stored;  // PostgreSQL has shown it waiting,
  journal::Position settled = 0;                       // when it had settled so far
};

enum class ChangeEnd : std::uint8_t {
  kAnswer,    // with `status`; ESME_ROK: done, and durable
  kUnderWay,  // it is being handed to a supplier: ask again
  kNotHere,   // not in memory, or no more as PostgreSQL showed it
};

/// The other way: how it ended.
struct ChangeReply {
  SlotId change = 0;
  ChangeEnd end = ChangeEnd::kAnswer;
  smpp::Status status = smpp::Status::ESME_ROK;
};

using Mail = std::variant<std::monostate, SubmitJob, SubmitResult, Correlate, ReceiptJob,
                          NewReceipt, DeliverJob, ReceiptDelivered, ReceiverUp, AnswerSupplier,
                          MoJob, ChangeOrder, ChangeReply, HurryLink, MoForHome, LateAnswer>;

/// One ring for each pair of loops, and what did not fit waits with its sender (Metric::mail_waiting). No number bounds that:
/// a letter that is refused would be a message without an answer. What does, by kind of letter:
///   SubmitJob, SubmitResult         messages in flight (relay.messages_max, relay.kept_messages_max): one each; and as
///                                   ChangeOrder, and relay.query_relayed_max
///   LateAnswer                      supplier.late_answers_max of each bind at a supplier
///   ReceiptJob, AnswerSupplier, MO  deliveries_owed_max of each bind at a supplier
///   MoJob, MoForHome                the same
///   DeliverJob, ReceiptDelivered    relay.stored_receipts_under_way_max of each client that is behind; of one that keeps up:
///                                   as NewReceipt
///   ReceiverUp, HurryLink           binds
///   ChangeOrder, ChangeReply        relay.change_waiting_max: one each
///   Correlate, NewReceipt           nothing but the pace of the other loop: one follows each message accepted upstream or
///                                   ended, and the loop that sends it does not wait
class PostOffice {
 public:
  static constexpr std::size_t kRingLetters = 4'096;

  explicit PostOffice(unsigned loops);
  unsigned loops() const { return loops_; }

  /// Called on `from`'s thread. The letter leaves at the end of the turn, behind what the turn wrote down: what another loop
  /// writes because of it stands later in the journal.
  void Send(unsigned from, unsigned to, Mail&& mail);
  /// Called on `to`'s thread: hands over at most what one ring holds from each loop.
  template <class F>
  void Collect(unsigned to, F&& open) {
    Mail mail;
    for (unsigned from = 0; from < loops_; ++from) {
      SpscRing<Mail>& ring = *rings_[from * loops_ + to];
      for (std::size_t n = ring.size(); n > 0 && ring.TryPop(&mail); --n) open(std::move(mail));
    }
  }
  /// Called on `from`'s thread at the end of its turn, when its records are with the journal: sends, and wakes who got
  /// something. Returns how many letters still wait for a ring.
  std::size_t EndTurn(unsigned from);
  /// Letters that `from` has sent since the start. Called on its thread.
  std::uint64_t sent(unsigned from) const { return senders_[from].sent; }
  /// How to wake a loop. Set before the loops run.
  void SetWaker(unsigned loop, std::function<void()> wake) { wakers_[loop] = std::move(wake); }

 private:
  // One loop's alone, on cache lines of its own.
  struct alignas(64) Sender {
    std::vector<Ring<Mail>> waiting;  // index: the loop that they go to
    std::uint64_t sent = 0;
  };

  const unsigned loops_;
  std::vector<std::unique_ptr<SpscRing<Mail>>> rings_;  // from * loops_ + to
  std::vector<Sender> senders_;
  std::vector<std::function<void()>> wakers_;
};

}  // namespace hub::relay
