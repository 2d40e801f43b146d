#include "server/relay/receipts/receipt_desk.h"

#include <algorithm>

#include "protocol/receipt/rewrite.h"
#include "server/base/check.h"
#include "server/base/crash_point.h"
#include "server/base/short_id.h"
#include "server/relay/receipts/id_profile.h"
#include "server/relay/supplier/delivery_rewrite.h"
#include "server/telemetry/log.h"

namespace hub::relay {
namespace {

using smpp::Status;

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

// As it stands, of the likeliest reading; empty: there is none.
smpp::IdText IdOf(const ReceiptJob& job, const smpp::Receipt& receipt) {
  const std::string_view text = receipt.id.empty() ? receipt.fields.id.value : receipt.id;
  if (text.empty()) return {};
  return smpp::CanonicalId(ProfileOf(job.id_form), text, true);
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
      tick_(context.network.timers(), [this] { Tick(); }) {
  arrived_.reserve(kTogether);
  handling_.reserve(kTogether);
}

ReceiptDesk::Read::Read(const ReceiptJob& job) {
  readable = smpp::ViewMessage(job.origin.command_id, job.pdu.bytes(), view) == Status::ESME_ROK;
  if (readable) receipt = smpp::ReadReceipt(view);
}

ReceiptDesk::Arrived::Arrived(ReceiptJob&& given)
    : job(std::move(given)), read(job), id(IdOf(job, read.receipt)) {
  hash = Correlation::HashOf(job.supplier_id, id.view());
}

void ReceiptDesk::OnCorrelate(Correlate correlate) {
  HandleArrived();  // an id that its supplier gives again was another message's when they came
  const UpstreamId key{correlate.supplier_id, std::move(correlate.upstream_key)};
  Remember(key, {correlate.message_id, std::move(correlate.client), correlate.taken_at,
                 correlate.registered_delivery, correlate.moves_money, false, false,
                 std::move(correlate.destination_addr), std::move(correlate.sent_as)});
  if (parking_.size() != 0) Unpark(key);
}

void ReceiptDesk::Remember(const UpstreamId& key, Awaited awaited) {
  const std::size_t forgotten = correlation_.Put(key, std::move(awaited));
  if (forgotten != 0) context_.metrics.Add(Metric::receipts_forgotten, forgotten);
}

void ReceiptDesk::EndTurn() {
  correlation_.DropSettled(context_.settler.settled());
  context_.metrics.Set(Metric::receipts_correlated, static_cast<std::int64_t>(correlation_.size()));
}

// --- a receipt -------------------------------------------------------------------------------------------------

bool ReceiptDesk::IsAbout(const smpp::MessageView& view, std::string_view number) {
  for (std::string_view address : {view.source_addr, view.destination_addr}) {
    if (address.starts_with('+')) address.remove_prefix(1);
    if (address.starts_with("00")) address.remove_prefix(2);
    if (address == number) return true;
  }
  return false;
}

bool ReceiptDesk::IsAbout(const smpp::MessageView& view, const Awaited& awaited) {
  return awaited.destination_addr.empty() ||  // of a broadcast, which has no number
         IsAbout(view, awaited.destination_addr) ||
         (awaited.sent_as != nullptr && IsAbout(view, awaited.sent_as->upstream_address));
}

// As it stands an id is believed without the number, but not of a time when not all was remembered: the supplier may have given it to
// a later message that asked for none.
Correlation::Slot ReceiptDesk::Find(const std::vector<UpstreamId>& keys, const Read& read,
                                    bool believes) {
  for (std::size_t i = 0; i < keys.size(); ++i) {
    const Correlation::Slot slot = correlation_.Find(keys[i]);
    if (slot == Correlation::kNone) continue;
    const Awaited& awaited = correlation_[slot];
    if (IsAbout(read.view, awaited)) return slot;
    if (i != 0 || awaited.from_archive) continue;
    if (believes || NoteUnasked(keys[i].supplier_id) < ToMicros(awaited.taken_at)) return slot;
  }
  return Correlation::kNone;
}

std::int64_t ReceiptDesk::NoteUnasked(std::int64_t supplier_id) {
  const SupplierEntry* supplier = front_.snapshot()->SupplierOf(supplier_id);
  const std::int64_t now = ToMicros(context_.wall_now());
  if (supplier == nullptr) return 0;  // it is gone, and comes no more
  std::int64_t since = 0;
  return supplier->state->tells_unasked_since_us.compare_exchange_strong(since, now) ? now : since;
}

Correlation::Slot ReceiptDesk::FindAsItStands(const Arrived& arrived) {
  if (arrived.id.size == 0) return Correlation::kNone;
  const Correlation::Slot slot =
      correlation_.Find(arrived.hash, arrived.job.supplier_id, arrived.id.view());
  if (slot == Correlation::kNone || correlation_[slot].from_archive) return Correlation::kNone;
  return IsAbout(arrived.read.view, correlation_[slot]) ? slot : Correlation::kNone;
}

void ReceiptDesk::OnReceipt(ReceiptJob job) {
  context_.metrics.Add(Metric::receipts_received);
  // Not a promise that we cannot keep: the supplier keeps it meanwhile.
  if (!records_.HasRoom()) return Answer(job.origin, Status::ESME_RX_T_APPN);
  const Arrived& arrived = arrived_.emplace_back(std::move(job));
  correlation_.PrefetchIndex(arrived.hash);
  if (arrived_.size() >= kTogether) HandleArrived();
}

void ReceiptDesk::HandleArrived() {
  HUB_CHECK(handling_.empty());  // nothing that handling one calls brings another, or an id
  while (!arrived_.empty()) {
    handling_.swap(arrived_);
    for (const Arrived& arrived : handling_) correlation_.PrefetchEntry(arrived.hash);
    for (Arrived& arrived : handling_) HandleOne(arrived);
    handling_.clear();
  }
}

void ReceiptDesk::HandleOne(Arrived& arrived) {
  ReceiptJob& job = arrived.job;
  const Read& read = arrived.read;
  Correlation::Slot slot = FindAsItStands(arrived);
  if (slot != Correlation::kNone && !BelongsToOverdue(correlation_[slot]))
    return Handle(job, read, correlation_[slot], slot);
  std::vector<UpstreamId> keys = KeysOf(job, read.receipt);
  if (keys.empty()) return KeepStray(job, read);  // without an id: nobody can place it
  slot = Find(keys, read);
  if (slot != Correlation::kNone && !BelongsToOverdue(correlation_[slot]))
    return Handle(job, read, correlation_[slot], slot);
  Park(std::move(job), std::move(keys), slot != Correlation::kNone);
}

// Its client may have been told a final state by the clock, or will be: PostgreSQL knows when it was. (Overdue looks at
// messages with these flags, and at some without: their clients are told nothing, and the first state that is settled stands.)
// By the clock of this turn, whose records follow before kTurnMax of Overdue is over.
bool ReceiptDesk::BelongsToOverdue(const Awaited& awaited) const {
  if (!records_.keeps()) return false;  // it does not look then
  if (awaited.outcome_known || (awaited.registered_delivery & 0x03) == 0) return false;
  const store::ClientRow* row = front_.snapshot()->ClientOf(*awaited.client);
  return row != nullptr &&
         context_.wall_now() - awaited.taken_at > std::chrono::seconds(row->dlr_timeout_s);
}

void ReceiptDesk::Handle(const ReceiptJob& job, const Read& read, Awaited& awaited,
                         Correlation::Slot slot) {
  Pass(CrashPoint::relay_before_receipt_store);
  const smpp::Receipt& receipt = read.receipt;
  const bool wanted = WantsReceipt(awaited.registered_delivery, receipt.state);
  const bool final = smpp::IsFinal(receipt.state) && !read.view.is_intermediate();
  const bool late = final && awaited.outcome_known;  // the client has its final state
  // For who is away nobody else keeps it: its supplier does.
  if (wanted && !late && !records_.keeps() && awaited.client->receivers_total() == 0)
    return Answer(job.origin, Status::ESME_RX_T_APPN);
  if (final) WriteOutcome(job, awaited, receipt);
  awaited.outcome_known |= final;
  auto storing = std::make_unique<Storing>();
  storing->origin = job.origin;
  if (final && !late && slot != Correlation::kNone) {
    storing->hash = correlation_.HashAt(slot);
    storing->closes = awaited.message_id;
  }
  if (late) context_.metrics.Add(Metric::receipts_late);
  if (!late && !wanted) context_.metrics.Add(Metric::receipts_not_wanted);
  if (!late && wanted) {
    DeliverJob& delivery = storing->delivery;
    delivery.client = awaited.client;
    delivery.pdu = ForClient(job, read, awaited);
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

Slice ReceiptDesk::ForClient(const ReceiptJob& job, const Read& read, const Awaited& awaited) {
  const ClientText text(awaited.message_id);
  smpp::ReceiptRewrite rewrite;
  rewrite.message_id = text;
  smpp::Splice splice(job.pdu.bytes());
  if (!smpp::PlanReceiptRewrite(read.view, read.receipt, rewrite, splice)) return {};
  Slice pdu = Slice::New(static_cast<std::uint32_t>(splice.octets()));
  splice.Apply({pdu.data(), pdu.size()});
  if (awaited.sent_as == nullptr) return pdu;
  return WithClientsAddresses(pdu, job.origin.command_id, *awaited.sent_as);
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
  if (stored->closes != 0)
    correlation_.Close(stored->hash, stored->closes, context_.journal.durable_end());
  if (stored->origin.link != 0) Answer(stored->origin, Status::ESME_ROK);
  if (stored->delivery.receipt.receipt_id != 0) routes_.SendNewReceipt(std::move(stored->delivery));
}

void ReceiptDesk::Answer(const Origin& origin, Status status) {
  routes_.SendAnswer({origin, status});
}

void ReceiptDesk::KeepStray(const ReceiptJob& job, const Read& read) {
  if (!read.readable) return Answer(job.origin, Status::ESME_RX_T_APPN);
  const smpp::Receipt& receipt = read.receipt;
  if (!records_.keeps()) NoteUnasked(job.supplier_id);  // PostgreSQL cannot tell
  context_.metrics.Add(Metric::receipts_unknown);
  Log(Event::receipt_unknown, {{"supplier", job.supplier_id}});
  store::StrayReceiptRecord row;
  row.supplier_id = job.supplier_id;
  row.upstream_id = receipt.id.substr(0, smpp::IdText::kCharsMax);
  row.message_state = static_cast<std::uint8_t>(receipt.state);
  row.error = receipt.err.substr(0, 32);
  row.destination_addr = read.view.source_addr;
  row.received_at_us = ToMicros(context_.wall_now());
  records_.Write(row);
  auto storing = std::make_unique<Storing>();
  storing->origin = job.origin;
  records_.Then(*this, storing_.Insert(std::move(storing)));
}

}  // namespace hub::relay
