#include "server/relay/client/deliveries.h"

#include <algorithm>

#include "protocol/pdu/v33_message.h"

namespace hub::relay {

using smpp::Status;

namespace {

// As a session of v3.3 may see it. `pdu` and `command` stay when it may already.
Status MakeV33(Slice* pdu, smpp::CommandId* command) {
  const auto view = smpp::ViewMessage(*command, pdu->bytes());
  if (!view) return view.error();
  if (smpp::FitsV33(*view)) return Status::ESME_ROK;
  const auto plain = smpp::WriteV33Delivery(*view);
  if (!plain) return plain.error();
  *pdu = Slice::CopyOf(*plain);
  *command = smpp::CommandId::deliver_sm;
  return Status::ESME_ROK;
}

// Parts of long messages wait for the one bind that has theirs. What stands behind them and may go to another one is looked for
// among so many.
constexpr std::size_t kLookedAt = 64;

}  // namespace

Deliveries::Deliveries(Context& context, Front& front, DeliveryEvents& events)
    : context_(context),
      front_(front),
      events_(events),
      timer_(context.network.timers(), [this] { DropExpired(); }) {}

void Deliveries::Take(DeliverJob job) {
  if (job.command_id == smpp::CommandId::alert_notification) return Notify(job);
  ClientState& client = *job.client;
  const auto queue = queues_.find(client.client_id);
  if (queue == queues_.end()) {
    if (EsmeEntry* entry = ReceiverOf(job)) return Send(*entry, std::move(job));
  }
  if (client.receivers[context_.loop].load() == 0 ||
      (queue != queues_.end() && queue->second.size() >= context_.limits.deliver_queue_max)) {
    return EndUnsent(job);
  }
  // Its windows are full. It must not hold a whole read buffer meanwhile.
  job.pdu = Slice::CopyOf(job.pdu.bytes());
  queues_[client.client_id].push_back(
      {std::move(job), context_.now() + context_.limits.delivery_wait});
  if (!timer_.armed()) timer_.Start(context_.limits.delivery_wait);
  // What the queue waits for may be one bind, while another one has room for this.
  if (queue != queues_.end() && queue->second.front().job.together != 0) OnReceiverReady(client);
}

EsmeEntry* Deliveries::ReceiverOf(const DeliverJob& job) {
  return job.together == 0 ? front_.Receiver(*job.client)
                           : front_.ReceiverOf(*job.client, job.together);
}

// Neither queued nor sent again: it is news, or nothing.
void Deliveries::Notify(const DeliverJob& job) {
  EsmeEntry* entry = front_.Receiver(*job.client, true);
  if (entry != nullptr && entry->session->Notify(job.pdu))
    context_.metrics.Add(Metric::alerts_relayed);
}

void Deliveries::Send(EsmeEntry& entry, DeliverJob job) {
  Slice pdu = job.pdu;
  smpp::CommandId id = job.command_id;
  if (!entry.session->speaks_tlvs()) {
    const Status fits = MakeV33(&pdu, &id);
    if (fits != Status::ESME_ROK) return SendOtherwise(std::move(job), fits);
  }
  if (job.receipt.receipt_id != 0) context_.metrics.Add(Metric::receipts_sent);
  entry.session->Deliver(pdu, id, sent_.Insert(std::make_unique<Sent>(std::move(job))));
}

// Another bind of the client may speak v3.4. Else the client cannot be told, and that is its word; but of an MO that was stored its
// supplier has the ESME_ROK: it waits for such a bind. The outbox that sent it is not called from within.
void Deliveries::SendOtherwise(DeliverJob job, Status why) {
  if (EsmeEntry* entry = front_.Receiver(*job.client, true)) return Send(*entry, std::move(job));
  const bool is_stored_mo = job.receipt.receipt_id != 0 && job.receipt.message_id == 0;
  if (!is_stored_mo) return events_.OnDeliveryEnd(job, DeliveryEnd::kAnswered, why, {});
  context_.network.Defer([this, job = std::move(job)] {
    events_.OnDeliveryEnd(job, DeliveryEnd::kAnswered, Status::ESME_RX_T_APPN, {});
  });
}

void Deliveries::OnReceiverReady(ClientState& client) {
  const auto queue = queues_.find(client.client_id);
  if (queue == queues_.end()) return;
  std::deque<Queued>& jobs = queue->second;
  for (std::size_t at = 0; at < std::min(jobs.size(), kLookedAt);) {
    EsmeEntry* entry = ReceiverOf(jobs[at].job);
    if (entry == nullptr) {
      if (jobs[at].job.together == 0) return;  // no session has room
      ++at;
      continue;
    }
    DeliverJob job = std::move(jobs[at].job);
    jobs.erase(jobs.begin() + static_cast<std::ptrdiff_t>(at));
    Send(*entry, std::move(job));
  }
  if (jobs.empty()) queues_.erase(queue);
}

void Deliveries::OnDeliverEnd(std::uint64_t token, DeliverEnd end, Status status,
                              const Slice& tlvs) {
  const std::unique_ptr<Sent> sent = sent_.Take(token);
  if (sent == nullptr) return;
  // No answer, or a lost session: at least once means that it is offered again.
  if (end == DeliverEnd::kAnswered)
    return events_.OnDeliveryEnd(sent->job, DeliveryEnd::kAnswered, status, tlvs);
  events_.OnDeliveryEnd(sent->job, DeliveryEnd::kNoAnswer, Status::ESME_RX_T_APPN, {});
}

void Deliveries::DropExpired() {
  const TimePoint now = context_.now();
  TimePoint next = TimePoint::max();
  for (auto it = queues_.begin(); it != queues_.end();) {
    std::deque<Queued>& queue = it->second;
    while (!queue.empty() && queue.front().give_up <= now) {
      const DeliverJob job = std::move(queue.front().job);
      queue.pop_front();
      EndUnsent(job);
    }
    if (!queue.empty()) next = std::min(next, queue.front().give_up);
    it = queue.empty() ? queues_.erase(it) : std::next(it);
  }
  if (next != TimePoint::max()) timer_.Start(next - now);
}

}  // namespace hub::relay
