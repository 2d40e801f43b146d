#include "server/relay/overdue.h"

#include "server/relay/own_receipt.h"

namespace hub::relay {
namespace {

constexpr std::chrono::seconds kSettled(5);  // time for settlement between a note and its question
constexpr std::chrono::seconds kOnDisk(5);   // an outcome that was decided so long ago is

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
  noted_ = context_.journal.durable_end();
  noted_at_ = context_.wall_now();
  ask_.Start(kSettled);
}

void Overdue::Ask() {
  if (context_.settler.settled() < noted_ || !records_.HasRoom()) return;
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
    const auto client = snapshot->client_by_id.find(message.client_id);
    if (client == snapshot->client_by_id.end() || recent_.Contains(message.message_id)) continue;
    const store::ClientRow& row = snapshot->catalog->clients[client->second];
    const WallTime due =
        FromMicros(message.accepted_at_us) + std::chrono::seconds(row.dlr_timeout_s);
    if (due > noted_at_ - kOnDisk) continue;  // PostgreSQL names it again
    End(message, snapshot->clients[client->second], row);
    any = true;
  }
  if (any && page.more) ask_.Start(context_.limits.overdue_next_page);
}

void Overdue::End(const store::OverdueMessage& message, const std::shared_ptr<ClientState>& client,
                  const store::ClientRow& row) {
  context_.metrics.Add(Metric::receipts_overdue);
  const auto state = static_cast<smpp::MessageState>(row.no_receipt_state);
  store::OutcomeRecord outcome;
  outcome.message_id = message.message_id;
  outcome.message_state = row.no_receipt_state;
  outcome.cause = store::OutcomeCause::kNoReceipt;
  outcome.moves_money = message.moves_money;
  outcome.received_at_us = ToMicros(context_.wall_now());
  records_.Write(outcome);
  records_.Write(store::QueueEndRecord{message.message_id});  // it may be held there
  recent_.Note(message.message_id);
  if (!WantsFailure(message.registered_delivery)) return;
  routes_.StoreReceipt(OwnReceiptJob(client, message, state, context_.wall_now()), state);
}

}  // namespace hub::relay
