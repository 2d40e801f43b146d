// The life of a message on its customer's loop: judged, decided, reserved, tried route by route, answered, recorded.
//
//   OnMessage ─ view, rate, room ─► Decide ─► Reserve ──► TryNext ─► job ─► OnJobEnd ─┬─ accepted ─► charge, ROK + our id
//        │           │               │           │           ▲                        ├─ temporary, link lost ─► TryNext
//        └─ malformed└─ throttled    └─ refused  └─ waits    └── next route ──────────┘─ permanent, timeout ─► its status
//
// Whatever happens, the customer gets exactly one answer, and money that was reserved is either charged or released.
#pragma once

#include <deque>

#include "protocol/pdu/message_view.h"
#include "server/relay/context.h"
#include "server/relay/front.h"
#include "server/relay/message.h"
#include "server/relay/records.h"

namespace hub::relay {

/// Where jobs go: this loop's back, or another loop's by mail. And where receipts will look for their message.
class JobSender {
 public:
  virtual ~JobSender() = default;
  virtual void SendJob(SubmitJob job) = 0;
  virtual void SendCorrelate(Correlate correlate, unsigned home) = 0;
};

class Flow final : private routing::Availability {
 public:
  Flow(Context& context, Front& front, Records& records, JobSender& sender, MessageIdSource ids);

  Outcome<Done> Use(const SnapshotPtr& snapshot);

  void OnMessage(EsmeEntry& entry, const smpp::Header& header, const Slice& pdu);
  void OnJobEnd(SubmitResult result);

  /// Once a turn: messages that wait for credit look whether an answer came, or give up; the script's counts are told.
  void EndTurn();

  std::size_t messages() const { return messages_.size(); }
  const routing::ScriptCounts& script_counts() const { return router_.script_counts(); }

 private:
  bool IsUp(std::uint32_t supplier_index) const override;

  /// Limits that need no look at the body; ESME_ROK or what to answer.
  smpp::Status Admit(EsmeEntry& entry);
  Message& Make(EsmeEntry& entry, const smpp::Header& header, const Slice& pdu,
                const smpp::MessageView& view);
  bool Decide(Message& message, const smpp::MessageView& view);  // false: refused and answered
  void Reserve(SlotId slot);
  void RetryCredit();
  void TryNext(SlotId slot);
  static constexpr std::uint8_t kSameRouteTriesMax = 3;
  static void TrySameRoute(Message& message);
  LinkState* ChooseLink(const Message& message, const PlannedRoute& route,
                        std::shared_ptr<LinkState>* link) const;

  void Accept(SlotId slot, const PlannedRoute& route, const SubmitResult& result);
  /// Answers with an error, records why, gives the money back when it was reserved.
  void Refuse(SlotId slot, std::string_view reason, smpp::Status status, bool reserved);
  void Answer(const Message& message, smpp::Status status, const Slice& tlvs);

  Context& context_;
  Front& front_;
  Records& records_;
  JobSender& sender_;
  MessageIdSource ids_;
  routing::Router router_;
  routing::Decision decision_;  // reused from message to message
  SlotMap<std::unique_ptr<Message>> messages_;
  std::deque<SlotId> waiting_;  // for credit, oldest first
  Timer waiting_timer_;
  std::vector<std::uint8_t> response_;  // reused
};

}  // namespace hub::relay
