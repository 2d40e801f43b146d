#include "server/relay/supplier/submit_rewrite.h"

#include <algorithm>

#include "protocol/pdu/write_view.h"
#include "protocol/text/v33_submit.h"

namespace hub::relay {
namespace {

using smpp::Status;
using store::AddressRule;
using store::TlvRule;

constexpr std::uint8_t kFinalReceipt = 0x01, kReceiptBits = 0x03;  // SMPP v3.4 §5.2.17

bool Matches(const AddressRule& rule, const SentAs::Party& party) {
  return (rule.ton == store::kAnyTonNpi || rule.ton == party.ton) &&
         (rule.npi == store::kAnyTonNpi || rule.npi == party.npi) &&
         party.address.starts_with(rule.prefix);
}

void SetNumber(std::int16_t to, std::uint8_t* number) {
  if (to != store::kAnyTonNpi) *number = static_cast<std::uint8_t>(to);
}

void PutTlv(smpp::Tag tag, smpp::Bytes value, std::vector<std::uint8_t>* out) {
  const std::size_t at = out->size();
  out->resize(at + smpp::kTlvHeaderOctets + value.size());
  smpp::Writer writer(smpp::MutableBytes(*out).subspan(at));
  smpp::PutTlv(writer, tag, value);  // fits: what came in a TLV, or kValueOctetsMax of a rule
}

const TlvRule* FindRule(const std::vector<TlvRule>& rules, smpp::Tag tag) {
  const auto rule =
      std::lower_bound(rules.begin(), rules.end(), static_cast<std::uint16_t>(tag),
                       [](const TlvRule& each, std::uint16_t wanted) { return each.tag < wanted; });
  return rule != rules.end() && rule->tag == static_cast<std::uint16_t>(tag) ? &*rule : nullptr;
}

// In order of arrival; what is added stands at the end.
std::vector<std::uint8_t> MapTlvs(const std::vector<TlvRule>& rules, smpp::Bytes tlvs) {
  std::vector<std::uint8_t> out;
  smpp::TlvCursor cursor(tlvs);
  smpp::Tlv tlv;
  while (cursor.Next(tlv)) {
    const TlvRule* rule = FindRule(rules, tlv.tag);
    if (rule == nullptr || rule->action == store::TlvAction::kAdd) {
      PutTlv(tlv.tag, tlv.value, &out);
    } else if (rule->action == store::TlvAction::kMap) {
      PutTlv(static_cast<smpp::Tag>(rule->to_tag),
             rule->has_value ? smpp::Bytes(rule->value) : tlv.value, &out);
    }
  }
  for (const TlvRule& rule : rules) {
    const auto tag = static_cast<smpp::Tag>(rule.tag);
    if (rule.action == store::TlvAction::kAdd && !smpp::FindTlv(tlvs, tag))
      PutTlv(tag, rule.value, &out);
  }
  return out;
}

/// A view whose changed fields lie here.
class Draft {
 public:
  explicit Draft(const smpp::MessageView& view) : came_(view), view_(view) {}

  Status Apply(const store::SupplierProfile& profile);
  bool changed() const;
  const smpp::MessageView& view() const { return view_; }

