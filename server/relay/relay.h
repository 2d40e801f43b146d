// One loop's relay: its parts put together, and the letters between them and other loops.
//
//   customers ─► Front ─► Flow ──job──► Back ─► suppliers          each arrow may cross loops by mail: jobs and results
//       ▲          ▲        ▲            │ │                       between Flow and Back; receipts between Back, ReceiptDesk
//       │      Deliveries   └──result────┘ └─ receipts, MO         (of the supplier's home loop), Outbox (of the client's)
//       └──────────┴── Outbox ◄── ReceiptDesk ◄─┘                  and Deliveries (where the client receives)
#pragma once

#include "server/relay/client/change_desk.h"
#include "server/relay/client/deliveries.h"
#include "server/relay/client/front.h"
#include "server/relay/client/multi_desk.h"
#include "server/relay/client/query_desk.h"
#include "server/relay/client/short_ids.h"
#include "server/relay/flow.h"
#include "server/relay/kept/keeper.h"
#include "server/relay/kept/kept_changes.h"
#include "server/relay/kept/overdue.h"
#include "server/relay/kept/untold.h"
#include "server/relay/mo/mo_desk.h"
#include "server/relay/mo/mo_store.h"
#include "server/relay/overload.h"
#include "server/relay/receipts/outbox.h"
#include "server/relay/receipts/receipt_desk.h"
#include "server/relay/records.h"
#include "server/relay/supplier/back.h"

