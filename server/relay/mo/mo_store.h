// Mobile originated messages of clients with mo_offline = store, on the home loop of the client.
//
//   Take ─┬─ client receives, nothing waits ──► Deliveries: its answer is the supplier's
//         └─ else: on disk ─► ESME_ROK to the supplier ─► Outbox: live, or out of PostgreSQL in order, with the client's receipts
//
// A stored one is a row of traffic.receipt without a message (message_id 0): its way to the client is that of a receipt.
#pragma once

#include <map>
#include <unordered_map>

#include "server/relay/client/front.h"
#include "server/relay/context.h"
#include "server/relay/mo/mo_desk.h"
#include "server/relay/receipts/outbox.h"
#include "server/relay/records.h"

namespace hub::relay {

class MoStore final : private Durable {
 public:
  MoStore(Context& context, Front& front, Records& records, MoExits& exits, Outbox& outbox,
          MessageIdSource& ids);

  /// An MO for a client whose home this loop is. Its origin is owed one answer.
  void Take(DeliverJob job);
  /// The client took it, or refused it for good.
  void OnEnd(std::int64_t client_id, std::uint64_t receipt_id);
  /// Before the loop runs: PostgreSQL holds it.
  void OnWaiting(std::int64_t client_id, std::uint64_t receipt_id, std::int64_t expires_at_us);

  std::size_t size() const { return total_; }

 private:
  // Those that the client has not taken yet: receipt_id -> when its time is over.
  using Shelf = std::map<std::uint64_t, std::int64_t>;

  void OnDurable(std::uint64_t token) override;

  bool HasRoom(std::int64_t client_id);
  void Store(DeliverJob job);
  void DropExpired(Shelf& shelf);
  void Sweep();
  void NoteTotal(std::size_t total);

  Context& context_;
  Front& front_;
  Records& records_;
  MoExits& exits_;
  Outbox& outbox_;
  MessageIdSource& ids_;
  SlotMap<std::unique_ptr<DeliverJob>> storing_;              // on their way to disk
  std::unordered_map<std::int64_t, std::size_t> storing_of_;  // how many of a client; none is 0
  std::unordered_map<std::int64_t, Shelf> shelves_;           // by client_id; none is empty
  std::size_t total_ = 0;
  Timer timer_;
};

}  // namespace hub::relay
