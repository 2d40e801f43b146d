#include "server/relay/receipts/outbox.h"

#include <algorithm>
#include <utility>

#include "protocol/wire/header.h"
#include "server/base/crash_point.h"
#include "server/relay/mo/mo_pins.h"
#include "server/relay/retry_class.h"
#include "server/telemetry/log.h"

namespace hub::relay {

using smpp::Status;

namespace {

constexpr int kRefusedInRowMax = 20;  // then the client may take none now, and all wait a little

// Parts of a stored MO go to one bind, as those of others do.
std::uint64_t TogetherOf(smpp::CommandId id, const Slice& pdu) {
  const auto view = smpp::ViewMessage(id, pdu.bytes());
  return view ? relay::TogetherOf(*view) : 0;
}

}  // namespace

Outbox::Outbox(Context& context, Records& records, OutboxRoutes& routes)
    : context_(context),
      records_(records),
      routes_(routes),
      tick_(context.network.timers(), [this] { Tick(); }) {}

Outbox::Box& Outbox::BoxOf(const std::shared_ptr<ClientState>& client) {
  const auto [found, made] = boxes_.try_emplace(client->client_id);
  Box& box = found->second;
  box.client = client;
  if (made) box.under_way_max = context_.limits.outbox_under_way_max;
  return box;
}

std::size_t Outbox::stored_clients() const {
  return static_cast<std::size_t>(
      std::count_if(boxes_.begin(), boxes_.end(), [](const auto& b) { return b.second.stored; }));
}

// --- new receipts ----------------------------------------------------------------------------------------------

void Outbox::Take(DeliverJob job) {
  // PostgreSQL was faster: it is under way already, or was told.
  if (taken_.Take(job.receipt.receipt_id, context_.now())) return;
  Box& box = BoxOf(job.client);
  if (IsEarly(box, job.receipt.receipt_id, job.receipt.message_id)) return;
  if (!box.stored) return Send(box, std::move(job));
  const bool goes_on = GoesOn(box);
  if (!goes_on) context_.metrics.Add(Metric::receipts_stored);
  if (!goes_on && !box.marked) return;  // the next pass meets it
  if (goes_on && box.held.empty() && HasRoom(box)) return Send(box, std::move(job));
  Hold(box, std::move(job));
  if (goes_on || box.held_go) SendHeld(box);
}

// Its client does not know the id yet: it stays in PostgreSQL, and a pass of later meets it.
bool Outbox::IsEarly(Box& box, std::uint64_t receipt_id, MessageId message_id) {
  if (!context_.multis.IsOpen(message_id)) return false;
  context_.metrics.Add(Metric::multi_receipts_early);
  TryAgainLater(box);
  refused_.Note(receipt_id, context_.now() + box.again_pause, context_.now());
  return true;
}

void Outbox::Hold(Box& box, DeliverJob job) {
  if (box.held.size() >= context_.limits.outbox_held_max ||
      held_total_ >= context_.limits.outbox_held_total_max) {
    context_.metrics.Add(Metric::receipts_held_full);
    box.missed = true;
    return;
  }
  ++held_total_;
  box.held_ids.insert(job.receipt.receipt_id);
  box.held.push_back(std::move(job));
}

void Outbox::DropHeld(Box& box) {
  held_total_ -= box.held.size();
  box.held.clear();
  box.held_ids.clear();
}

void Outbox::Send(Box& box, DeliverJob job) {
  Pass(CrashPoint::relay_before_receipt_send);
  ++box.under_way;
  box.quiet = false;
  if (routes_.SendToReceiver(std::move(job))) return;
  --box.under_way;
  context_.metrics.Add(Metric::receipts_stored);
  Keep(box);
}

void Outbox::Keep(Box& box) {
  if (!box.stored) {
    Log(Event::receipts_stored, {{"system_id", box.client->system_id}});
    box.stored = true;
  }
  Restart(box);
}

// The next pass begins at the oldest.
void Outbox::Restart(Box& box) {
  ForgetPass(box);
  if (!tick_.armed()) tick_.Start(context_.limits.outbox_tick);
}

void Outbox::ForgetPass(Box& box) {
  ++box.pass;
  box.after = 0;
  box.last_page = box.missed = box.marked = box.held_go = false;
  box.below = 0;
  box.page.clear();
  if (!blind_) DropHeld(box);  // else the pass that would meet them may be hours away
}

void Outbox::OnWaiting(const std::shared_ptr<ClientState>& client) { Keep(BoxOf(client)); }

void Outbox::OnReceiverUp(const std::shared_ptr<ClientState>& client) {
  const auto found = boxes_.find(client->client_id);
  if (found == boxes_.end()) return;
  found->second.not_before = {};
  found->second.pause = {};
  Work(found->second);
}

// --- those that PostgreSQL holds -------------------------------------------------------------------------------

void Outbox::Tick() {
  LookAtSettlement();
  for (auto it = boxes_.begin(); it != boxes_.end();) {
    TakeUpRefused(it->second);
    Work(it->second);
    const Box& box = it->second;
    const bool idle = !box.stored && box.under_way == 0 && !box.again_at;
    it = idle ? boxes_.erase(it) : std::next(it);
  }
  const std::size_t stored = stored_clients();
  context_.metrics.Set(Metric::clients_with_stored_receipts, static_cast<std::int64_t>(stored));
  const bool again = std::any_of(boxes_.begin(), boxes_.end(),
                                 [](const auto& b) { return b.second.again_at.has_value(); });
  if ((stored != 0 || again) && !tick_.armed()) tick_.Start(context_.limits.outbox_tick);
}

void Outbox::TakeUpRefused(Box& box) {
  if (box.stored || !box.again_at || *box.again_at > context_.now()) return;
  box.again_at.reset();
  Keep(box);
}

// Blind means far behind, not at rest: when PostgreSQL is back its first batch moves it, and a pass would still have to wait
// until all that came during the outage is settled.
void Outbox::LookAtSettlement() {
  const Limits& limits = context_.limits;
  const Duration until = std::min(limits.outbox_blind_until, limits.outbox_blind_after / 2);
  const Duration lag =
      lag_.Look(context_.now(), context_.journal.durable_end(), context_.settler.settled());
  const bool before = blind_;
  blind_ = lag >= (before ? until : limits.outbox_blind_after);
  if (blind_ == before) return;
  // What is held goes from now on; or, at the end, a pass begins that knows the end of all that was sent meanwhile.
  for (auto& [id, box] : boxes_) {
    if (box.stored) Restart(box);
  }
}

bool Outbox::GoesOn(const Box& box) const { return blind_ && box.client->receivers_total() != 0; }

bool Outbox::HasRoom(const Box& box) const {
  return box.stored && box.under_way < box.under_way_max && box.not_before <= context_.now() &&
         box.client->receivers_total() != 0;
}

void Outbox::Work(Box& box) {
  if (!box.stored) return;
  if (box.client->receivers_total() == 0) return Rest(box);
  if (box.not_before > context_.now()) return;
  while (!box.page.empty() && HasRoom(box)) {
    DeliverJob job = std::move(box.page.front());
    box.page.pop_front();
    Send(box, std::move(job));
  }
  if (blind_ || box.held_go) return SendHeld(box);
  if (box.page.empty() && !box.loading) Fetch(box);
}

// Its client is not bound. What waits for an absent one is in PostgreSQL alone; but one that left with the last it was told
// has none waiting.
void Outbox::Rest(Box& box) {
  if (box.under_way != 0) return;  // how they end decides
  if (box.last_page && box.page.empty() && box.held.empty() && !box.missed) return GoLive(box);
  if (box.marked) Restart(box);
  DropHeld(box);
}

// Everything that was there when the pass began has been told. What came since follows.
void Outbox::EndPass(Box& box) {
  if (box.missed) return Restart(box);
  box.held_go = true;
  SendHeld(box);
}

// A client that goes or takes no more meanwhile makes Send or OnDelivered forget them: PostgreSQL has the rest.
void Outbox::SendHeld(Box& box) {
  while (!box.held.empty() && HasRoom(box)) {
    DeliverJob job = std::move(box.held.front());
    box.held.pop_front();
    --held_total_;
    box.held_ids.erase(job.receipt.receipt_id);
    Send(box, std::move(job));
  }
  if (!box.held_go || !box.held.empty()) return;
  if (box.missed) return Restart(box);
  GoLive(box);
}

void Outbox::GoLive(Box& box) {
  ForgetPass(box);
  box.stored = false;
  if (!box.again_at) box.again_pause = {};  // none was refused
  Log(Event::receipts_caught_up, {{"system_id", box.client->system_id}});
}

void Outbox::Fetch(Box& box) {
  if (box.last_page) {
    if (box.under_way == 0) EndPass(box);  // before, one of them may come back
    return;
  }
  if (box.after == 0 && !MayBegin(box)) return;
  store::ReceiptQuery query;
  query.client_id = box.client->client_id;
  query.after = box.after;
  query.limit = context_.limits.outbox_page;
  box.loading = context_.archive.LoadReceipts(
      // Marks of the journal are settled without a word to PostgreSQL: what is settled now, the page shows too.
      query, [this, id = query.client_id, pass = box.pass, known = context_.settler.settled(),
              run = context_.run_on_loop](store::ReceiptPage page) {
        page.settled = std::max(page.settled, known);
        run([this, id, pass, page = std::move(page)] { OnPage(id, pass, page); });
      });
}

// A pass begins when PostgreSQL knows the end of everything that was sent before: it sends nothing twice.
bool Outbox::MayBegin(Box& box) {
  if (blind_ || box.under_way != 0) return false;
  if (!box.marked) {
    box.mark = records_.Mark();
    box.marked = true;
    // Whom it was set for this pass meets.
    if (box.again_at && *box.again_at <= context_.now()) box.again_at.reset();
  }
  if (box.below == 0) box.below = records_.Below(box.mark);
  return box.below != 0 && context_.settler.settled() >= box.below;
}

void Outbox::OnPage(std::int64_t client_id, std::uint64_t pass, const store::ReceiptPage& page) {
  const auto found = boxes_.find(client_id);
  if (found == boxes_.end()) return;
  Box& box = found->second;
  box.loading = false;
  if (!page.reachable || !box.stored || box.pass != pass) return;  // asked again by the next tick
  for (const store::StoredReceipt& stored : page.receipts) {
    box.after = std::max(box.after, stored.receipt_id);
    if (box.held_ids.contains(stored.receipt_id)) continue;
    if (refused_.Waits(stored.receipt_id, context_.now())) {
      TryAgainLater(box);
      continue;
    }
    if (IsEarly(box, stored.receipt_id, stored.message_id)) continue;
    if (!stored.earlier_run) taken_.Note(stored.receipt_id, context_.now());
    DeliverJob job;
    job.client = box.client;
    job.pdu = Slice::CopyOf(stored.pdu);
    job.command_id = smpp::ReadHeader(stored.pdu.data()).command_id;
    job.receipt = {stored.receipt_id, stored.message_id, stored.is_final, stored.tries,
                   stored.earlier_run || stored.tries > 0};
    if (stored.message_id == 0) job.together = TogetherOf(job.command_id, job.pdu);
    box.page.push_back(std::move(job));
  }
  box.last_page = !page.more && box.below != 0 && page.settled >= box.below;
  Work(box);
}

// --- how they ended --------------------------------------------------------------------------------------------

void Outbox::OnDelivered(const ReceiptDelivered& delivered) {
  Pass(CrashPoint::relay_receipt_answered);
  Box& box = BoxOf(delivered.client);
  --box.under_way;
  if (delivered.end == DeliveryEnd::kAnswered) {
    const DeliveryAnswer answer = delivered.status == Status::ESME_ROK
                                      ? DeliveryAnswer::kDone
                                      : ClassifyDelivery(delivered.status);
    if (answer == DeliveryAnswer::kDone) {
      OnTaken(box);
      const bool is_mo = delivered.receipt.message_id == 0;
      context_.metrics.Add(is_mo ? Metric::mo_delivered : Metric::receipts_delivered);
      Finish(delivered, store::ReceiptEnd::kDelivered);
      return Work(box);
    }
    context_.metrics.Add(Metric::receipts_refused_by_client);
    if (answer == DeliveryAnswer::kFailed) return Finish(delivered, store::ReceiptEnd::kRefused);
    // About this receipt; a client that is full takes none.
    const bool is_full =
        delivered.status == Status::ESME_RTHROTTLED || delivered.status == Status::ESME_RMSGQFUL;
    if (!is_full) {
      Finish(delivered, store::ReceiptEnd::kTriedAgain);
      PutOff(box, delivered.receipt.receipt_id);
      return Work(box);
    }
  }
  // Not told: PostgreSQL has it, and it is tried again after a pause, or when the client binds.
  if (delivered.end != DeliveryEnd::kNotSent) Finish(delivered, store::ReceiptEnd::kTriedAgain);
  // A lost bind says nothing about how many the client takes.
  StandBack(box, delivered.end != DeliveryEnd::kNoAnswer);
}

void Outbox::OnTaken(Box& box) {
  box.pause = {};
  box.refused_in_row = 0;
  if (box.under_way_max >= context_.limits.outbox_under_way_max) return;
  if (++box.taken < box.under_way_max) return;
  box.taken = 0;
  ++box.under_way_max;
}

// All that were under way when the client had enough come back one by one: they are one failure, and one pause.
bool Outbox::Pause(Box& box) {
  if (box.quiet) return false;
  box.quiet = true;
  box.refused_in_row = 0;
  box.pause =
      std::clamp(box.pause * 2, context_.limits.outbox_pause_min, context_.limits.outbox_pause_max);
  box.not_before = context_.now() + box.pause;
  return true;
}

// A later pass meets it again. When many are refused in a row the client may be out of order: it gets a pause. But a pass
// that has begun goes on behind those that it offered: if it is about them, the others must not wait for them.
void Outbox::PutOff(Box& box, std::uint64_t receipt_id) {
  TryAgainLater(box);
  refused_.Note(receipt_id, context_.now() + box.again_pause, context_.now());
  if (++box.refused_in_row < kRefusedInRowMax) return;
  box.refused_in_row = 0;
  if (Pause(box) && !box.marked) Keep(box);
}

// All is left to PostgreSQL, and a pass begins anew after a pause. `fewer`: then with half as many under way.
void Outbox::StandBack(Box& box, bool fewer) {
  if (!Pause(box)) {
    if (box.marked)
      box.missed = true;  // its pause was one of PutOff: the pass that goes on is beyond this one
    return;
  }
  if (fewer) {
    const std::size_t least =
        std::min(context_.limits.outbox_under_way_min, context_.limits.outbox_under_way_max);
    box.under_way_max = std::max(least, box.under_way_max / 2);
    box.taken = 0;
  }
  Keep(box);
}

void Outbox::TryAgainLater(Box& box) {
  if (box.again_at) return;
  box.again_pause = std::clamp(box.again_pause * 2, context_.limits.outbox_pause_min,
                               context_.limits.outbox_pause_max);
  box.again_at = context_.now() + box.again_pause;
  if (!tick_.armed()) tick_.Start(context_.limits.outbox_tick);
}

void Outbox::Finish(const ReceiptDelivered& delivered, store::ReceiptEnd end) {
  store::ReceiptEndRecord row;
  row.receipt_id = delivered.receipt.receipt_id;
  row.message_id = delivered.receipt.message_id;
  row.end = end;
  row.tries = delivered.receipt.tries + 1;
  row.possible_duplicate = delivered.receipt.possible_duplicate;
  row.is_final = delivered.receipt.is_final;
  row.command_status = static_cast<std::uint32_t>(delivered.status);
  row.at_us = ToMicros(context_.wall_now());
  records_.Write(row);
  if (row.message_id == 0 && end != store::ReceiptEnd::kTriedAgain)
    routes_.OnMoEnd(delivered.client->client_id, row.receipt_id);
}

}  // namespace hub::relay
