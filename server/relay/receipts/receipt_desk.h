// Receipts find their messages here: on the home loop of their supplier. A receipt is answered when it is on disk.
//
//   OnReceipt ─┬─ in memory ─────────────► Handle ─ Outcome + Receipt ─(durable)─► ESME_ROK to the supplier, NewReceipt ─► Outbox
//              └─ parked ─┬─ response came ──▲  ▲
//                         ├─ PostgreSQL knows ──┘   asked after receipt_ask, and once more after receipt_park
//                         ├─ it knows nobody the second time: kept as a stray, ESME_ROK
//                         └─ it cannot tell yet: ESME_RX_T_APPN, it comes again
//
// Of a message's final states one is told. Until its dlr_timeout is over that is the first one here; from then on it is
// Overdue's, and a receipt stays with the supplier until PostgreSQL shows that end: then it is recorded as a late one. What
// was written here before is settled when Overdue asks: see there.
#pragma once

#include <unordered_map>

#include "protocol/receipt/id_form.h"
#include "protocol/receipt/receipt.h"
#include "server/relay/client/front.h"
#include "server/relay/context.h"
#include "server/relay/receipts/correlation.h"
#include "server/relay/receipts/parking.h"
#include "server/relay/records.h"

namespace hub::relay {

/// Where a receipt goes on: to the home of its client, or back as an answer. Implemented by the relay.
class ReceiptRoutes {
 public:
  virtual ~ReceiptRoutes() = default;
  virtual void SendNewReceipt(DeliverJob job) = 0;
  virtual void SendAnswer(const AnswerSupplier& answer) = 0;
};

class ReceiptDesk final : private Durable {
 public:
  ReceiptDesk(Context& context, Front& front, Records& records, ReceiptRoutes& routes,
              MessageIdSource& ids);

  /// A response came: its receipt may follow, or wait here already.
  void OnCorrelate(Correlate correlate);
  /// Handled with others of this turn: by HandleArrived at the latest, and before the next Correlate.
  void OnReceipt(ReceiptJob job);
  /// Once a turn, behind its reads and mail.
  void HandleArrived();
  /// A receipt that the hub itself makes: written down, then on its way.
  void Store(DeliverJob job, smpp::MessageState state);
  void EndTurn();

  std::size_t correlated() const { return correlation_.size(); }
  std::size_t parked() const { return parking_.size(); }

 private:
  /// So many are looked for at once. What memory has of their messages was not touched since those were answered, and a look
  /// that waits for it alone takes longer than everything else that is done for a receipt.
  static constexpr std::size_t kTogether = 16;

  /// A receipt as it was read; `view` and `receipt` look into job.pdu, whose octets stay where they are.
  struct Read {
    explicit Read(const ReceiptJob& job);

    bool readable = false;
    smpp::MessageView view;
    smpp::Receipt receipt;
  };
  // Just come, with the id by which it is looked for first; empty: none.
  struct Arrived {
    explicit Arrived(ReceiptJob&& given);

    ReceiptJob job;
    Read read;
    smpp::IdText id;
    std::uint32_t hash;
  };
  // On its way to disk.
  struct Storing final : Pooled<Storing, kSpareMessagesMax> {
    Origin origin;           // loop, link 0: nobody is owed an answer
    std::uint32_t hash = 0;  // of the key by which it was found
    MessageId closes = 0;    // whose final receipt it is; 0: nobody's
    DeliverJob delivery;     // receipt_id 0: the client does not want it
  };

  void OnDurable(std::uint64_t token) override;
  void ExpectDurable(std::uint64_t token) override {
    if (const auto* storing = storing_.Find(token)) PrefetchWhole(storing->get());
  }
  void HandleOne(Arrived& arrived);

  /// Whether the receipt speaks of this message: its source, or its destination where a supplier does not swap them.
  static bool IsAbout(const smpp::MessageView& view, const Awaited& awaited);
  static bool IsAbout(const smpp::MessageView& view, std::string_view number);
  /// What the receipt is about: the message that its id names as it stands, else one that another reading of the id
  /// names and whose number the receipt is about. kNone when there is none.
  /// believes  its id as it stands, whatever the number: nobody will tell more
  Correlation::Slot Find(const std::vector<UpstreamId>& keys, const Read& read,
                         bool believes = false);
  /// From now on all that the supplier takes is remembered. Since when it is, in microseconds since 1970.
  std::int64_t NoteUnasked(std::int64_t supplier_id);
  /// The same by the likeliest reading and the number, which nearly always is the one.
  Correlation::Slot FindAsItStands(const Arrived& arrived);
  /// `slot` is where `awaited` stands, if it does.
  void Handle(const ReceiptJob& job, const Read& read, Awaited& awaited, Correlation::Slot slot);
  void WriteOutcome(const ReceiptJob& job, const Awaited& awaited, const smpp::Receipt& receipt);
  /// The PDU as the client gets it; empty when our id can stand nowhere in it.
  static Slice ForClient(const ReceiptJob& job, const Read& read, const Awaited& awaited);
  void Write(DeliverJob* delivery, smpp::MessageState state);
  bool BelongsToOverdue(const Awaited& awaited) const;
  void Remember(const UpstreamId& key, Awaited awaited);

  /// `overdue`: its message is here, and its time is over.
  void Park(ReceiptJob job, std::vector<UpstreamId> keys, bool overdue);
  void Unpark(const UpstreamId& key);
  void Tick();
  bool IsToBeAsked(Parked& parked);
  void Ask(std::vector<std::shared_ptr<Parked>> parked);
  using Rows = std::unordered_map<UpstreamId, const store::FoundMessage*, UpstreamIdHash>;
  void OnFound(const std::vector<std::shared_ptr<Parked>>& parked, const store::FoundPage& page);
  void Learn(const Rows& rows);
  Awaited AwaitedOf(const store::FoundMessage& found) const;
  void Conclude(Parked& parked, const Rows& rows);
  const Rows::value_type* Match(const Parked& parked, const Read& read, const Rows& rows) const;
  void HandleParked(Parked& parked, const Read& read, Awaited& awaited, Correlation::Slot slot);
  void KnowsNobody(Parked& parked, const Read& read);
  void Refuse(Parked& parked);
  void KeepStray(const ReceiptJob& job, const Read& read);
  void Answer(const Origin& origin, smpp::Status status);

  Context& context_;
  Front& front_;
  Records& records_;
  ReceiptRoutes& routes_;
  MessageIdSource& ids_;
  Correlation correlation_;
  std::vector<Arrived> arrived_, handling_;  // room for kTogether
  Parking parking_;
  SlotMap<std::unique_ptr<Storing>> storing_;
  Timer tick_;
};

}  // namespace hub::relay
