// A decided message on its way through its plan: one supplier after the other, each told to the journal before it is told
// to the supplier.
//
//   Start ─► next route with a link that has room ─► Handed ─(durable)─► job ─► OnJobEnd ─┬─ taken ─────► OnTaken
//     ▲          │ none left ─► OnFailed(kUsedUp)                                          ├─ temporary ─► next route
//     ├──────────┴──────────── not sent, link lost: another link, then the next route ────┼─ permanent, unknown ─► OnFailed
//     └────── throttled: the same supplier again while patience lasts, before all others ───┘
#pragma once

#include "server/base/prefetch.h"
#include "server/relay/mail.h"
#include "server/relay/message.h"
#include "server/relay/records.h"
#include "server/relay/retry_class.h"

namespace hub::relay {

/// Where jobs go: this loop's back, or another loop's by mail. And where receipts will look for their message.
class JobSender {
 public:
  virtual ~JobSender() = default;
  virtual void SendJob(SubmitJob&& job) = 0;
  virtual void SendCorrelate(Correlate correlate, unsigned home) = 0;
};

enum class Failure : std::uint8_t {
  kUsedUp,  // every route was tried or is down; last_status says what the last one answered
  kFull,  // none was tried: those that are up have no room, by window, rate or throttling; ESME_RTHROTTLED
  kPermanent,  // a supplier refused it for good: last_status
  kUnknown,    // sent, and nobody knows whether it was taken; it is not to be sent again
};

/// Told once for each Start.
class AttemptEvents {
 public:
  virtual ~AttemptEvents() = default;
  /// A supplier took it. Its AttemptRecord is written.
  virtual void OnTaken(Message& message, const PlannedRoute& route, SubmitResult& result) = 0;
  virtual void OnFailed(Message& message, Failure failure) = 0;
  /// Of a message of ours: the next supplier of its plan (at next_route) is up and has no room. It waits in a lane, not in a
  /// link's queue, where a campaign would stand before an OTP.
  virtual void OnNoRoom(Message& message) = 0;
};

/// The messages of one loop, and their attempts. Owns them until Take.
class Attempts final : private Durable {
 public:
  Attempts(Context& context, Records& records, JobSender& sender, AttemptEvents& events)
      : context_(context),
        records_(records),
        sender_(sender),
        events_(events),
        bereft_timer_(context.network.timers(), [this] { LookForLinks(); }) {}

  /// A message keeps the plan and the prices that it was decided with; links and what their statuses mean are those in force.
  void Use(SnapshotPtr snapshot) { in_force_ = std::move(snapshot); }

  SlotId Insert(std::unique_ptr<Message> message);
  /// Null when it has ended.
  Message* Find(SlotId slot);
  /// It is looked for soon.
  void Expect(SlotId slot) {
    if (const Message* message = Find(slot)) PrefetchWhole(message);
  }
  std::unique_ptr<Message> Take(SlotId slot);
  /// The same message under another number, which is returned; the old one is stale.
  SlotId Renew(SlotId slot) { return Insert(Take(slot)); }
  std::size_t size() const { return messages_.size(); }

  /// The supplier that has the part before it, when it is left in its plan and worth waiting for; null: none, or it is whole.
  const SupplierEntry* Followed(const Message& message) const;
  /// One of ours waits for this supplier: the parts behind it will, too.
  void NoteWaiting(const Message& message, std::int64_t supplier_id);

  /// Tries the routes of the plan from next_route on; a part only that of Followed, as long as there is one.
  void Start(Message& message);
  void OnJobEnd(SubmitResult&& result);

 private:
  static constexpr std::uint8_t kSameRouteTriesMax = 3;
  static constexpr Duration kLooksEvery = std::chrono::milliseconds(50);

  void OnDurable(std::uint64_t slot) override;
  void ExpectDurable(std::uint64_t slot) override { Expect(slot); }
  void Send(Message& message);
  std::optional<PartPins::Pin> PinOf(const Message& message) const {
    if (message.parts_key == 0) return {};
    return context_.parts.Find(message.parts_key, context_.now());
  }
  std::uint8_t FollowedAt(const Message& message, const PartPins::Pin& pin) const;
  bool Follow(Message& message, const PartPins::Pin& pin) const;
  void NoteParts(const Message& message, const PlannedRoute& route);
  void Hand(Message& message, const PlannedRoute& route);
  /// The link of that supplier that takes it; null: none does. pin: of a part, whose link it follows; null: it need not.
  std::shared_ptr<LinkState> LinkFor(const Message& message, const SupplierEntry& supplier,
                                     const PartPins::Pin* pin) const;
  bool HasShareOf(const Message& message, const SupplierEntry& supplier,
                  const LinkState* link) const;
  static void LeavePlace(Message& message);
  /// Puts it into the form that the supplier wants; false: the supplier cannot be sent it.
  bool Prepare(Message& message, const SupplierEntry& supplier);
  bool NobodyCanHaveIt(const Message& message) const;
  bool HasPatience(const Message& message) const { return context_.now() < message.patience; }
  const SupplierEntry& LinksOf(const Message& message, const PlannedRoute& route) const;
  const store::SupplierRow& RowOf(const Message& message, const PlannedRoute& route) const;
  void SkipPaused(Message& message) const;
  static void PutNext(Message& message, std::uint8_t route);
  bool SomebodyIsUp(const Message& message) const;
  bool NobodyIsOpen(const Message& message) const;
  void AwaitLink(Message& message);
  void LookForLinks();
  void TrySameRoute(Message& message) const;
  void OnThrottled(Message& message);
  void OnUnknown(Message& message, const store::SupplierRow& supplier, bool link_lost);
  bool TakesName(const Message& message) const;
  RetryClass ClassOf(Message& message, const PlannedRoute& route, smpp::Status status) const;

  Context& context_;
  Records& records_;
  JobSender& sender_;
  AttemptEvents& events_;
  SnapshotPtr in_force_;
  SlotMap<std::unique_ptr<Message>> messages_;
  std::vector<SlotId>
      bereft_;  // that lost their links and wait for one; in the order of their loss
  Timer bereft_timer_;
};

}  // namespace hub::relay