namespace hub::relay {

/// Everything on its loop's thread. Construct before the loop runs, destroy after.
class Relay final : private FrontEvents,
                    private BackEvents,
                    private JobSender,
                    private ReceiptRoutes,
                    private OutboxRoutes,
                    private MoExits,
                    private KeeperRoutes,
                    private ChangeRoutes,
                    private DeliveryEvents {
 public:
  Relay(const Context& context, MessageId ids_after);
  ~Relay() override;

  /// For net::Loop::Listen.
  net::StreamEvents* Accept(net::Stream& stream) { return front_.Accept(stream); }

  /// Takes a new snapshot between two turns. Error: the script could not be loaded; then nothing changed.
  Outcome<Done> Use(SnapshotPtr snapshot);

  /// Once a turn, before streams are flushed: letters in, credit that came, records out, letters out.
  void EachTurn();

  /// First customers go, then, when nothing is owed to them any more, suppliers.
  void DrainCustomers();
  void DrainSuppliers();
  bool customers_gone() { return front_.sessions() == 0 && flow_.attempts().size() == 0; }
  bool suppliers_gone() const { return back_.idle(); }

  /// Before the loop runs: PostgreSQL holds receipts for this client, whose home this loop is.
  void OnReceiptsWaiting(std::int64_t client_id);
  /// Before the loop runs: one of them is an MO.
  void OnMoWaiting(const store::WaitingMo& mo) {
    mo_store_.OnWaiting(mo.client_id, mo.receipt_id, mo.expires_at_us);
  }
  /// Before the loop runs; one loop of the node.
  void LookForOverdue() { overdue_.Start(); }
  void TellFailed(std::vector<MessageId> ids) { untold_.Tell(std::move(ids)); }
  /// Before the loop runs: PostgreSQL holds about so many messages of ours of this class.
  void OnMessagesQueued(MessageClass c, std::int64_t count) { keeper_.OnQueued(c, count); }

  /// On the client's home loop: what comes for it stands behind what PostgreSQL holds.
  bool HasStoredFor(std::int64_t client_id) const { return outbox_.IsStored(client_id); }

  Front& front() { return front_; }
  Back& back() { return back_; }
  const Flow& flow() const { return flow_; }

 private:
  // FrontEvents
  void OnMessage(EsmeEntry& entry, const smpp::Header& header, Slice&& pdu) override;
  void OnDeliverEnd(EsmeEntry& entry, std::uint64_t token, DeliverEnd end, smpp::Status status,
                    const Slice& tlvs) override;
  void OnReceiverReady(ClientState& client) override;
  void OnReceiverBound(const std::shared_ptr<ClientState>& client) override;
  void OnOutbind(const std::shared_ptr<LinkState>& link) override;
  // BackEvents
  void OnAlert(const SupplierState& supplier, const Slice& pdu) override {
    mo_.OnAlert(supplier, pdu);
  }
  void OnJobEnd(const SubmitJob& job, SubmitResult&& result) override;
  void OnLateAnswer(unsigned client_loop, LateAnswer late) override;
  void OnDelivery(const SupplierState& supplier, store::IdForm id_form, const Slice& pdu,
                  const Origin& origin) override;
  // JobSender, ReceiptRoutes, DeliveryEvents
  void SendJob(SubmitJob&& job) override;
  void SendCorrelate(Correlate correlate, unsigned home) override;
  void SendNewReceipt(DeliverJob job) override;
  void StoreReceipt(DeliverJob job, smpp::MessageState state) override {
    desk_.Store(std::move(job), state);
  }
  void SendMoPart(MoJob job, unsigned home) override;
  void SendMoHome(DeliverJob job) override;
  void OnMoEnd(std::int64_t client_id, std::uint64_t receipt_id) override {
    mo_store_.OnEnd(client_id, receipt_id);
  }
  void SendAnswer(const AnswerSupplier& answer) override;
  void SendOrder(ChangeOrder order, unsigned to) override;
  void SendReply(const ChangeReply& reply, unsigned to) override;
  void SendBroadcast(EsmeEntry& entry, const smpp::Header& header, const Slice& pdu) override {
    flow_.OnBroadcast(entry, header, pdu, RateTurn::kTaken);
  }
  bool SendToReceiver(DeliverJob job) override;
  void OnDeliveryEnd(const DeliverJob& job, DeliveryEnd end, smpp::Status status,
                     const Slice& tlvs) override;

  void Open(std::monostate) {}
  void Open(SubmitJob&& job) { back_.Submit(std::move(job)); }
  void Open(SubmitResult&& result);
  void Open(LateAnswer&& late) { keeper_.OnLateAnswer(std::move(late)); }
  void Open(Correlate&& correlate) { desk_.OnCorrelate(std::move(correlate)); }
  void Open(ReceiptJob&& job) { desk_.OnReceipt(std::move(job)); }
  void Open(NewReceipt&& receipt) { outbox_.Take(std::move(receipt.job)); }
  void Open(DeliverJob&& job) { deliveries_.Take(std::move(job)); }
  void Open(ReceiptDelivered&& delivered) { outbox_.OnDelivered(delivered); }
  void Open(ReceiverUp&& up) { outbox_.OnReceiverUp(up.client); }
  void Open(MoForHome&& mo) { mo_store_.Take(std::move(mo.job)); }
  void Open(MoJob&& job) { mo_.OnPart(std::move(job)); }
  void Open(ChangeOrder&& order) { kept_changes_.OnOrder(order); }
  void Open(ChangeReply&& reply) { changes_.OnReply(reply); }
  void Open(HurryLink&& hurry) { back_.Hurry(*hurry.link); }
  void Open(AnswerSupplier&& answer) {
    back_.Answer(answer.origin, answer.status, answer.tlvs.bytes());
  }

  /// What the last turn wrote has been flushed: the crash points behind the sockets.
  void PassFlushed();
  /// The loop that looks after a client's receipts.
  unsigned HomeOf(const ClientState& client) const {
    return static_cast<unsigned>(client.client_id % context_.post.loops());
  }

  Context context_;
  MessageIdSource ids_;  // of messages and of receipts
  Records records_;
  Overload overload_;
  Front front_;
  ShortIds short_ids_;
  Flow flow_;
  Keeper keeper_;
  Back back_;
  ReceiptDesk desk_;
  QueryDesk queries_;
  MoDesk mo_;
  ChangeDesk changes_;
  KeptChanges kept_changes_;
  MultiDesk multis_;
  Outbox outbox_;
  MoStore mo_store_;
  Overdue overdue_;
  Untold untold_;
  Deliveries deliveries_;
  std::array<std::uint64_t, 3> flushed_{};  // counts that PassFlushed saw last
};

}  // namespace hub::relay
