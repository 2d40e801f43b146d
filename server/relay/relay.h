// One loop's relay: its parts put together, and the letters between them and other loops.
//
//   customers ─► Front ─► Flow ──job──► Back ─► suppliers          each arrow may cross loops by mail:
//       ▲          ▲        ▲            │ │                       jobs and answers between Flow and Back,
//       │      Deliveries   └──result────┘ └─ receipts, MO         receipts between Back, ReceiptDesk (of the
//       └──────────┴── ReceiptDesk ◄───────────┘                   supplier's home loop) and Deliveries
#pragma once

#include "server/relay/back.h"
#include "server/relay/deliveries.h"
#include "server/relay/flow.h"
#include "server/relay/front.h"
#include "server/relay/receipt_desk.h"
#include "server/relay/records.h"

namespace hub::relay {

/// Everything on its loop's thread. Construct before the loop runs, destroy after.
class Relay final : private FrontEvents,
                    private BackEvents,
                    private JobSender,
                    private ReceiptRoutes,
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
  bool customers_gone() const { return front_.sessions() == 0 && flow_.messages() == 0; }
  bool suppliers_gone() const { return back_.idle(); }

  /// After the loop stopped, once: what the settler had no room for goes to it all the same.
  void OfferLastRecords() { records_.OfferLast(); }

  Front& front() { return front_; }
  Back& back() { return back_; }
  const Flow& flow() const { return flow_; }

 private:
  // FrontEvents
  void OnMessage(EsmeEntry& entry, const smpp::Header& header, const Slice& pdu) override;
  void OnDeliverEnd(EsmeEntry& entry, std::uint64_t token, DeliverEnd end,
                    smpp::Status status) override;
  void OnReceiverReady(ClientState& client) override;
  // BackEvents
  void OnJobEnd(const SubmitJob& job, SubmitResult result) override;
  void OnDelivery(const SupplierState& supplier, store::IdForm id_form, const Slice& pdu,
                  const Origin& origin) override;
  // JobSender, ReceiptRoutes, DeliveryEvents
  void SendJob(SubmitJob job) override;
  void SendCorrelate(Correlate correlate, unsigned home) override;
  void SendDelivery(DeliverJob job) override;
  void SendAnswer(const AnswerSupplier& answer) override;
  void OnDeliveryEnd(const DeliverJob& job, smpp::Status status) override;

  void OnMobileOriginated(std::string_view destination, const Slice& pdu, const Origin& origin);

  void Open(std::monostate) {}
  void Open(SubmitJob&& job) { back_.Submit(std::move(job)); }
  void Open(SubmitResult&& result) { flow_.OnJobEnd(std::move(result)); }
  void Open(Correlate&& correlate) { desk_.OnCorrelate(std::move(correlate)); }
  void Open(ReceiptJob&& job) { desk_.OnReceipt(std::move(job)); }
  void Open(DeliverJob&& job) { deliveries_.Take(std::move(job)); }
  void Open(ReceiptDelivered&& delivered) { desk_.OnDelivered(delivered); }
  void Open(AnswerSupplier&& answer) { back_.Answer(answer.origin, answer.status); }

  Context context_;
  Records records_;
  Front front_;
  Flow flow_;
  Back back_;
  ReceiptDesk desk_;
  Deliveries deliveries_;
};

}  // namespace hub::relay
