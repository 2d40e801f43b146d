// Receipts whose message is not in memory: they wait for its response, and PostgreSQL is asked.
#include <algorithm>
#include <utility>

#include "server/relay/receipts/receipt_desk.h"
#include "server/relay/supplier/submit_rewrite.h"

namespace hub::relay {
namespace {

using smpp::Status;

constexpr Duration kTickMax = std::chrono::milliseconds(50);
// PostgreSQL's last word may take so long after receipt_park; then the supplier keeps the receipt.
constexpr Duration kLastWordMax = std::chrono::seconds(5);

// Receipts of one question: the archive answers it whole, and pages wait meanwhile.
constexpr std::size_t kAskedAtOnce = 100;

// By the rules of now; PostgreSQL has the destination in digits alone.
std::unique_ptr<const SentAs> SentAsOf(const store::FoundMessage& found,
                                       const SupplierEntry* supplier) {
  if (supplier == nullptr || supplier->profile == nullptr || !supplier->profile->ChangesAddresses())
    return nullptr;
  smpp::MessageView row;
  row.source_addr_ton = found.source_addr_ton;
  row.source_addr_npi = found.source_addr_npi;
  row.source_addr = found.source_addr;
  row.dest_addr_ton = found.dest_addr_ton;
  row.dest_addr_npi = found.dest_addr_npi;
  row.destination_addr = found.destination_addr;
  return AddressesSent(*supplier->profile, row);
}

}  // namespace

void ReceiptDesk::Park(ReceiptJob job, std::vector<UpstreamId> keys, bool overdue) {
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
  parked->older_days = overdue;
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
  for (std::size_t i = 0; i < ask.size(); i += kAskedAtOnce)
    Ask({ask.begin() + static_cast<std::ptrdiff_t>(i),
         ask.begin() + static_cast<std::ptrdiff_t>(std::min(i + kAskedAtOnce, ask.size()))});
  if (parking_.size() != 0) tick_.Start(std::min(context_.limits.receipt_ask, kTickMax));
}

// Two questions. The first one is for messages of earlier runs and those forgotten here; that it finds none means nothing
// while a response may come, or waits for the disk. The second one does, for it knows what the journal had taken at give_up; and
// it alone is for messages of older days (but for those that are known to be overdue), which cost ten times as much: a supplier with many strays must not slow down pages.
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
    for (const UpstreamId& key : each->keys)
      keys.push_back({key.supplier_id, key.id, each->last || each->older_days});
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
  HandleArrived();
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
      correlation_.Close(correlation_.HashAt(slot), found->message_id, context_.settler.settled());
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
          true,
          found.destination_addr,
          SentAsOf(found, snapshot.SupplierOf(found.asked.supplier_id))};
}

// Suppliers reuse their ids: what PostgreSQL has under one may be an older message, while the response of the one that is
// meant is under way. So the number must fit too; without that the first reading counts when no response comes any more
// (some suppliers write numbers in a way of their own).
const ReceiptDesk::Rows::value_type* ReceiptDesk::Match(const Parked& parked, const Read& read,
                                                        const Rows& rows) const {
  for (const UpstreamId& key : parked.keys) {
    const auto row = rows.find(key);
    if (row != rows.end() && IsAbout(read.view, AwaitedOf(*row->second))) return &*row;
  }
  const auto first = rows.find(parked.keys.front());
  return parked.last && first != rows.end() ? &*first : nullptr;
}

void ReceiptDesk::Conclude(Parked& parked, const Rows& rows) {
  if (!records_.HasRoom()) return Refuse(parked);
  const Read read(parked.job);
  Correlation::Slot slot = Find(parked.keys, read, parked.last);  // memory goes first
  if (slot != Correlation::kNone) {
    if (BelongsToOverdue(correlation_[slot])) return Refuse(parked);
    return HandleParked(parked, read, correlation_[slot], slot);
  }
  const Rows::value_type* row = Match(parked, read, rows);
  if (row == nullptr) return KnowsNobody(parked, read);
  // Of a run that kept a journal: what is told now and not written down, the next such run would tell otherwise.
  if (!records_.keeps()) return Refuse(parked);
  Awaited awaited = AwaitedOf(*row->second);
  if (!IsAskedFor(awaited.registered_delivery, awaited.moves_money))
    NoteUnasked(row->first.supplier_id);
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

}  // namespace hub::relay
