// cancel_sm and replace_sm: a customer takes its message back, or gives it another text.   SMPP v3.4 §4.9, §4.10
// query_broadcast_sm and cancel_broadcast_sm, and a broadcast_sm that replaces another.    SMPP v5.0 §4.4, §4.6
// A broadcast never waits here: these are asked of PostgreSQL at once, which knows the supplier's id.
//
//   OnRequest ─ id, rate, room ─► the loop that keeps the message (KeptChanges) ─┬─ it waits here: ended or changed, durable ─► resp
//        ▲                             ▲            │                            ├─ it is being handed over: asked again
//        │                             │            └─ not in memory             └─ it may not be changed any more ─────────────► resp
//        │                   waits there alone      ▼
//        └── supplier's word ◄─ link ◄─ at a supplier ─ PostgreSQL, when it has settled all before ─ final, unknown ────────────► resp
#pragma once

#include <deque>
#include <optional>
#include <vector>

#include "server/relay/attempts.h"
#include "server/relay/client/front.h"
#include "server/relay/context.h"
#include "server/relay/records.h"

namespace hub::relay {

/// Where questions about a message of ours go: this loop's KeptChanges, or another loop's by mail.
class ChangeRoutes {
 public:
  virtual ~ChangeRoutes() = default;
  virtual void SendOrder(ChangeOrder order, unsigned to) = 0;
  virtual void SendReply(const ChangeReply& reply, unsigned to) = 0;
  /// A broadcast_sm that names the one it replaces as its supplier does, and has had its turn of its client's rate: Flow owes
  /// its session the answer.
  virtual void SendBroadcast(EsmeEntry& entry, const smpp::Header& header, const Slice& pdu) = 0;
};

/// One loop's, for the customers' sessions of this loop. Each request is owed one answer, and waits for it in its session's
/// window.
class ChangeDesk final {
 public:
  ChangeDesk(Context& context, Front& front, Records& records, JobSender& sender,
             ChangeRoutes& routes);

  /// IsChange, or a broadcast_sm with a message_id; its body is good. Answers now or later:
  ///   ESME_ROK          done, and durable; or the supplier said so
  ///   ESME_RINVMSGID    no message of this customer and source has the id
  ///   ESME_RCANCELFAIL, ESME_RREPLACEFAIL, ESME_RBCASTQUERYFAIL, ESME_RBCASTCANCELFAIL, ESME_RBCASTFAIL
  ///                     it is final (no matter to a query), or held; nobody could tell within change_wait; no link to its
  ///                     supplier; it is a submit_multi of theirs
  ///   ESME_RTHROTTLED   the customer's rate is used up, or change_waiting_max wait already
  ///   ESME_RSYSERR      the supplier was told, and its answer did not come
  /// or what the supplier answered.
  void OnRequest(EsmeEntry& entry, const smpp::Header& header, const Slice& pdu);
  /// One for each order that was sent.
  void OnReply(const ChangeReply& reply);
  /// One for each job that was sent.
  void OnRelayed(const SubmitResult& result);

 private:
  struct Change {
    SlotId session = 0;
    std::uint32_t sequence_number = 0;
    smpp::CommandId command_id{};
    std::int64_t client_id = 0;
    MessageId message_id = 0;
    Slice pdu;  // our own copy
    TimePoint give_up{};
    std::int64_t supplier_id = 0;  // who was told
    std::string dedupe_key{};      // of the message; "": none
  };
  // Those that one question asks for.
  struct Bunch {
    std::vector<SlotId> changes;
    journal::Ticket fence = 0;
    std::optional<journal::Position> below;  // what the fence covers; known when that is on disk
    TimePoint give_up{};
  };

  ChangeOrder OrderOf(SlotId slot, const Change& change) const;
  void Send(ChangeOrder order);  // to the loop that keeps the message
  void AskPostgreSql(SlotId slot);
  void Tick();
  void ArmTick();
  bool IsSettled(Bunch& bunch) const;
  bool Ask(const Bunch& bunch);  // false: no room among the questions
  void OnPage(const std::vector<SlotId>& slots, const store::ChangePage& page);
  void Decide(SlotId slot, const Change& change, const store::ChangeableMessage& message,
              journal::Position settled);
  bool IsTheirs(const Change& change, const store::ChangeableMessage& message) const;
  void Relay(SlotId slot, const store::ChangeableMessage& message);
  void Replace(SlotId slot, const store::ChangeableMessage& message);  // of a broadcast_sm
  smpp::Status Shown(const Change& change, smpp::Status status) const;
  void ForgetResubmits(const Change& change);
  static smpp::Status Failed(smpp::CommandId command);
  static smpp::Status Failed(const Change& change) { return Failed(change.command_id); }
  void Fail(SlotId slot);
  void Answer(SlotId slot, smpp::Status status);
  /// ESME_ROK of a query_broadcast_sm, with what the supplier says of areas.
  void AnswerQuery(SlotId slot, smpp::Bytes tlvs);
  /// Its session, and no trace here any more; null: that is gone.
  EsmeEntry* End(const Change& change);

  Context& context_;
  Front& front_;
  Records& records_;
  JobSender& sender_;
  ChangeRoutes& routes_;
  SlotMap<std::unique_ptr<Change>> changes_;
  std::size_t ids_waiting_ = 0;   // of changes_: that PostgreSQL may be asked for
  std::vector<SlotId> again_;     // whose messages were just being handed over
  std::vector<SlotId> gathered_;  // for PostgreSQL
  std::deque<Bunch> bunches_;     // oldest first
  Timer tick_;
  std::vector<std::uint8_t> response_;  // reused
};

}  // namespace hub::relay
