#include "server/relay/supplier/broadcast_rewrite.h"

#include "protocol/pdu/broadcast_sm.h"
#include "server/base/check.h"

namespace hub::relay {

using smpp::Status;

Rewritten RewriteBroadcast(const store::SupplierProfile* profile, smpp::Bytes pdu) {
  if (profile == nullptr) return {};
  auto broadcast = smpp::Decode<smpp::BroadcastSm>(pdu.subspan(smpp::kHeaderOctets));
  HUB_CHECK_SAY(broadcast.ok(), "the session judged it");
  const SentAs::Party came{broadcast->source_addr_ton, broadcast->source_addr_npi,
                           std::string(broadcast->source_addr)};
  SentAs::Party source = came;
  if (!MapAddress(profile->source_rules, &source) || source.address.size() >= smpp::kAddrOctetsMax)
    return {Status::ESME_RINVSRCADR, {}, {}};
  const auto coding = profile->data_codings.find(broadcast->data_coding);
  const std::uint8_t data_coding =
      coding == profile->data_codings.end() ? broadcast->data_coding : coding->second;
  if (source == came && data_coding == broadcast->data_coding) return {};
  broadcast->source_addr_ton = source.ton;
  broadcast->source_addr_npi = source.npi;
  broadcast->source_addr = source.address;
  broadcast->data_coding = data_coding;
  return {Status::ESME_ROK, Slice::CopyOf(smpp::Encode(*broadcast, Status::ESME_ROK, 0)), {}};
}

}  // namespace hub::relay
