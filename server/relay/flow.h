// The way of a message from its submit to its answer, on its customer's loop.
//
//   OnMessage ─ view, rate, room ─► Decide ─► Reserve ─┬─ answer = upstream ─► Attempts ─┬─ taken ─► charge ─(durable)─► ROK
//        │           │               │          │      │                                └─ failed ─► its status, money back
//        └─ malformed└─ throttled    └─ refused └─waits└─ answer = accepted ─► charge ─(durable)─► ROK ─► Keeper
//
// Whatever happens, the customer gets exactly one answer; ESME_ROK leaves only when its charge is on disk; and money that was
// reserved is either charged or released.
#pragma once

#include <deque>

#include "protocol/pdu/message_view.h"
#include "server/relay/attempts.h"
#include "server/relay/client/broadcast_terms.h"
#include "server/relay/client/front.h"
#include "server/relay/client/short_ids.h"
#include "server/relay/context.h"
#include "server/relay/records.h"

namespace hub::relay {

/// What becomes of a message when its customer has its answer, and it is ours.
class KeptMessages {
 public:
  virtual ~KeptMessages() = default;
  /// answer = accepted: ESME_ROK was answered.
  virtual void Keep(Message& message) = 0;
  /// Of a kept one.
  virtual void OnTaken(Message& message, const PlannedRoute& route, SubmitResult& result) = 0;
  virtual void OnFailed(Message& message, Failure failure) = 0;
  virtual void OnNoRoom(Message& message) = 0;
  /// Messages of ours in memory, with a supplier or not.
  virtual std::size_t kept() const = 0;
};

/// Who gathers the answers of a submit_multi's messages: Message::multi names it. Told once for each part that Flow was given.
class PartEvents {
 public:
  virtual ~PartEvents() = default;
  /// ESME_ROK: it is accepted, and durable, as message `accepted`: the part itself, or an earlier one that it repeats. Else its
  /// status; nothing is reserved for it.
  virtual void OnPartEnd(SlotId multi, MessageId part, smpp::Status status, MessageId accepted) = 0;
};

/// The id that a message gets, and who waits for its end when it is one destination of a submit_multi; else multi is 0.
struct Part {
  SlotId multi = 0;
  MessageId id = 0;
};

/// Of a message, in its client's rate: taken by Flow, or by who had to look something up before.
enum class RateTurn : std::uint8_t { kToTake, kTaken };

class Flow final : private routing::Availability, private AttemptEvents, private Durable {
 public:
  Flow(Context& context, const Overload& overload, Front& front, Records& records,
       JobSender& sender, KeptMessages& kept, PartEvents& parts, MessageIdSource& ids,
       ShortIds& short_ids);

  Outcome<Done> Use(const SnapshotPtr& snapshot);

  void OnMessage(EsmeEntry& entry, const smpp::Header& header, Slice&& pdu);
  /// A part of a submit_multi, written as a submit_sm of its own: the same way, but its end goes to PartEvents.
  void OnPart(EsmeEntry& entry, const smpp::Header& header, const Slice& pdu, const Part& part);

  /// A broadcast_sm whose body is good: it goes to the one supplier of its client's terms, for their price, and its answer is the
  /// supplier's whatever the client's `answer` says. A broadcast that it replaces is named by the supplier's id already.
  void OnBroadcast(EsmeEntry& entry, const smpp::Header& header, const Slice& pdu,
                   RateTurn turn = RateTurn::kToTake);

  /// Plans a message of ours anew, as the snapshot in force has it; false: no route stands now. The sell side stays as it was.
  bool Replan(Message& message);

  /// Once a turn: messages that wait for credit look whether an answer came, or give up; the script's counts are told.
  void EndTurn();

  Attempts& attempts() { return attempts_; }
  const routing::ScriptCounts& script_counts() const { return router_.script_counts(); }

 private:
  bool IsUp(std::uint32_t supplier_index) const override;
  routing::Drop WhyDown(std::uint32_t supplier_index) const override;
  // AttemptEvents
  void OnTaken(Message& message, const PlannedRoute& route, SubmitResult& result) override;
  void OnFailed(Message& message, Failure failure) override;
  void OnNoRoom(Message& message) override { kept_.OnNoRoom(message); }
  // Durable: the charge of a message
  void OnDurable(std::uint64_t slot) override;
  void ExpectDurable(std::uint64_t slot) override { attempts_.Expect(slot); }

  /// The message as it lies; ESME_ROK or what to answer.
  smpp::Status View(const smpp::Header& header, const Slice& pdu, smpp::MessageView& view);
  /// Limits that need no look at the body; ESME_ROK or what to answer.
  smpp::Status Admit(EsmeEntry& entry, RateTurn turn = RateTurn::kToTake);
  /// Nothing: it cannot be given the id that its client expects, for now.
  std::optional<MessageId> NextId(const EsmeEntry& entry);
  Message& Make(EsmeEntry& entry, const smpp::Header& header, Slice pdu,
                const smpp::MessageView& view, const Part& part);
  /// What is known of every message, whatever its PDU says. Not in attempts_ yet.
  std::unique_ptr<Message> Begin(EsmeEntry& entry, const smpp::Header& header, Slice pdu,
                                 const Part& part);
  bool DecideBroadcast(Message& message, const BroadcastTerms& terms);  // as Decide
  /// Of relay.messages_max, what its client has unanswered.
  net::Counter& ShareOf(const Message& message) const {
    return message.client->of_loop[context_.loop].unanswered;
  }
  bool IsNew(Message& message, const smpp::MessageView& view);  // false: answered
  /// Into decision_. Returns what all parts of its message share; 0: it is whole.
  std::uint64_t Route(const Message& message, const smpp::MessageView& view);
  void TakePlan(Message& message) const;
  void FollowParts(Message& message) const;
  bool Decide(Message& message, const smpp::MessageView& view);  // false: refused and answered
  void Reserve(SlotId slot);
  void AwaitCredit(Message& message);
  void RefuseForCredit(const Message& message);
  void RetryCredit();
  void OnReserved(Message& message);

  void Accept(std::unique_ptr<Message> message);
  /// Answers with an error, records why, gives the money back when it was reserved.
  void Refuse(SlotId slot, std::string_view reason, smpp::Status status, bool reserved);
  /// The same for what leaves no row, only counts. Nothing is reserved.
  void TurnAway(SlotId slot, std::string_view reason, smpp::Status status);
  void AnswerAccepted(const Message& message);
  smpp::Bytes TlvsFor(EsmeSession& session, const Message& message) const;
  void AnswerError(const Message& message, smpp::Status status);

  Context& context_;
  const Overload& overload_;
  Front& front_;
  Records& records_;
  JobSender& sender_;
  KeptMessages& kept_;
  PartEvents& parts_;
  MessageIdSource& ids_;
  ShortIds& short_ids_;
  Attempts attempts_;
  routing::Router router_;
  routing::Decision decision_;      // reused from message to message
  std::deque<SlotId> waiting_;      // for credit, oldest first
  std::uint64_t answers_seen_ = 0;  // of all accounts, when those were last looked at
  Timer waiting_timer_;
  std::vector<std::uint8_t> response_;  // reused
};

}  // namespace hub::relay
