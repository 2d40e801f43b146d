// Receipts and MO on their way to a customer's receiving binds of this loop: a window each, a bounded queue a customer.
#pragma once

#include <deque>
#include <unordered_map>

#include "server/relay/client/front.h"
#include "server/relay/context.h"

namespace hub::relay {

/// Told once for each job how it ended; `status` is the client's when it answered, `tlvs` are those of its response.
class DeliveryEvents {
 public:
  virtual ~DeliveryEvents() = default;
  virtual void OnDeliveryEnd(const DeliverJob& job, DeliveryEnd end, smpp::Status status,
                             const Slice& tlvs) = 0;
};

class Deliveries final {
 public:
  Deliveries(Context& context, Front& front, DeliveryEvents& events);

  /// Sends it, queues it, or ends it as kNotSent. An alert_notification is sent or dropped.
  void Take(DeliverJob job);
  void OnReceiverReady(ClientState& client);
  void OnDeliverEnd(std::uint64_t token, DeliverEnd end, smpp::Status status, const Slice& tlvs);

  std::size_t in_flight() const { return sent_.size(); }

 private:
  struct Queued {
    DeliverJob job;
    TimePoint give_up;
  };
  struct Sent final : Pooled<Sent, kSpareMessagesMax> {
    explicit Sent(DeliverJob&& given) : job(std::move(given)) {}
    DeliverJob job;
  };

  /// A session with room for it; null: it waits.
  EsmeEntry* ReceiverOf(const DeliverJob& job);
  void Notify(const DeliverJob& job);
  void Send(EsmeEntry& entry, DeliverJob job);
  void SendOtherwise(DeliverJob job, smpp::Status why);
  void DropExpired();
  void EndUnsent(const DeliverJob& job) {
    events_.OnDeliveryEnd(job, DeliveryEnd::kNotSent, smpp::Status::ESME_RX_T_APPN, {});
  }

  Context& context_;
  Front& front_;
  DeliveryEvents& events_;
  SlotMap<std::unique_ptr<Sent>> sent_;
  std::unordered_map<std::int64_t, std::deque<Queued>> queues_;  // by client_id; none is empty
  Timer timer_;
};

}  // namespace hub::relay
