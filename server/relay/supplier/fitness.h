// Which suppliers can be sent a message at all, by their profiles and their binds.
#pragma once

#include "protocol/pdu/message_view.h"
#include "server/relay/snapshot.h"
#include "server/routing/router.h"

namespace hub::relay {

/// What the link may be sent now.
bool TakesTlvs(const store::SupplierProfile* profile, const LinkState& link);

/// No message can be unfit for who is not picky: no rule of its profile and no bind of its stands against any.
bool IsPicky(const SupplierEntry& supplier);

/// Whether one message can be sent to suppliers. Borrows both; costs what RewriteSubmit costs for who is picky, twice at most.
class Fit final : public routing::Fitness {
 public:
  /// view  of a submit_sm or data_sm
  Fit(const Snapshot& snapshot, const smpp::MessageView& view) : snapshot_(snapshot), view_(view) {}

  routing::Drop Judge(std::uint32_t supplier_index) const override;

 private:
  const Snapshot& snapshot_;
  const smpp::MessageView& view_;
};

/// The same for one supplier: over a bind that is up, over one that is not, or over none. Of a supplier without binds nobody
/// knows: it may be sent everything.
routing::Drop JudgeFit(const SupplierEntry& supplier, const smpp::MessageView& view);

}  // namespace hub::relay
