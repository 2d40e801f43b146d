#include "server/relay/client/change_request.h"

#include "protocol/pdu/cancel_sm.h"
#include "protocol/text/segments.h"
#include "protocol/wire/tlv.h"
#include "server/base/check.h"

namespace hub::relay {
namespace {

using smpp::Bytes;

template <class Request>
Request Read(Bytes pdu) {
  const auto read = smpp::Decode<Request>(pdu.subspan(smpp::kHeaderOctets));
  HUB_CHECK_SAY(read.ok(), "the session judged it");
  return *read;
}

bool IsCancel(Bytes pdu) {
  return smpp::ReadHeader(pdu.data()).command_id == smpp::CommandId::cancel_sm;
}

// As Message::RegisteredDeliveryUpstream.
std::uint8_t RegisteredDeliveryFor(const store::ChangeableMessage& message) {
  if (!message.receipt_decides) return message.registered_delivery;
  return static_cast<std::uint8_t>((message.registered_delivery & ~0x03) | 0x01);
}

template <class Request>
Slice WithId(Request request, const store::ChangeableMessage& message) {
  request.message_id = message.upstream_id;
  return Slice::CopyOf(smpp::Encode(request, smpp::Status::ESME_ROK, 0));
}

}  // namespace

ChangeRequest ReadChange(Bytes pdu) {
  if (!IsCancel(pdu)) {
    const auto replace = Read<smpp::ReplaceSm>(pdu);
    return {replace.message_id,
            replace.source_addr_ton,
            replace.source_addr_npi,
            replace.source_addr,
            {}};
  }
  const auto cancel = Read<smpp::CancelSm>(pdu);
  return {cancel.message_id, cancel.source_addr_ton, cancel.source_addr_npi, cancel.source_addr,
          cancel.destination_addr};
}

smpp::ReplaceSm ReadReplace(Bytes pdu) { return Read<smpp::ReplaceSm>(pdu); }

bool CostsTheSame(const smpp::ReplaceSm& request, const store::ChangeableMessage& message) {
  const auto payload = smpp::FindTlv(request.tlvs, smpp::Tag::message_payload);
  const Bytes text = payload ? payload->value : request.short_message;
  return smpp::SegmentCount(message.data_coding, 0, text, false) ==
         static_cast<std::uint32_t>(message.segments);
}

Slice ForSupplier(Bytes pdu, const store::ChangeableMessage& message) {
  if (IsCancel(pdu)) return WithId(Read<smpp::CancelSm>(pdu), message);
  auto replace = Read<smpp::ReplaceSm>(pdu);
  replace.registered_delivery = RegisteredDeliveryFor(message);
  return WithId(replace, message);
}

}  // namespace hub::relay
