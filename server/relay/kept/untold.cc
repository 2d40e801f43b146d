#include "server/relay/kept/untold.h"

#include "server/relay/kept/own_receipt.h"

namespace hub::relay {
namespace {

constexpr std::chrono::seconds kAskAgain(1);

}  // namespace

void Untold::Tell(std::vector<MessageId> ids) {
  ids_ = std::move(ids);
  if (!ids_.empty()) ask_.Start(Duration{0});
}

void Untold::Ask() {
  const bool asked =
      context_.archive.LoadByIds(ids_, [this, run = context_.run_on_loop](store::OverduePage page) {
        run([this, page = std::move(page)] { OnPage(page); });
      });
  if (!asked) ask_.Start(kAskAgain);
}

void Untold::OnPage(const store::OverduePage& page) {
  if (!page.reachable) return ask_.Start(kAskAgain);
  constexpr auto kState = smpp::MessageState::UNKNOWN;
  const SnapshotPtr& snapshot = front_.snapshot();
  for (const store::OverdueMessage& message : page.messages) {
    const auto client = snapshot->client_by_id.find(message.client_id);
    if (client == snapshot->client_by_id.end() || !WantsFailure(message.registered_delivery))
      continue;
    routes_.StoreReceipt(
        OwnReceiptJob(snapshot->clients[client->second], message, kState, context_.wall_now()),
        kState);
  }
  ids_.clear();
}

}  // namespace hub::relay
