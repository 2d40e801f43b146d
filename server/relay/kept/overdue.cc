#include "server/relay/kept/overdue.h"

#include <algorithm>
#include <utility>

#include "server/relay/kept/own_receipt.h"

namespace hub::relay {
namespace {

constexpr std::chrono::seconds kSettled(5);  // time for settlement before a question
constexpr std::chrono::seconds kTurnMax(
    5);  // from a desk's look at the clock to its records in the journal

}  // namespace

Overdue::Overdue(Context& context, Front& front, Records& records, KeeperRoutes& routes)
    : context_(context),
      front_(front),
      records_(records),
      routes_(routes),
      recent_(context.limits.recent_ends_max),
      look_(context.network.timers(), [this] { Look(); }),
      ask_(context.network.timers(), [this] { Ask(); }) {}

void Overdue::Look() {
  look_.Start(context_.limits.overdue_every);
  if (asking_ || ask_.armed() || !records_.HasRoom()) return;
  LookAtClock();
  if (!timeouts_before_.empty()) ask_.Start(kSettled);
}

void Overdue::LookAtClock() {
  fence_ = records_.Fence();
  below_.reset();
  looked_at_ = context_.wall_now();
  timeouts_before_ = std::exchange(timeouts_, {});
  for (const store::ClientRow& row : front_.snapshot()->catalog->clients)
    timeouts_[row.client_id] = row.dlr_timeout_s;
}

void Overdue::Ask() {
  if (!below_ || context_.settler.settled() < *below_ || !records_.HasRoom())
    return ask_.Start(context_.limits.overdue_next_page);  // this look is as good later
  // No room among the questions: the next look leads here again.
  asking_ = context_.archive.FindOverdue(
      context_.limits.overdue_page, [this, run = context_.run_on_loop](store::OverduePage page) {
        run([this, page = std::move(page)] { OnPage(page); });
      });
}

void Overdue::OnPage(const store::OverduePage& page) {
  asking_ = false;
  const SnapshotPtr& snapshot = front_.snapshot();
  bool any = false;
  for (const store::OverdueMessage& message : page.messages) {
    if (recent_.size() >= context_.limits.recent_ends_max) break;  // it would forget some
    const auto client = snapshot->client_by_id.find(message.client_id);
    if (client == snapshot->client_by_id.end() || recent_.Contains(message.message_id)) continue;
    const store::ClientRow& row = snapshot->catalog->clients[client->second];
    if (!IsOver(message, row)) continue;  // PostgreSQL names it again
    End(message, snapshot->clients[client->second], row);
    any = true;
  }
  // A scan that was cut goes on though it found nothing: when receipts arrive well, it rarely does.
  if (!page.scan_cut && !(any && page.more)) return;
  // Pages may follow each other for hours: whose time is over meanwhile ends too.
  if (context_.wall_now() - looked_at_ >= context_.limits.overdue_every) LookAtClock();
  ask_.Start(context_.limits.overdue_next_page);
}

bool Overdue::IsOver(const store::OverdueMessage& message, const store::ClientRow& row) const {
  const auto now = timeouts_.find(row.client_id), before = timeouts_before_.find(row.client_id);
  if (now == timeouts_.end() || before == timeouts_before_.end()) return false;
  const std::chrono::seconds longest(std::max({row.dlr_timeout_s, now->second, before->second}));
  return FromMicros(message.waits_since_us) + longest <= looked_at_ - kTurnMax;
}

void Overdue::End(const store::OverdueMessage& message, const std::shared_ptr<ClientState>& client,
                  const store::ClientRow& row) {
  context_.metrics.Add(Metric::receipts_overdue);
  const auto state = static_cast<smpp::MessageState>(row.no_receipt_state);
  store::OutcomeRecord outcome;
  outcome.message_id = message.message_id;
  outcome.message_state = row.no_receipt_state;
  outcome.cause = message.held ? store::OutcomeCause::kUnknown : store::OutcomeCause::kNoReceipt;
  outcome.moves_money = message.moves_money;
  outcome.received_at_us = ToMicros(context_.wall_now());
  records_.Write(outcome);
  records_.Write(store::QueueEndRecord{message.message_id});  // it may be held there
  recent_.Note(message.message_id);
  if (!WantsFailure(message.registered_delivery)) return;
  routes_.StoreReceipt(OwnReceiptJob(client, message, state, context_.wall_now()), state);
}

}  // namespace hub::relay