 private:
  const smpp::MessageView& came_;
  smpp::MessageView view_;
  SentAs::Party source_, destination_;
  std::vector<std::uint8_t> tlvs_;
};

Status Draft::Apply(const store::SupplierProfile& profile) {
  source_ = {came_.source_addr_ton, came_.source_addr_npi, std::string(came_.source_addr)};
  destination_ = {came_.dest_addr_ton, came_.dest_addr_npi, std::string(came_.destination_addr)};
  if (!MapAddress(profile.source_rules, &source_)) return Status::ESME_RINVSRCADR;
  if (!MapAddress(profile.destination_rules, &destination_) || destination_.address.empty())
    return Status::ESME_RINVDSTADR;
  view_.source_addr_ton = source_.ton;
  view_.source_addr_npi = source_.npi;
  view_.source_addr = source_.address;
  view_.dest_addr_ton = destination_.ton;
  view_.dest_addr_npi = destination_.npi;
  view_.destination_addr = destination_.address;
  const auto coding = profile.data_codings.find(came_.data_coding);
  if (coding != profile.data_codings.end()) view_.data_coding = coding->second;
  if (profile.force_receipts)
    view_.registered_delivery =
        static_cast<std::uint8_t>((came_.registered_delivery & ~kReceiptBits) | kFinalReceipt);
  if (!profile.tlv_rules.empty()) {
    tlvs_ = MapTlvs(profile.tlv_rules, came_.tlvs);
    view_.tlvs = tlvs_;
  }
  return Status::ESME_ROK;
}

bool Draft::changed() const {
  return view_.source_addr_ton != came_.source_addr_ton ||
         view_.source_addr_npi != came_.source_addr_npi || view_.source_addr != came_.source_addr ||
         view_.dest_addr_ton != came_.dest_addr_ton || view_.dest_addr_npi != came_.dest_addr_npi ||
         view_.destination_addr != came_.destination_addr ||
         view_.data_coding != came_.data_coding ||
         view_.registered_delivery != came_.registered_delivery ||
         !std::ranges::equal(view_.tlvs, came_.tlvs);
}

}  // namespace

bool MapAddress(const std::vector<AddressRule>& rules, SentAs::Party* party) {
  const auto rule = std::find_if(rules.begin(), rules.end(),
                                 [&](const AddressRule& each) { return Matches(each, *party); });
  if (rule == rules.end()) return true;
  switch (rule->action) {
    case store::AddressAction::kRefuse:
      return false;
    case store::AddressAction::kPrefix:
      party->address.replace(0, rule->prefix.size(), rule->to);
      break;
    case store::AddressAction::kAddress:
      party->address = rule->to;
      break;
    case store::AddressAction::kKeep:
      break;
  }
  SetNumber(rule->to_ton, &party->ton);
  SetNumber(rule->to_npi, &party->npi);
  return true;
}

Status ShownStatus(const store::SupplierProfile& profile, Status status) {
  const auto shown = profile.client_statuses.find(static_cast<std::uint32_t>(status));
  return shown == profile.client_statuses.end() ? status : Status{shown->second};
}

std::unique_ptr<const SentAs> AddressesSent(const store::SupplierProfile& profile,
                                            const smpp::MessageView& view) {
  auto sent = std::make_unique<SentAs>();
  sent->source = {view.source_addr_ton, view.source_addr_npi, std::string(view.source_addr)};
  sent->destination = {view.dest_addr_ton, view.dest_addr_npi, std::string(view.destination_addr)};
  SentAs::Party source = sent->source, destination = sent->destination;
  MapAddress(profile.source_rules, &source);
  MapAddress(profile.destination_rules, &destination);
  if (source == sent->source && destination == sent->destination) return nullptr;
  sent->upstream_address = destination.address;
  return sent;
}

bool SendsAsItCame(const store::SupplierProfile* profile, bool takes_tlvs) {
  return takes_tlvs && (profile == nullptr || !profile->ChangesSubmits());
}

Rewritten RewriteSubmit(const store::SupplierProfile* given, bool takes_tlvs,
                        const smpp::MessageView& view) {
  static const store::SupplierProfile kPlain;
  const store::SupplierProfile& profile = given == nullptr ? kPlain : *given;
  Draft draft(view);
  if (const Status status = draft.Apply(profile); status != Status::ESME_ROK)
    return {status, {}, {}};
  const bool strip =
      !takes_tlvs && (view.command_id == smpp::CommandId::data_sm || !draft.view().tlvs.empty());
  if (!strip && !draft.changed()) return {};
  const auto written =
      strip ? smpp::WriteV33Submit(draft.view(), view.data_coding) : smpp::WriteView(draft.view());
  if (!written) return {written.error(), {}, {}};
  return {Status::ESME_ROK, Slice::CopyOf(*written),
          profile.ChangesAddresses() ? AddressesSent(profile, view) : nullptr};
}

}  // namespace hub::relay
