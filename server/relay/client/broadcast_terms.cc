#include "server/relay/client/broadcast_terms.h"

#include <algorithm>

#include "server/routing/candidates.h"

namespace hub::relay {

std::optional<BroadcastTerms> BroadcastTermsOf(const Snapshot& snapshot,
                                               const store::ClientRow& row) {
  if (row.broadcast_supplier_id == 0) return {};
  const auto found = snapshot.supplier_by_id.find(row.broadcast_supplier_id);
  if (found == snapshot.supplier_by_id.end()) return {};
  const store::SupplierRow& supplier = snapshot.catalog->suppliers[found->second];
  if (!supplier.broadcast_cost || supplier.currency != row.currency) return {};
  return BroadcastTerms{found->second, row.broadcast_price, *supplier.broadcast_cost};
}

routing::Drop JudgeBroadcast(const Snapshot& snapshot, const store::ClientRow& row,
                             const BroadcastTerms& terms) {
  if (row.guard_mode == store::GuardMode::kBlock &&
      !routing::MarginHolds(row, terms.price, terms.cost))
    return routing::Drop::kmargin_guard;
  const SupplierEntry& supplier = snapshot.suppliers[terms.supplier];
  const bool may_go =
      std::any_of(supplier.links.begin(), supplier.links.end(), [](const auto& link) {
        return link->row.interface_version >= kBroadcastVersion &&
               link->up.load(std::memory_order_relaxed);
      });
  return may_go ? routing::Drop::kNone : supplier.WhyDown();
}

}  // namespace hub::relay
