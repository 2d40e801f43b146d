#include "server/relay/mo/mo_store.h"

#include "server/base/crash_point.h"
#include "server/telemetry/log.h"

namespace hub::relay {

using smpp::Status;

namespace {

constexpr std::int64_t kSecond = 1'000'000;
// As ops.expire_receipts: one that was sent in time may still be answered.
constexpr std::int64_t kGraceUs = 120 * kSecond;
constexpr Duration kSweepEvery = std::chrono::minutes(1);

}  // namespace

MoStore::MoStore(Context& context, Front& front, Records& records, MoExits& exits, Outbox& outbox,
                 MessageIdSource& ids)
    : context_(context),
      front_(front),
      records_(records),
      exits_(exits),
      outbox_(outbox),
      ids_(ids),
      timer_(context.network.timers(), [this] { Sweep(); }) {}

// Nothing goes ahead of what is stored, or about to be.
void MoStore::Take(DeliverJob job) {
  const std::int64_t client_id = job.client->client_id;
  const bool stands_behind = outbox_.IsStored(client_id) || storing_of_.contains(client_id);
  if (!stands_behind && exits_.SendToReceiver(job)) return;
  const bool is_gone = front_.snapshot()->ClientOf(*job.client) == nullptr;
  if (is_gone || !records_.keeps() || !records_.HasRoom())
    return exits_.SendAnswer({job.origin, Status::ESME_RX_T_APPN});
  if (HasRoom(client_id)) return Store(std::move(job));
  context_.metrics.Add(Metric::mo_store_full);
  Log(Event::mo_store_full, {{"system_id", job.client->system_id}});
  exits_.SendAnswer({job.origin, Status::ESME_RMSGQFUL});
}

bool MoStore::HasRoom(std::int64_t client_id) {
  const auto shelf = shelves_.find(client_id);
  if (shelf == shelves_.end())
    return context_.limits.mo_stored_max != 0 && total_ < context_.limits.mo_stored_total_max;
  DropExpired(shelf->second);
  return shelf->second.size() < context_.limits.mo_stored_max &&
         total_ < context_.limits.mo_stored_total_max;
}

void MoStore::Store(DeliverJob job) {
  Pass(CrashPoint::relay_before_receipt_store);
  const std::int64_t client_id = job.client->client_id;
  const std::int64_t ttl_s = front_.snapshot()->ClientOf(*job.client)->mo_ttl_s;
  job.pdu = Slice::CopyOf(job.pdu.bytes());
  job.receipt.receipt_id = ids_.Next(context_.wall_now());
  store::ReceiptRecord record;
  record.receipt_id = job.receipt.receipt_id;
  record.client_id = client_id;
  record.supplier_id = job.supplier_id;
  record.received_at_us = ToMicros(context_.wall_now());
  record.expires_at_us = record.received_at_us + ttl_s * kSecond;
  record.pdu = job.pdu.bytes();
  records_.Write(record);
  context_.metrics.Add(Metric::mo_stored);
  OnWaiting(client_id, record.receipt_id, record.expires_at_us);
  ++storing_of_[client_id];
  records_.Then(*this, storing_.Insert(std::make_unique<DeliverJob>(std::move(job))));
}

void MoStore::OnDurable(std::uint64_t token) {
  const std::unique_ptr<DeliverJob> job = storing_.Take(token);
  Pass(CrashPoint::relay_after_receipt_store);
  const auto storing = storing_of_.find(job->client->client_id);
  if (--storing->second == 0) storing_of_.erase(storing);
  exits_.SendAnswer({job->origin, Status::ESME_ROK});
  outbox_.Take(std::move(*job));
}

void MoStore::OnWaiting(std::int64_t client_id, std::uint64_t receipt_id,
                        std::int64_t expires_at_us) {
  shelves_[client_id].emplace(receipt_id, expires_at_us);
  NoteTotal(total_ + 1);
  if (!timer_.armed()) timer_.Start(kSweepEvery);
}

void MoStore::OnEnd(std::int64_t client_id, std::uint64_t receipt_id) {
  const auto shelf = shelves_.find(client_id);
  if (shelf == shelves_.end() || shelf->second.erase(receipt_id) == 0) return;
  NoteTotal(total_ - 1);
  if (shelf->second.empty()) shelves_.erase(shelf);
}

void MoStore::NoteTotal(std::size_t total) {
  total_ = total;
  context_.metrics.Set(Metric::mo_stored_now, static_cast<std::int64_t>(total));
}

// PostgreSQL drops the rows, and shows none of them any more (ops.expire_receipts). The oldest stand first; one that got a
// shorter mo_ttl_s than those before it counts until they are over.
void MoStore::DropExpired(Shelf& shelf) {
  const std::int64_t now_us = ToMicros(context_.wall_now());
  while (!shelf.empty() && shelf.begin()->second + kGraceUs < now_us) {
    shelf.erase(shelf.begin());
    NoteTotal(total_ - 1);
    context_.metrics.Add(Metric::mo_expired);
  }
}

void MoStore::Sweep() {
  for (auto it = shelves_.begin(); it != shelves_.end();) {
    DropExpired(it->second);
    it = it->second.empty() ? shelves_.erase(it) : std::next(it);
  }
  if (!shelves_.empty()) timer_.Start(kSweepEvery);
}

}  // namespace hub::relay
