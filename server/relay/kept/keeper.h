// Store and forward: messages whose client has its ESME_ROK (answer = accepted), until a supplier takes them or time is up.
//
//   Keep ─┬─ later (schedule_delivery_time) ─► waiting room ─ due ─┐
//         ├─ no room in memory ─► PostgreSQL only ─ page ──────────┤
//         │       lane full ─► later, PostgreSQL only ─ page ──────┤
//         └────────────────────────────────────────────────────────┴► Route ─► lane of the supplier ─ room in its window ─► Attempts
//   Attempts ─┬─ taken ─► QueueEnd; its receipt will find it
//             ├─ every route failed ─► Queued: again later, by the supplier's schedule, or EXPIRED
//             ├─ refused for good ─► REJECTED           each end of ours is told by a receipt of our own, when asked for
//             └─ nobody knows ─► held (until its receipt's time is up), or UNKNOWN, by the supplier's on_unknown
//                                  └─ answered late ─► taken after all, or tried again, or REJECTED: keeper_late.cc
#pragma once

#include <unordered_map>

#include "protocol/pdu/replace_sm.h"
#include "protocol/receipt/message_state.h"
#include "server/relay/flow.h"
#include "server/relay/kept/held_messages.h"
#include "server/relay/kept/lane_pace.h"
#include "server/relay/kept/page_round.h"
#include "server/relay/kept/recent_ends.h"
#include "server/relay/kept/waiting_room.h"

namespace hub::relay {

/// Implemented by the relay.
class KeeperRoutes {
 public:
  virtual ~KeeperRoutes() = default;
  virtual void SendCorrelate(Correlate correlate, unsigned home) = 0;
  /// A receipt of our own: written down, then on its way to the client.
  virtual void StoreReceipt(DeliverJob job, smpp::MessageState state) = 0;
};

/// One loop's. Everything it lets go of is in the journal or in PostgreSQL already.
class Keeper final : public KeptMessages {
 public:
  Keeper(Context& context, Front& front, Flow& flow, Records& records, KeeperRoutes& routes);

  void Keep(Message& message) override;
  void OnTaken(Message& message, const PlannedRoute& route, SubmitResult& result) override;
  void OnFailed(Message& message, Failure failure) override;
  void OnNoRoom(Message& message) override;

  /// A supplier answered a submit of this loop that had timed out; of any message, also of one that is not ours.
  void OnLateAnswer(LateAnswer late);

  // keeper_change.cc: messages that their clients take back or change.
  /// Null: it is not in memory.
  Message* Find(MessageId id);
  /// A page that shows what lies below `settled` does not say any more what became of it.
  bool IsOutOfDate(MessageId id, journal::Position settled) const;
  /// Takes one into memory that waits in PostgreSQL alone, and is not out of date; for Cancel, or else for PutBack. Null: it
  /// cannot be ours any more, or waits for nothing but the end of its time.
  Message* Fetch(const store::StoredMessage& stored);
  /// Leaves it to PostgreSQL again.
  void PutBack(Message& message) { Spill(message); }
  /// True when its time was over: it has ended.
  bool EndIfExpired(Message& message);
  /// Ends it as DELETED; it must wait (Step::kKept). `who` hears when that is durable, before the client gets the receipt.
  void Cancel(Message& message, Durable& who, std::uint64_t token);
  /// Makes it what the request says, or returns why not: then nothing changed. It must wait; it does so anew, and may be out
  /// of memory behind this.
  smpp::Status Replace(Message& message, const smpp::ReplaceSm& request);

  /// Before the loop runs: PostgreSQL holds about so many of the class.
  void OnQueued(MessageClass c, std::int64_t count) { room_.AddSpilled(c, count); }
  /// Once a turn, before Records::EndTurn: what is due, what suppliers have room for, pages.
  void EndTurn();
  /// Sends nothing more; what waits is PostgreSQL's.
  void Drain();

  std::size_t kept() const override { return kept_.size(); }

 private:
  bool GoesAtOnce(const Message& message) const;
  void NoteKept(const Message& message);
  static void Rest(Message& message);
  void Route(Message& message, std::int64_t turn = 0);
  void RouteAnew(Message& message, std::int64_t turn = 0);
  const SupplierEntry* FirstUp(const Message& message) const;  // null: none is open
  void EnterLane(Message& message, const SupplierEntry& supplier);
  void ReturnToLane(Message& message, std::int64_t supplier_id);
  void PutOff(Message& message, TimePoint back);
  void NoteLane(std::int64_t supplier_id);
  void SweepLanes();
  void Pump();
  void PumpLane(std::int64_t supplier_id);
  void StartHeld(Message& message);
  void TakeDue();
  void RetryLater(Message& message);
  void RetryAfter(Message& message, std::chrono::seconds pause);
  void AwaitSupplier(Message& message);
  void WaitForItsTime(Message& message);
  /// null: a supplier that is gone.
  static std::chrono::seconds PauseOf(const Message& message, const store::SupplierRow* supplier);
  static void Shelve(Message& message);
  void Hold(Message& message);
  Message* TakeHeld(MessageId id);  // null: it is not here
  void Take(Message& message, const LateAnswer& late);
  void TakeElsewhere(const LateAnswer& late);
  void OnRefusedLate(Message& message, const LateAnswer& late, bool held);
  bool IsOverdues(const Message& message, const LateAnswer& late) const;
  void EndRefused(Message& message, const LateAnswer& late);
  void Finish(Message& message, smpp::MessageState state, store::OutcomeCause cause);
  void WriteEnd(const Message& message, smpp::MessageState state, store::OutcomeCause cause);
  void NoteGone(const Message& message);
  void ForgetResubmits(const Message& message);
  void WaitAnew(Message& message);
  void Tell(const Message& message, smpp::MessageState state);
  /// Out of memory; PostgreSQL has it, or will.
  void LetGo(Message& message) { Release(message); }
  std::unique_ptr<Message> Release(Message& message);
  void Spill(Message& message);

  void Load();
  void OnPage(MessageClass c, const store::MessagePage& page);
  bool TakePage(MessageClass c, const store::MessagePage& page);  // false: no room for all of it
  void OnLastPage(MessageClass c, const store::MessagePage& page);
  /// Null: it cannot be ours any more (its client is gone).
  Message* Adopt(MessageClass c, const store::StoredMessage& stored);
  bool Readmit(MessageClass c, const store::StoredMessage& stored);
  TimePoint DueOf(WallTime at) const;

  Context& context_;
  Front& front_;
  Flow& flow_;
  Records& records_;
  KeeperRoutes& routes_;
  WaitingRoom room_;
  RecentEnds recent_;
  HeldMessages held_;
  std::unordered_map<MessageId, SlotId> kept_;
  std::vector<std::int64_t> suppliers_;  // with something in their lanes
  std::unordered_map<std::int64_t, std::array<LanePace, kMessageClasses>> paces_;  // of suppliers
  std::array<BackPlaces, kMessageClasses> back_places_;
  std::vector<SlotId> due_;  // reused
  std::array<bool, kMessageClasses> loading_{};
  std::array<TimePoint, kMessageClasses> load_at_{};  // not before
  std::array<MessageId, kMessageClasses> last_spilled_{};
  std::array<PageRound, kMessageClasses> rounds_{};
  TimePoint sweep_at_{};  // not before
  Timer wake_;
  bool draining_ = false;
};

}  // namespace hub::relay
