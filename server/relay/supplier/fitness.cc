#include "server/relay/supplier/fitness.h"

#include <algorithm>
#include <optional>

#include "server/relay/supplier/submit_rewrite.h"

namespace hub::relay {
namespace {

using routing::Drop;

bool IsUp(const LinkState& link) { return link.up.load(std::memory_order_relaxed); }

// A link that has not bound yet has shown nothing, and may show what it takes.
bool MayTakeTlvs(const store::SupplierProfile* profile, const LinkState& link) {
  if (TakesTlvs(profile, link)) return true;
  return link.row.interface_version >= kTlvVersion &&
         profile->tlvs == store::SupplierTlvs::kShown && !IsUp(link) &&
         link.shown_version.load(std::memory_order_relaxed) == 0;
}

bool CanBeSent(const store::SupplierProfile* profile, bool takes_tlvs,
               const smpp::MessageView& view) {
  return SendsAsItCame(profile, takes_tlvs) ||
         RewriteSubmit(profile, takes_tlvs, view).status == smpp::Status::ESME_ROK;
}

}  // namespace

bool TakesTlvs(const store::SupplierProfile* profile, const LinkState& link) {
  if (link.row.interface_version < kTlvVersion) return false;
  if (profile == nullptr || profile->tlvs == store::SupplierTlvs::kPass) return true;
  return profile->tlvs == store::SupplierTlvs::kShown &&
         link.shown_version.load(std::memory_order_relaxed) >= kTlvVersion;
}

bool IsPicky(const SupplierEntry& supplier) {
  if (supplier.profile != nullptr && supplier.profile->MayMakeUnfit()) return true;
  return std::any_of(supplier.links.begin(), supplier.links.end(),
                     [](const auto& link) { return link->row.interface_version < kTlvVersion; });
}

Drop JudgeFit(const SupplierEntry& supplier, const smpp::MessageView& view) {
  const store::SupplierProfile* profile = supplier.profile.get();
  std::optional<bool> can[2];  // without TLVs, and with them
  bool judged = false, later = false;
  for (const std::shared_ptr<LinkState>& link : supplier.links) {
    if (link->row.mode == "rx") continue;
    judged = true;
    const bool takes_tlvs = MayTakeTlvs(profile, *link);
    if (!can[takes_tlvs]) can[takes_tlvs] = CanBeSent(profile, takes_tlvs, view);
    if (!*can[takes_tlvs]) continue;
    if (IsUp(*link)) return Drop::kNone;
    later = true;
  }
  if (!judged) return Drop::kNone;
  return later ? Drop::klink_down : Drop::kunfit;
}

Drop Fit::Judge(std::uint32_t supplier_index) const {
  const SupplierEntry& supplier = snapshot_.suppliers[supplier_index];
  return supplier.is_picky ? JudgeFit(supplier, view_) : Drop::kNone;
}

}  // namespace hub::relay
