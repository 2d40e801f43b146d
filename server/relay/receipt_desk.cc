#include "server/relay/receipt_desk.h"

#include <algorithm>
#include <charconv>
#include <unordered_set>

#include "protocol/receipt/rewrite.h"
#include "server/base/crash_point.h"
#include "server/relay/id_profile.h"
#include "server/telemetry/log.h"

namespace hub::relay {
namespace {

using smpp::Status;

// Whether the receipt speaks of this number: its source, or its destination where a supplier does not swap them.
bool IsAbout(const smpp::MessageView& view, std::string_view number) {
  for (std::string_view address : {view.source_addr, view.destination_addr}) {
    if (address.starts_with('+')) address.remove_prefix(1);
    if (address.starts_with("00")) address.remove_prefix(2);
    if (address == number) return true;
  }
  return false;
}

// Readings of the receipt's id. The TLV's id first; some suppliers write another form of it into the text.
std::vector<UpstreamId> KeysOf(const ReceiptJob& job, const smpp::Receipt& receipt) {
  std::vector<UpstreamId> keys;
  std::string_view before;
  for (const std::string_view text : {receipt.id, receipt.fields.id.value}) {
    if (text.empty() || text == before) continue;
    before = text;
    for (const smpp::IdText& id : smpp::ReceiptIdCandidates(ProfileOf(job.id_form), text)) {
      UpstreamId key{job.supplier_id, std::string(id.view())};
      if (std::find(keys.begin(), keys.end(), key) == keys.end()) keys.push_back(std::move(key));
    }
  }
  return keys;
}

}  // namespace

// What the client asked for.                                                 SMPP v3.4 §5.2.17, v5.0 §4.7.21
bool WantsReceipt(std::uint8_t registered_delivery, smpp::MessageState state) {
  if (!smpp::IsFinal(state)) return (registered_delivery & 0x10) != 0;
  const bool delivered =
      state == smpp::MessageState::DELIVERED || state == smpp::MessageState::ACCEPTED;
  switch (registered_delivery & 0x03) {
    case 1:
      return true;
    case 2:
      return !delivered;
    case 3:
      return delivered;
    default:
      return false;
  }
}

ReceiptDesk::ReceiptDesk(Context& context, Front& front, Records& records, ReceiptRoutes& routes,
                         MessageIdSource& ids)
    : context_(context),
      front_(front),
      records_(records),
      routes_(routes),
      ids_(ids),
      correlation_(context.limits.receipts_correlated_max),
      tick_(context.network.timers(), [this] { Tick(); }) {}

ReceiptDesk::Read::Read(const ReceiptJob& job) {
  readable = smpp::ViewMessage(job.origin.command_id, job.pdu.bytes(), view) == Status::ESME_ROK;
  if (readable) receipt = smpp::ReadReceipt(view);
}

void ReceiptDesk::OnCorrelate(Correlate correlate) {
  const UpstreamId key{correlate.supplier_id, std::move(correlate.upstream_key)};
  const std::size_t forgotten = correlation_.Put(
      key, {correlate.message_id, std::move(correlate.client), correlate.registered_delivery,
            correlate.moves_money, false, std::move(correlate.destination_addr)});
  if (forgotten != 0) context_.metrics.Add(Metric::receipts_forgotten, forgotten);
  context_.metrics.Set(Metric::receipts_correlated, static_cast<std::int64_t>(correlation_.size()));
  if (parking_.size() != 0) Unpark(key);
}

// --- a receipt -------------------------------------------------------------------------------------------------

Correlation::Slot ReceiptDesk::Find(const std::vector<UpstreamId>& keys, const Read& read) {
  for (std::size_t i = 0; i < keys.size(); ++i) {
    const Correlation::Slot slot = correlation_.Find(keys[i]);
    if (slot == Correlation::kNone) continue;
    if (i == 0 || IsAbout(read.view, correlation_[slot].destination_addr)) return slot;
  }
  return Correlation::kNone;
}

void ReceiptDesk::OnReceipt(ReceiptJob job) {
  context_.metrics.Add(Metric::receipts_received);
  // Not a promise that we cannot keep: the supplier keeps it meanwhile.
  if (!records_.HasRoom()) return Answer(job.origin, Status::ESME_RX_T_APPN);
  const Read read(job);
  std::vector<UpstreamId> keys = KeysOf(job, read.receipt);
  const Correlation::Slot slot = Find(keys, read);
  if (slot != Correlation::kNone && !IsOverdue(correlation_[slot])) return Handle(job, read, slot);
  Park(std::move(job), std::move(keys));
}

// Its client may have been told a final state already, by the clock: PostgreSQL knows.
bool ReceiptDesk::IsOverdue(const Awaited& awaited) const {
  const store::ClientRow* row = front_.snapshot()->ClientOf(*awaited.client);
  return row != nullptr && !awaited.outcome_known &&
         context_.wall_now() - TimeOf(awaited.message_id) >
             std::chrono::seconds(row->dlr_timeout_s);
}

void ReceiptDesk::Handle(const ReceiptJob& job, const Read& read, Correlation::Slot slot) {
  Pass(CrashPoint::relay_before_receipt_store);
  Awaited& awaited = correlation_[slot];
  const smpp::Receipt& receipt = read.receipt;
  const bool final = smpp::IsFinal(receipt.state) && !read.view.is_intermediate();
  if (final) WriteOutcome(job, awaited, receipt);
  const bool late = final && awaited.outcome_known;  // the client has its final state
  awaited.outcome_known |= final;
  auto storing = std::make_unique<Storing>();
  storing->origin = job.origin;
  if (final && !late) {
    storing->slot = slot;
    storing->message_id = awaited.message_id;
  }
  if (late) context_.metrics.Add(Metric::receipts_late);
  if (!late && !WantsReceipt(awaited.registered_delivery, receipt.state))
    context_.metrics.Add(Metric::receipts_not_wanted);
  if (!late && WantsReceipt(awaited.registered_delivery, receipt.state)) {
    DeliverJob& delivery = storing->delivery;
    delivery.client = awaited.client;
    delivery.pdu = Rewritten(job, read, awaited.message_id);
    delivery.command_id = job.origin.command_id;
    delivery.receipt.message_id = awaited.message_id;
    delivery.receipt.is_final = final;
    Write(&delivery, receipt.state);
  }
  records_.Then(*this, storing_.Insert(std::move(storing)));
}

void ReceiptDesk::WriteOutcome(const ReceiptJob& job, const Awaited& awaited,
                               const smpp::Receipt& receipt) {
  store::OutcomeRecord row;
  row.message_id = awaited.message_id;
  row.supplier_id = job.supplier_id;
  row.message_state = static_cast<std::uint8_t>(receipt.state);
  row.cause = store::OutcomeCause::kReceipt;
  row.moves_money = awaited.moves_money;
  row.error = receipt.err.substr(0, 32);
  row.received_at_us = ToMicros(context_.wall_now());
  records_.Write(row);
}

Slice ReceiptDesk::Rewritten(const ReceiptJob& job, const Read& read, MessageId id) {
  char digits[20];
  const auto end = std::to_chars(digits, digits + sizeof digits, id).ptr;
  smpp::ReceiptRewrite rewrite;
  rewrite.message_id = {digits, end};
  smpp::Splice splice(job.pdu.bytes());
  if (!smpp::PlanReceiptRewrite(read.view, read.receipt, rewrite, splice)) return {};
  Slice pdu = Slice::New(static_cast<std::uint32_t>(splice.octets()));
  splice.Apply({pdu.data(), pdu.size()});
  return pdu;
}

// Numbers the receipt and writes it down; a PDU that our id fits nowhere in reaches nobody.
void ReceiptDesk::Write(DeliverJob* delivery, smpp::MessageState state) {
  if (delivery->pdu.empty()) return context_.metrics.Add(Metric::receipts_unwritable);
  const store::ClientRow* row = front_.snapshot()->ClientOf(*delivery->client);
  delivery->receipt.receipt_id = ids_.Next(context_.wall_now());
  store::ReceiptRecord record;
  record.receipt_id = delivery->receipt.receipt_id;
  record.message_id = delivery->receipt.message_id;
  record.client_id = delivery->client->client_id;
  record.message_state = static_cast<std::uint8_t>(state);
  record.is_final = delivery->receipt.is_final;
  record.received_at_us = ToMicros(context_.wall_now());
  record.expires_at_us =
      record.received_at_us + (row == nullptr ? 0 : row->receipt_ttl_s) * std::int64_t{1'000'000};
  record.pdu = delivery->pdu.bytes();
  records_.Write(record);
}

void ReceiptDesk::Store(DeliverJob job, smpp::MessageState state) {
  auto storing = std::make_unique<Storing>();
  Write(&job, state);
  storing->delivery = std::move(job);
  records_.Then(*this, storing_.Insert(std::move(storing)));
}

void ReceiptDesk::OnDurable(std::uint64_t token) {
  const std::unique_ptr<Storing> stored = storing_.Take(token);
  Pass(CrashPoint::relay_after_receipt_store);
  if (stored->slot != Correlation::kNone)
    correlation_.Close(stored->slot, stored->message_id, context_.journal.durable_end());
  if (stored->origin.link != 0) Answer(stored->origin, Status::ESME_ROK);
  if (stored->delivery.receipt.receipt_id != 0) routes_.SendNewReceipt(std::move(stored->delivery));
}

void ReceiptDesk::Answer(const Origin& origin, Status status) {
  routes_.SendAnswer({origin, status});
}

// --- receipts whose message is not here ------------------------------------------------------------------------

void ReceiptDesk::Park(ReceiptJob job, std::vector<UpstreamId> keys) {
  if (parking_.size() >= context_.limits.receipts_parked_max) {
    context_.metrics.Add(Metric::receipts_park_full);
    return Answer(job.origin, Status::ESME_RX_T_APPN);
  }
  context_.metrics.Add(Metric::receipts_parked);
  auto parked = std::make_shared<Parked>();
  // A parked receipt may wait for seconds: it must not hold a whole read buffer.
  job.pdu = Slice::CopyOf(job.pdu.bytes());
  parked->job = std::move(job);
  parked->keys = std::move(keys);
  parked->ask_at = context_.now() + context_.limits.receipt_ask;
  parked->give_up = context_.now() + context_.limits.receipt_park;
  parking_.Add(std::move(parked));
  context_.metrics.Set(Metric::receipts_parked_now, static_cast<std::int64_t>(parking_.size()));
  if (!tick_.armed()) tick_.Start(context_.limits.receipt_ask);
}

void ReceiptDesk::Unpark(const UpstreamId& key) {
  for (const std::shared_ptr<Parked>& parked : parking_.Of(key)) {
    const Read read(parked->job);
    const Correlation::Slot slot = Find(parked->keys, read);
    if (slot == Correlation::kNone) continue;
    parking_.Remove(*parked);
    Handle(parked->job, read, slot);
  }
  context_.metrics.Set(Metric::receipts_parked_now, static_cast<std::int64_t>(parking_.size()));
}

void ReceiptDesk::Tick() {
  const TimePoint now = context_.now();
  std::vector<std::shared_ptr<Parked>> ask;
  parking_.ForEach([&](const std::shared_ptr<Parked>& each) {
    if (each->give_up <= now || each->unknown) return GiveUp(*each);
    if (!each->asked && each->ask_at <= now) ask.push_back(each);
  });
  if (!ask.empty()) Ask(std::move(ask));
  context_.metrics.Set(Metric::receipts_parked_now, static_cast<std::int64_t>(parking_.size()));
  if (parking_.size() != 0) tick_.Start(context_.limits.receipt_ask);
}

void ReceiptDesk::Ask(std::vector<std::shared_ptr<Parked>> parked) {
  std::vector<store::UpstreamKey> keys;
  for (const auto& each : parked) {
    each->asked = true;
    if (each->asked_below == 0) each->asked_below = context_.journal.durable_end();
    each->conclusive = context_.settler.settled() >= each->asked_below;
    for (const UpstreamId& key : each->keys) keys.push_back({key.supplier_id, key.id});
  }
  if (keys.empty()) return;  // a receipt without an id: nobody can be asked
  context_.metrics.Add(Metric::receipts_asked, parked.size());
  // The answer comes on the archive's thread; what was asked for stays alive with it.
  const bool asked = context_.archive.Find(
      std::move(keys), [this, parked, run = context_.run_on_loop](store::FoundPage page) {
        run([this, parked, page = std::move(page)] { OnFound(parked, page); });
      });
  if (!asked) {
    for (const auto& each : parked) each->asked = false;  // too many questions wait: next time
  }
}

void ReceiptDesk::OnFound(const std::vector<std::shared_ptr<Parked>>& parked,
                          const store::FoundPage& page) {
  const SnapshotPtr& snapshot = front_.snapshot();
  // Of these, PostgreSQL had all that was on disk when they were asked first.
  std::unordered_set<UpstreamId, UpstreamIdHash> sure;
  for (const auto& each : parked) {
    if (each->conclusive) sure.insert(each->keys.begin(), each->keys.end());
  }
  for (const store::FoundMessage& found : page.found) {
    const auto client = snapshot->client_by_id.find(found.client_id);
    if (client == snapshot->client_by_id.end()) continue;
    const UpstreamId key{found.asked.supplier_id, found.asked.key};
    // "No final state yet" may be one that is not settled: asked again.
    if (!found.outcome_known && !sure.contains(key)) continue;
    const Correlation::Slot slot = correlation_.Find(key);
    // It was asked about for its age: its client may have been told a final state by the clock.
    if (slot != Correlation::kNone && correlation_[slot].message_id == found.message_id)
      correlation_[slot].outcome_known |= found.outcome_known;
    if (slot == Correlation::kNone) {
      correlation_.Put(
          key, {found.message_id, snapshot->clients[client->second], found.registered_delivery,
                found.moves_money, found.outcome_known, found.destination_addr});
    }
    Unpark(key);
  }
  for (const auto& each : parked) {
    // What was on disk when we asked first, but not in PostgreSQL yet, may be its message: ask again.
    each->unknown = page.reachable && each->conclusive;
    each->asked = each->unknown;
  }
}

void ReceiptDesk::GiveUp(Parked& parked) {
  parking_.Remove(parked);
  const Origin& origin = parked.job.origin;
  const Read read(parked.job);
  const bool known_for_sure = parked.unknown || parked.keys.empty();
  if (!known_for_sure || !records_.HasRoom() || !read.readable)
    return Answer(origin, Status::ESME_RX_T_APPN);  // nobody could tell: it comes again
  const smpp::Receipt& receipt = read.receipt;
  context_.metrics.Add(Metric::receipts_unknown);
  Log(Event::receipt_unknown, {{"supplier", parked.job.supplier_id}});
  store::StrayReceiptRecord row;
  row.supplier_id = parked.job.supplier_id;
  row.upstream_id = receipt.id.substr(0, smpp::IdText::kCharsMax);
  row.message_state = static_cast<std::uint8_t>(receipt.state);
  row.error = receipt.err.substr(0, 32);
  row.destination_addr = read.view.source_addr;
  row.received_at_us = ToMicros(context_.wall_now());
  records_.Write(row);
  auto storing = std::make_unique<Storing>();
  storing->origin = origin;
  records_.Then(*this, storing_.Insert(std::move(storing)));
}

}  // namespace hub::relay
