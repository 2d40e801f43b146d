#include "server/relay/receipt_desk.h"

#include <algorithm>
#include <charconv>

#include "protocol/receipt/rewrite.h"
#include "server/base/crash_point.h"
#include "server/relay/id_profile.h"
#include "server/telemetry/log.h"

namespace hub::relay {
namespace {

using smpp::Status;

constexpr Duration kTickMax = std::chrono::milliseconds(50);
// PostgreSQL's last word may take so long after receipt_park; then the supplier keeps the receipt.
constexpr Duration kLastWordMax = std::chrono::seconds(5);

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
  Remember(key, {correlate.message_id, std::move(correlate.client), correlate.taken_at,
                 correlate.registered_delivery, correlate.moves_money, false,
                 std::move(correlate.destination_addr), false});
  if (parking_.size() != 0) Unpark(key);
}

void ReceiptDesk::Remember(const UpstreamId& key, Awaited awaited) {
  const std::size_t forgotten = correlation_.Put(key, std::move(awaited));
  if (forgotten != 0) context_.metrics.Add(Metric::receipts_forgotten, forgotten);
  context_.metrics.Set(Metric::receipts_correlated, static_cast<std::int64_t>(correlation_.size()));
}

// --- a receipt -------------------------------------------------------------------------------------------------

Correlation::Slot ReceiptDesk::Find(const std::vector<UpstreamId>& keys, const Read& read) {
  for (std::size_t i = 0; i < keys.size(); ++i) {
    const Correlation::Slot slot = correlation_.Find(keys[i]);
    if (slot == Correlation::kNone) continue;
    const Awaited& awaited = correlation_[slot];
    if ((i == 0 && !awaited.from_archive) || IsAbout(read.view, awaited.destination_addr))
      return slot;
  }
  return Correlation::kNone;
}

void ReceiptDesk::OnReceipt(ReceiptJob job) {
  context_.metrics.Add(Metric::receipts_received);
  // Not a promise that we cannot keep: the supplier keeps it meanwhile.
  if (!records_.HasRoom()) return Answer(job.origin, Status::ESME_RX_T_APPN);
  const Read read(job);
  std::vector<UpstreamId> keys = KeysOf(job, read.receipt);
  if (keys.empty()) return KeepStray(job, read);  // without an id: nobody can place it
  const Correlation::Slot slot = Find(keys, read);
  if (slot != Correlation::kNone && !BelongsToOverdue(correlation_[slot]))
    return Handle(job, read, correlation_[slot], slot);
  Park(std::move(job), std::move(keys));
}

// Its client may have been told a final state by the clock, or will be: PostgreSQL knows when it was. (Overdue looks at
// messages with these flags, and at some without: their clients are told nothing, and the first state that is settled stands.)
// By the clock of this turn, whose records follow before kTurnMax of Overdue is over.
bool ReceiptDesk::BelongsToOverdue(const Awaited& awaited) const {
  if (awaited.outcome_known || (awaited.registered_delivery & 0x03) == 0) return false;
  const store::ClientRow* row = front_.snapshot()->ClientOf(*awaited.client);
  return row != nullptr &&
         context_.wall_now() - awaited.taken_at > std::chrono::seconds(row->dlr_timeout_s);
}

void ReceiptDesk::Handle(const ReceiptJob& job, const Read& read, Awaited& awaited,
                         Correlation::Slot slot) {
  Pass(CrashPoint::relay_before_receipt_store);
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
  if (!tick_.armed()) tick_.Start(std::min(context_.limits.receipt_ask, kTickMax));
}

// What is in memory now goes to whom waits for it.
void ReceiptDesk::Unpark(const UpstreamId& key) {
  for (const std::shared_ptr<Parked>& parked : parking_.Of(key)) {
    const Read read(parked->job);
    const Correlation::Slot slot = Find(parked->keys, read);
    if (slot == Correlation::kNone || BelongsToOverdue(correlation_[slot])) continue;
    HandleParked(*parked, read, correlation_[slot], slot);
  }
}

void ReceiptDesk::HandleParked(Parked& parked, const Read& read, Awaited& awaited,
                               Correlation::Slot slot) {
  parking_.Remove(parked);
  context_.metrics.Set(Metric::receipts_parked_now, static_cast<std::int64_t>(parking_.size()));
  Handle(parked.job, read, awaited, slot);
}

void ReceiptDesk::Tick() {
  const TimePoint now = context_.now();
  std::vector<std::shared_ptr<Parked>> ask;
  parking_.ForEach([&](const std::shared_ptr<Parked>& each) {
    if (each->give_up + kLastWordMax <= now) return Refuse(*each);
    if (IsToBeAsked(*each)) ask.push_back(each);
  });
  if (!ask.empty()) Ask(std::move(ask));
  if (parking_.size() != 0) tick_.Start(std::min(context_.limits.receipt_ask, kTickMax));
}

// Two questions. The first one is for messages of earlier runs and those forgotten here; that it finds none means nothing
// while a response may come, or waits for the disk. The second one does, for it knows what the journal had taken at give_up.
bool ReceiptDesk::IsToBeAsked(Parked& parked) {
  const TimePoint now = context_.now();
  if (parked.asked) return false;
  if (!parked.last && parked.give_up <= now) {
    parked.last = true;
    parked.ask_at = now;
    parked.fence.reset();
    parked.below.reset();
  }
  if (parked.ask_at > now) return false;
  if (!parked.fence) parked.fence = records_.Fence();
  if (!parked.below) parked.below = records_.Beyond(*parked.fence);
  return parked.below && context_.settler.settled() >= *parked.below;
}

void ReceiptDesk::Ask(std::vector<std::shared_ptr<Parked>> parked) {
  std::vector<store::UpstreamKey> keys;
  for (const auto& each : parked) {
    each->asked = true;
    for (const UpstreamId& key : each->keys) keys.push_back({key.supplier_id, key.id});
  }
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
  Rows rows;
  for (const store::FoundMessage& found : page.found) {
    if (front_.snapshot()->client_by_id.contains(found.client_id))
      rows.emplace(UpstreamId{found.asked.supplier_id, found.asked.key}, &found);
  }
  Learn(rows);
  for (const std::shared_ptr<Parked>& each : parked) {
    if (each->done) continue;  // its response came
    each->asked = false;
    each->ask_at = context_.now() + context_.limits.receipt_ask;
    if (page.reachable) Conclude(*each, rows);
  }
}

// What was asked about for its age; and of two messages with one id the newer one has it.
void ReceiptDesk::Learn(const Rows& rows) {
  for (const auto& [key, found] : rows) {
    const Correlation::Slot slot = correlation_.Find(key);
    if (slot == Correlation::kNone) continue;
    Awaited& awaited = correlation_[slot];
    if (awaited.message_id < found->message_id) {
      Remember(key, AwaitedOf(*found));
    } else if (awaited.message_id == found->message_id && found->outcome_known) {
      awaited.outcome_known = true;
      correlation_.Close(slot, found->message_id, context_.settler.settled());
    }
  }
}

Awaited ReceiptDesk::AwaitedOf(const store::FoundMessage& found) const {
  const Snapshot& snapshot = *front_.snapshot();
  return {found.message_id,
          snapshot.clients[snapshot.client_by_id.at(found.client_id)],
          FromMicros(found.taken_at_us),
          found.registered_delivery,
          found.moves_money,
          found.outcome_known,
          found.destination_addr,
          true};
}

// Suppliers reuse their ids: what PostgreSQL has under one may be an older message, while the response of the one that is
// meant is under way. So the number must fit too; without that the first reading counts when no response comes any more
// (some suppliers write numbers in a way of their own).
const ReceiptDesk::Rows::value_type* ReceiptDesk::Match(const Parked& parked, const Read& read,
                                                        const Rows& rows) {
  for (const UpstreamId& key : parked.keys) {
    const auto row = rows.find(key);
    if (row != rows.end() && IsAbout(read.view, row->second->destination_addr)) return &*row;
  }
  const auto first = rows.find(parked.keys.front());
  return parked.last && first != rows.end() ? &*first : nullptr;
}

void ReceiptDesk::Conclude(Parked& parked, const Rows& rows) {
  if (!records_.HasRoom()) return Refuse(parked);
  const Read read(parked.job);
  Correlation::Slot slot = Find(parked.keys, read);  // memory goes first
  if (slot != Correlation::kNone) {
    if (BelongsToOverdue(correlation_[slot])) return Refuse(parked);
    return HandleParked(parked, read, correlation_[slot], slot);
  }
  const Rows::value_type* row = Match(parked, read, rows);
  if (row == nullptr) return KnowsNobody(parked, read);
  Awaited awaited = AwaitedOf(*row->second);
  if (BelongsToOverdue(awaited)) return Refuse(parked);
  if (awaited.outcome_known) return HandleParked(parked, read, awaited, Correlation::kNone);
  Remember(row->first, std::move(awaited));
  slot = correlation_.Find(row->first);
  HandleParked(parked, read, correlation_[slot], slot);
}

void ReceiptDesk::KnowsNobody(Parked& parked, const Read& read) {
  parked.ask_at = parked.give_up;
  if (!parked.last) return;
  parking_.Remove(parked);
  context_.metrics.Set(Metric::receipts_parked_now, static_cast<std::int64_t>(parking_.size()));
  KeepStray(parked.job, read);
}

// Nobody can tell yet: it comes again.
void ReceiptDesk::Refuse(Parked& parked) {
  parking_.Remove(parked);
  context_.metrics.Set(Metric::receipts_parked_now, static_cast<std::int64_t>(parking_.size()));
  Answer(parked.job.origin, Status::ESME_RX_T_APPN);
}

void ReceiptDesk::KeepStray(const ReceiptJob& job, const Read& read) {
  if (!read.readable) return Answer(job.origin, Status::ESME_RX_T_APPN);
  const smpp::Receipt& receipt = read.receipt;
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
