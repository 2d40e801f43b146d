#include "server/relay/relay.h"

#include "server/base/crash_point.h"
#include "server/relay/client/change_request.h"
#include "server/telemetry/log.h"

namespace hub::relay {

using smpp::Status;

Relay::Relay(const Context& context, MessageId ids_after)
    : context_(context),
      ids_(context.node, context.loop, ids_after),
      records_(context_),
      overload_(context_, [this] { front_.OnOverload(); }),
      front_(context_, overload_, *this),
      short_ids_(context_, front_, ids_after),
      flow_(context_, overload_, front_, records_, *this, keeper_, multis_, ids_, short_ids_),
      keeper_(context_, front_, flow_, records_, *this),
      back_(context_, *this),
      desk_(context_, front_, records_, *this, ids_),
      queries_(context_, front_, records_, *this),
      mo_(context_, front_, *this),
      changes_(context_, front_, records_, *this, *this),
      kept_changes_(context_, keeper_, records_, *this),
      multis_(context_, front_, flow_, ids_, short_ids_),
      outbox_(context_, records_, *this),
      mo_store_(context_, front_, records_, *this, outbox_, ids_),
      overdue_(context_, front_, records_, *this),
      untold_(context_, front_, *this),
      deliveries_(context_, front_, *this) {}

Relay::~Relay() = default;

Outcome<Done> Relay::Use(SnapshotPtr snapshot) {
  if (auto used = flow_.Use(snapshot); !used) return used;
  back_.Use(*snapshot);
  front_.Use(std::move(snapshot));
  return Done{};
}

void Relay::EachTurn() {
  context_.metrics.Add(Metric::loop_turns);
  PassFlushed();
  // A number of the whole process: one loop tells it.
  if (context_.loop == 0)
    context_.metrics.Set(Metric::slab_octets, static_cast<std::int64_t>(Slab::octets_alive()));
  records_.Poll();
  context_.post.Collect(context_.loop, [this](Mail&& mail) {
    std::visit([this](auto&& letter) { Open(std::move(letter)); }, std::move(mail));
  });
  desk_.HandleArrived();
  records_.Poll();  // where nothing is kept, what letters and receipts wrote is durable already
  flow_.EndTurn();
  multis_.EachTurn();
  keeper_.EndTurn();
  overdue_.EndTurn();
  desk_.EndTurn();
  records_.EndTurn();
  context_.metrics.Set(Metric::mail_waiting,
                       static_cast<std::int64_t>(context_.post.EndTurn(context_.loop)));
  context_.metrics.Set(Metric::mail_sent,
                       static_cast<std::int64_t>(context_.post.sent(context_.loop)));
}

void Relay::PassFlushed() {
  static constexpr struct {
    Metric count;
    CrashPoint point;
  } kPoints[] = {{Metric::submits_sent, CrashPoint::relay_after_supplier_write},
                 {Metric::messages_accepted, CrashPoint::relay_after_response},
                 {Metric::receipts_sent, CrashPoint::relay_after_receipt_send}};
  for (std::size_t i = 0; i < std::size(kPoints); ++i) {
    const std::uint64_t count = context_.metrics.Get(kPoints[i].count);
    if (std::exchange(flushed_[i], count) != count) Pass(kPoints[i].point);
  }
}

void Relay::DrainCustomers() {
  front_.Drain();
  keeper_.Drain();
}
void Relay::DrainSuppliers() { back_.Drain(); }

// --- customers -------------------------------------------------------------------------------------------------

void Relay::OnMessage(EsmeEntry& entry, const smpp::Header& header, Slice&& pdu) {
  if (header.command_id == smpp::CommandId::query_sm) return queries_.OnQuery(entry, header, pdu);
  if (IsChange(header.command_id)) return changes_.OnRequest(entry, header, pdu);
  if (header.command_id == smpp::CommandId::submit_multi)
    return multis_.OnMulti(entry, header, pdu);
  if (header.command_id == smpp::CommandId::broadcast_sm) {
    const bool replaces = !ReadChange(pdu.bytes()).message_id.empty();
    return replaces ? changes_.OnRequest(entry, header, pdu)
                    : flow_.OnBroadcast(entry, header, pdu);
  }
  flow_.OnMessage(entry, header, std::move(pdu));
}

void Relay::OnDeliverEnd(EsmeEntry&, std::uint64_t token, DeliverEnd end, Status status,
                         const Slice& tlvs) {
  deliveries_.OnDeliverEnd(token, end, status, tlvs);
}

void Relay::OnReceiverReady(ClientState& client) { deliveries_.OnReceiverReady(client); }

void Relay::OnReceiverBound(const std::shared_ptr<ClientState>& client) {
  const unsigned home = HomeOf(*client);
  if (home == context_.loop) return outbox_.OnReceiverUp(client);
  context_.post.Send(context_.loop, home, ReceiverUp{client});
}

void Relay::OnOutbind(const std::shared_ptr<LinkState>& link) {
  if (link->loop == context_.loop) return back_.Hurry(*link);
  context_.post.Send(context_.loop, link->loop, HurryLink{link});
}

void Relay::OnReceiptsWaiting(std::int64_t client_id) {
  const SnapshotPtr& snapshot = front_.snapshot();
  const auto found = snapshot->client_by_id.find(client_id);
  if (found != snapshot->client_by_id.end()) outbox_.OnWaiting(snapshot->clients[found->second]);
}

// --- submits ---------------------------------------------------------------------------------------------------

void Relay::SendJob(SubmitJob&& job) {
  const unsigned to = job.link->loop;
  if (to == context_.loop) return back_.Submit(std::move(job));
  context_.post.Send(context_.loop, to, std::move(job));
}

void Relay::OnJobEnd(const SubmitJob& job, SubmitResult&& result) {
  result.command_id = job.command_id;
  if (job.client_loop == context_.loop) return Open(std::move(result));
  context_.post.Send(context_.loop, job.client_loop, std::move(result));
}

void Relay::OnLateAnswer(unsigned client_loop, LateAnswer late) {
  if (client_loop == context_.loop) return Open(std::move(late));
  context_.post.Send(context_.loop, client_loop, std::move(late));
}

void Relay::Open(SubmitResult&& result) {
  if (IsChange(result.command_id)) return changes_.OnRelayed(result);
  if (result.command_id == smpp::CommandId::query_sm) return queries_.OnRelayed(result);
  flow_.attempts().OnJobEnd(std::move(result));
}

void Relay::SendOrder(ChangeOrder order, unsigned to) {
  if (to == context_.loop) return kept_changes_.OnOrder(order);
  context_.post.Send(context_.loop, to, std::move(order));
}

void Relay::SendReply(const ChangeReply& reply, unsigned to) {
  if (to == context_.loop) return changes_.OnReply(reply);
  context_.post.Send(context_.loop, to, ChangeReply(reply));
}

// --- receipts and MO -------------------------------------------------------------------------------------------

void Relay::SendCorrelate(Correlate correlate, unsigned home) {
  if (home == context_.loop) return desk_.OnCorrelate(std::move(correlate));
  context_.post.Send(context_.loop, home, std::move(correlate));
}

void Relay::OnDelivery(const SupplierState& supplier, store::IdForm id_form, const Slice& pdu,
                       const Origin& origin) {
  smpp::MessageView view;
  const Status status = smpp::ViewMessage(origin.command_id, pdu.bytes(), view);
  if (status != Status::ESME_ROK) return back_.AnswerMalformed(origin, status);
  if (!view.is_receipt() && !view.is_intermediate()) return mo_.OnMo(supplier, view, pdu, origin);
  ReceiptJob job{supplier.supplier_id, id_form, pdu, origin};
  if (supplier.home == context_.loop) return desk_.OnReceipt(std::move(job));
  context_.post.Send(context_.loop, supplier.home, std::move(job));
}

void Relay::SendMoPart(MoJob job, unsigned home) {
  if (home == context_.loop) return mo_.OnPart(std::move(job));
  context_.post.Send(context_.loop, home, std::move(job));
}

void Relay::SendMoHome(DeliverJob job) {
  const unsigned home = HomeOf(*job.client);
  if (home == context_.loop) return mo_store_.Take(std::move(job));
  context_.post.Send(context_.loop, home, MoForHome{std::move(job)});
}

void Relay::SendNewReceipt(DeliverJob job) {
  const unsigned home = HomeOf(*job.client);
  if (home == context_.loop) return outbox_.Take(std::move(job));
  context_.post.Send(context_.loop, home, NewReceipt{std::move(job)});
}

bool Relay::SendToReceiver(DeliverJob job) {
  // This loop if the customer receives here, else the next one where it does.
  for (unsigned i = 0; i < context_.post.loops(); ++i) {
    const unsigned to = (context_.loop + i) % context_.post.loops();
    if (job.client->receivers[to].load(std::memory_order_relaxed) == 0) continue;
    if (to == context_.loop) {
      deliveries_.Take(std::move(job));
    } else {
      context_.post.Send(context_.loop, to, std::move(job));
    }
    return true;
  }
  return false;
}

void Relay::OnDeliveryEnd(const DeliverJob& job, DeliveryEnd end, Status status,
                          const Slice& tlvs) {
  if (job.receipt.receipt_id == 0) {  // MO: the supplier gets the client's word
    if (status == Status::ESME_ROK) context_.metrics.Add(Metric::mo_delivered);
    return SendAnswer({job.origin, status, tlvs});
  }
  ReceiptDelivered delivered{job.client, job.receipt, end, status};
  const unsigned home = HomeOf(*job.client);
  if (home == context_.loop) return outbox_.OnDelivered(delivered);
  context_.post.Send(context_.loop, home, std::move(delivered));
}

void Relay::SendAnswer(const AnswerSupplier& answer) {
  if (answer.origin.loop == context_.loop)
    return back_.Answer(answer.origin, answer.status, answer.tlvs.bytes());
  context_.post.Send(context_.loop, answer.origin.loop, AnswerSupplier(answer));
}

}  // namespace hub::relay
