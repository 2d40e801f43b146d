// Mobile originated messages find their client here: on the loop of the supplier's bind.
//
//   OnMo ─┬─ nobody's destination ──► ESME_RINVDSTADR
//         ├─ client receives ───────► Deliveries: the client's answer is the supplier's
//         └─ client is away ────────► ESME_RX_T_APPN: the supplier keeps it
#pragma once

#include "server/relay/client/front.h"
#include "server/relay/context.h"

namespace hub::relay {

/// Where an MO leaves its desk. Implemented by the relay.
class MoExits {
 public:
  virtual ~MoExits() = default;
  /// To a loop where the client has a receiving bind; false when it has none.
  virtual bool SendToReceiver(DeliverJob job) = 0;
  virtual void SendAnswer(const AnswerSupplier& answer) = 0;
};

class MoDesk final {
 public:
  MoDesk(Context& context, Front& front, MoExits& exits)
      : context_(context), front_(front), exits_(exits) {}

  /// A deliver_sm or data_sm that is no receipt. `view` looks into `pdu`; `origin` is owed one answer.
  void OnMo(std::int64_t supplier_id, const smpp::MessageView& view, const Slice& pdu,
            const Origin& origin);

 private:
  /// routing::MoRoutes::kNone: nobody's.
  std::uint32_t ClientOf(std::int64_t supplier_id, const smpp::MessageView& view) const;
  void Refuse(const smpp::MessageView& view, const Origin& origin);
  void Deliver(std::shared_ptr<ClientState> client, const Slice& pdu, const Origin& origin);

  Context& context_;
  Front& front_;
  MoExits& exits_;
};

}  // namespace hub::relay
