// Mobile originated messages find their client here.
//
//   OnMo ─┬─ on its own ──────────────────────► route ─┬─ nobody's ────────► ESME_RINVDSTADR
//         └─ part of a long one ─► OnPart, on the      ├─ mo_offline=store ► MoStore, on the client's home loop
//            supplier's home loop                      ├─ client receives ─► Deliveries: the client's answer is the supplier's
//                                                      └─ client is away ──► ESME_RX_T_APPN: the supplier keeps it
//              first, or no keyword is asked for ─► route, and the client is noted
//              its client is noted ───────────────► there; that it is nobody's ► ESME_RINVDSTADR
//              before the first ──────────────────► waits for it, mo_part_wait_ms; then ESME_RX_T_APPN: it comes again
#pragma once

#include <deque>
#include <unordered_map>
#include <vector>

#include "server/relay/client/front.h"
#include "server/relay/context.h"
#include "server/relay/mo/mo_pins.h"

namespace hub::relay {

/// Where an MO leaves its desk. Implemented by the relay.
class MoExits {
 public:
  virtual ~MoExits() = default;
  virtual void SendMoPart(MoJob job, unsigned home) = 0;
  /// To MoStore on the client's home loop.
  virtual void SendMoHome(DeliverJob job) = 0;
  /// To a loop where the client has a receiving bind; false when it has none.
  virtual bool SendToReceiver(DeliverJob job) = 0;
  virtual void SendAnswer(const AnswerSupplier& answer) = 0;
};

class MoDesk final {
 public:
  MoDesk(Context& context, Front& front, MoExits& exits);

  /// On the loop of the supplier's bind: a deliver_sm or data_sm that is no receipt. `view` looks into `pdu`; `origin` is owed
  /// one answer.
  void OnMo(const SupplierState& supplier, const smpp::MessageView& view, const Slice& pdu,
            const Origin& origin);
  /// On the loop of the supplier's bind: an alert_notification, whose body is good. Nobody is owed an answer.
  void OnAlert(const SupplierState& supplier, const Slice& pdu);
  /// On the supplier's home loop: one sees all parts, whichever of its binds they came by.
  void OnPart(MoJob job);

  std::size_t parts_waiting() const { return parts_waiting_; }

 private:
  struct Waiting {
    std::uint8_t part = 0;
    MoJob job;
    TimePoint give_up;
  };

  /// routing::MoRoutes::kNone: nobody's.
  std::uint32_t ClientOf(std::int64_t supplier_id, const smpp::MessageView& view) const;
  bool NeedsWord(std::int64_t supplier_id, const smpp::MessageView& view) const;
  void Decide(const std::string& key, const MoJob& job, const smpp::MessageView& view);
  void Follow(const std::shared_ptr<ClientState>& client, const MoJob& job,
              const smpp::MessageView& view);
  void Wait(const std::string& key, std::uint8_t part, MoJob job);
  void Release(const std::string& key, const std::shared_ptr<ClientState>& client);
  void GiveUp();
  void NoteWaiting(std::size_t parts);
  void Deliver(std::shared_ptr<ClientState> client, MoJob mo, std::uint64_t together);
  void RefuseNobodys(const smpp::MessageView& view, const Origin& origin);

  Context& context_;
  Front& front_;
  MoExits& exits_;
  MoPins pins_;
  std::unordered_map<std::string, std::vector<Waiting>> waiting_;  // by LongMoKey; none is empty
  std::deque<std::pair<TimePoint, std::string>> deadlines_;        // of a part each; it may be gone
  std::size_t parts_waiting_ = 0;
  Timer timer_;
};

}  // namespace hub::relay
