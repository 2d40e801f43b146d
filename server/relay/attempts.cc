#include "server/relay/attempts.h"

#include "protocol/receipt/id_form.h"
#include "server/base/crash_point.h"
#include "server/relay/id_profile.h"

namespace hub::relay {
namespace {

using smpp::Status;

void AskForReceipt(Slice& pdu, const Message& message) {
  const std::uint8_t asked = message.RegisteredDeliveryUpstream();
  smpp::MessageView view;
  if (asked == message.registered_delivery ||
      smpp::ViewMessage(message.command_id, pdu.bytes(), view) != Status::ESME_ROK)
    return;
  pdu.data()[view.offsets.registered_delivery] = asked;
}

}  // namespace

SlotId Attempts::Insert(std::unique_ptr<Message> message) {
  Message& stays = *message;
  stays.slot = messages_.Insert(std::move(message));
  context_.metrics.Set(Metric::messages_in_flight, static_cast<std::int64_t>(messages_.size()));
  return stays.slot;
}

Message* Attempts::Find(SlotId slot) {
  std::unique_ptr<Message>* found = messages_.Find(slot);
  return found == nullptr ? nullptr : found->get();
}

std::unique_ptr<Message> Attempts::Take(SlotId slot) {
  std::unique_ptr<Message> message = messages_.Take(slot);
  context_.metrics.Set(Metric::messages_in_flight, static_cast<std::int64_t>(messages_.size()));
  return message;
}

// --- out -------------------------------------------------------------------------------------------------------

std::shared_ptr<LinkState> Attempts::ChooseLink(const Message& message,
                                                const PlannedRoute& route) const {
  // The least loaded that is up, those with room in their window first; of those alike, one of this loop, for it spares a
  // letter.
  constexpr std::int64_t kQueues = std::int64_t{1} << 40;
  const std::shared_ptr<LinkState>* chosen = nullptr;
  std::int64_t best = 0;
  const void* parts_link = PartsLink(message);
  for (const std::shared_ptr<LinkState>& each : message.snapshot->suppliers[route.supplier].links) {
    if (!each->up.load(std::memory_order_relaxed)) continue;
    const std::int64_t load =
        each->load.load(std::memory_order_relaxed) + each->promised.load(std::memory_order_relaxed);
    const auto room =
        message.answered ? 0 : static_cast<std::int64_t>(context_.limits.link_queue_messages_max);
    if (load >= each->row.window_requests_max + room) continue;
    if (each.get() == parts_link && load < each->row.window_requests_max) return each;
    const std::int64_t queues = load >= each->row.window_requests_max ? kQueues : 0;
    const std::int64_t rank = queues + load * 2 + (each->loop == context_.loop ? 0 : 1);
    if (chosen == nullptr || rank < best) {
      chosen = &each;
      best = rank;
    }
  }
  return chosen == nullptr ? nullptr : *chosen;
}

// Parts on one link stay in order.
const void* Attempts::PartsLink(const Message& message) const {
  if (message.parts_key == 0) return nullptr;
  const auto pin = context_.parts.Find(message.parts_key, context_.now());
  return pin ? pin->link : nullptr;
}

void Attempts::NoteParts(const Message& message, const PlannedRoute& route) {
  if (message.parts_key == 0) return;
  context_.parts.Note(message.parts_key,
                      {message.SupplierOf(route).supplier_id, message.link.get()}, context_.now());
}

void Attempts::Start(Message& message) {
  while (message.next_route < message.plan_count && message.attempts < kAttemptsMax) {
    const PlannedRoute& route = message.plan[message.next_route++];
    message.link = ChooseLink(message, route);
    if (message.link == nullptr && message.answered && message.IsUp(route)) {
      --message.next_route;
      return events_.OnNoRoom(message);
    }
    if (message.link == nullptr) continue;
    message.link->promised.fetch_add(1, std::memory_order_relaxed);
    NoteParts(message, route);
    records_.Handed(message, route);
    if (++message.attempts > 1) context_.metrics.Add(Metric::failovers);
    message.step = Step::kHanding;
    return records_.Then(*this, message.slot);
  }
  events_.OnFailed(message, Failure::kUsedUp);
}

void Attempts::OnDurable(std::uint64_t slot) {
  if (Message* message = Find(slot)) Send(*message);
}

void Attempts::Send(Message& message) {
  Pass(CrashPoint::relay_before_supplier_write);
  const std::shared_ptr<LinkState> link = std::move(message.link);
  link->promised.fetch_sub(1, std::memory_order_relaxed);
  message.step = Step::kSent;
  SubmitJob job;
  job.client_loop = context_.loop;
  job.message = message.slot;
  job.link = link;
  // A link that failed may still hold the octets: a second attempt sends a copy, so that nobody patches under it.
  job.pdu = message.attempts > 1 ? Slice::CopyOf(message.pdu.bytes()) : message.pdu;
  AskForReceipt(job.pdu, message);
  job.command_id = message.command_id;
  sender_.SendJob(std::move(job));
}

// The link failed, not the supplier: its other binds may do as well, and cost the same.
void Attempts::TrySameRoute(Message& message) {
  if (message.same_route++ < kSameRouteTriesMax) --message.next_route;
}

// --- back ------------------------------------------------------------------------------------------------------

void Attempts::OnJobEnd(SubmitResult result) {
  Message* found = Find(result.message);
  if (found == nullptr) return context_.metrics.Add(Metric::answers_too_late);
  Pass(CrashPoint::relay_supplier_response);
  Message& message = *found;
  const PlannedRoute route = message.plan[message.next_route - 1];
  const store::SupplierRow& supplier = message.snapshot->catalog->suppliers[route.supplier];
  const bool taken = result.end == JobEnd::kAnswered && result.status == Status::ESME_ROK;
  smpp::IdText key;
  if (taken && !result.upstream_id.empty())
    key = smpp::CanonicalId(ProfileOf(supplier.id_form), result.upstream_id, false);
  records_.Attempted(message, route, result, key.view());
  switch (result.end) {
    case JobEnd::kNotSent:
      if (message.attempts == 1) message.last_status = Status::ESME_RMSGQFUL;
      TrySameRoute(message);
      return Start(message);
    case JobEnd::kTimeout:
      return OnUnknown(message, supplier, false);
    case JobEnd::kLinkLost:
      return OnUnknown(message, supplier, true);
    case JobEnd::kAnswered:
      break;
  }
  if (taken) return events_.OnTaken(message, route, result);
  context_.metrics.Add(Metric::submit_errors);
  message.last_status = result.status;
  const RetryClass verdict = ClassOf(message, route, result.status);
  if (verdict == RetryClass::kThrottle) context_.metrics.Add(Metric::supplier_throttled);
  if (verdict == RetryClass::kPermanent) return events_.OnFailed(message, Failure::kPermanent);
  Start(message);
}

// It left for the supplier, and no answer came. A client that waits for the answer decides itself after a timeout; after a lost
// link its message is sent once more, marked as a possible duplicate. What is ours goes by the supplier's on_unknown.
void Attempts::OnUnknown(Message& message, const store::SupplierRow& supplier, bool link_lost) {
  message.possible_duplicate = true;
  message.last_status = Status::ESME_RSYSERR;
  const bool again =
      message.answered ? supplier.on_unknown == store::OnUnknown::kResend : link_lost;
  if (!again) return events_.OnFailed(message, Failure::kUnknown);
  if (link_lost) TrySameRoute(message);
  Start(message);
}

RetryClass Attempts::ClassOf(Message& message, const PlannedRoute& route, Status status) {
  const RetryClass by_table = Classify(status, message.SupplierOf(route).statuses);
  if (by_table != RetryClass::kVendor) return by_table;
  // A status without a rule: another supplier may know better, but not a third one.
  return std::exchange(message.met_vendor_status, true) ? RetryClass::kPermanent
                                                        : RetryClass::kTransient;
}

}  // namespace hub::relay
