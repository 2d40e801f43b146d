// Receipts of the clients whose home this loop is, and their stored MO, from disk to the client's word on them.
//
//   live     each new receipt goes straight to a loop where the client receives
//   stored   PostgreSQL holds some that we do not: newer ones stand behind them (they are on disk already), and pages are
//            fetched in order while the client receives; a pass that meets all there were makes it live again
//            One that its client does not take now stays in PostgreSQL, and a pass of later meets it: the others go on
//            New ones that came during the pass are held, and follow behind it as its own did: no more under way than the
//            client showed that it takes
//   blind    PostgreSQL is away, or far behind the disk since: what waits there waits for it, and new ones go on ahead, for
//            hours if need be
//
// Memory is bounded by what is under way to clients; what waits for an absent one costs a flag.
#pragma once

#include <chrono>
#include <deque>
#include <optional>
#include <unordered_map>
#include <unordered_set>

#include "server/relay/context.h"
#include "server/relay/mail.h"
#include "server/relay/receipts/refused_receipts.h"
#include "server/relay/receipts/settle_lag.h"
#include "server/relay/receipts/taken_from_pages.h"
#include "server/relay/records.h"

namespace hub::relay {

/// Implemented by the relay.
class OutboxRoutes {
 public:
  virtual ~OutboxRoutes() = default;
  /// To a loop where the client has a receiving bind; false when it has none.
  virtual bool SendToReceiver(DeliverJob job) = 0;
  /// A stored MO: the client took it, or refused it for good.
  virtual void OnMoEnd(std::int64_t client_id, std::uint64_t receipt_id) = 0;
};

class Outbox final {
 public:
  Outbox(Context& context, Records& records, OutboxRoutes& routes);

  /// A receipt that is on disk.
  void Take(DeliverJob job);
  void OnDelivered(const ReceiptDelivered& delivered);
  void OnReceiverUp(const std::shared_ptr<ClientState>& client);
  /// At start: PostgreSQL holds receipts for this client.
  void OnWaiting(const std::shared_ptr<ClientState>& client);

  std::size_t stored_clients() const;
  /// PostgreSQL holds some for the client: what comes stands behind them.
  bool IsStored(std::int64_t client_id) const {
    const auto found = boxes_.find(client_id);
    return found != boxes_.end() && found->second.stored;
  }

 private:
  struct Box {
    std::shared_ptr<ClientState> client;
    bool stored = false;
    bool loading = false;
    bool last_page = false;   // of this pass
    bool missed = false;      // since this pass began, one was left to PostgreSQL
    std::uint64_t pass = 0;   // its number: a page of an earlier one is of no use
    std::uint64_t after = 0;  // receipt_id: where the next page begins
    std::size_t under_way = 0;
    std::size_t under_way_max = 0;  // as many as this client takes: halved when it takes no more
    std::size_t taken = 0;          // by it, since that grew
    // Everything that a pass must see: written down by `mark`, below `below` (0: not on disk yet).
    bool marked = false;
    journal::Ticket mark = 0;
    journal::Position below = 0;
    TimePoint not_before{};  // after a failure, or many refusals in a row
    Duration pause{};
    // Nothing was sent since the pause began: what fails now failed with those before.
    bool quiet = false;
    int refused_in_row = 0;
    std::optional<TimePoint> again_at;  // a pass for those that the client did not take
    Duration again_pause{};
    std::deque<DeliverJob> page;  // fetched, not sent yet
    // New ones since the pass began, kept so that it can end: PostgreSQL shows them too as time goes by.
    std::deque<DeliverJob> held;
    std::unordered_set<std::uint64_t> held_ids;
    bool held_go =
        false;  // it ended: they follow it, and the client is live when the last one went
  };

  Box& BoxOf(const std::shared_ptr<ClientState>& client);
  void Keep(Box& box);  // becomes stored
  void Restart(Box& box);
  void ForgetPass(Box& box);
  void Work(Box& box);
  void Rest(Box& box);
  void Fetch(Box& box);
  void EndPass(Box& box);
  bool IsEarly(Box& box, std::uint64_t receipt_id, MessageId message_id);
  void Hold(Box& box, DeliverJob job);
  void DropHeld(Box& box);
  void SendHeld(Box& box);
  void GoLive(Box& box);
  bool HasRoom(const Box& box) const;
  bool MayBegin(Box& box);
  void LookAtSettlement();
  bool GoesOn(const Box& box) const;
  void OnPage(std::int64_t client_id, std::uint64_t pass, const store::ReceiptPage& page);
  void Send(Box& box, DeliverJob job);
  void Finish(const ReceiptDelivered& delivered, store::ReceiptEnd end);
  bool Pause(Box& box);
  void PutOff(Box& box, std::uint64_t receipt_id);
  void StandBack(Box& box, bool fewer);
  void OnTaken(Box& box);
  void TryAgainLater(Box& box);
  void TakeUpRefused(Box& box);
  void Tick();

  Context& context_;
  Records& records_;
  OutboxRoutes& routes_;
  std::unordered_map<std::int64_t, Box> boxes_;  // by client_id: those that are not live and idle
  TakenFromPages taken_;
  RefusedReceipts refused_;
  bool blind_ = false;  // of all boxes that are stored
  SettleLag lag_;
  std::size_t held_total_ = 0;  // of all boxes
  Timer tick_;
};

}  // namespace hub::relay
