#include "server/relay/client/change_request.h"

#include "protocol/pdu/broadcast_sm.h"
#include "protocol/pdu/cancel_sm.h"
#include "protocol/pdu/query_sm.h"
#include "protocol/text/segments.h"
#include "protocol/wire/tlv.h"
#include "server/base/check.h"
#include "server/relay/supplier/submit_rewrite.h"

namespace hub::relay {
namespace {

using smpp::Bytes;
using smpp::CommandId;

template <class Request>
Request Read(Bytes pdu) {
  const auto read = smpp::Decode<Request>(pdu.subspan(smpp::kHeaderOctets));
  HUB_CHECK_SAY(read.ok(), "the session judged it");
  return *read;
}

smpp::CommandId CommandOf(Bytes pdu) { return smpp::ReadHeader(pdu.data()).command_id; }

template <class Request>
ChangeRequest About(const Request& request) {
  return {request.message_id,
          request.source_addr_ton,
          request.source_addr_npi,
          request.source_addr,
          {}};
}

const store::SupplierProfile& ProfileOf(const ChangeForm& form) {
  static const store::SupplierProfile kPlain;
  return form.profile == nullptr ? kPlain : *form.profile;
}

// As Message::RegisteredDeliveryUpstream, and as the profile makes it.
std::uint8_t RegisteredDeliveryFor(const store::ChangeableMessage& message,
                                   const ChangeForm& form) {
  if (!message.receipt_decides && !ProfileOf(form).force_receipts)
    return message.registered_delivery;
  return static_cast<std::uint8_t>((message.registered_delivery & ~0x03) | 0x01);
}

// The request borrows from `source`, which the rules are applied to. False: one refuses it.
template <class Request>
bool MapSource(const ChangeForm& form, Request& request, SentAs::Party& source) {
  if (request.source_addr.empty()) return true;  // not told
  source = {request.source_addr_ton, request.source_addr_npi, std::string(request.source_addr)};
  if (!MapAddress(ProfileOf(form).source_rules, &source)) return false;
  request.source_addr_ton = source.ton;
  request.source_addr_npi = source.npi;
  request.source_addr = source.address;
  return true;
}

bool MapDestination(const ChangeForm& form, smpp::CancelSm& request, SentAs::Party& destination) {
  if (request.destination_addr.empty()) return true;
  destination = {request.dest_addr_ton, request.dest_addr_npi,
                 std::string(request.destination_addr)};
  if (!MapAddress(ProfileOf(form).destination_rules, &destination)) return false;
  request.dest_addr_ton = destination.ton;
  request.dest_addr_npi = destination.npi;
  request.destination_addr = destination.address;
  return true;
}

template <class Request>
Slice WithId(Request& request, const store::ChangeableMessage& message, const ChangeForm& form) {
  SentAs::Party source;
  if (!MapSource(form, request, source)) return {};
  if (!form.takes_tlvs) request.tlvs = {};
  request.message_id = message.upstream_id;
  return Slice::CopyOf(smpp::Encode(request, smpp::Status::ESME_ROK, 0));
}

}  // namespace

ChangeRequest ReadChange(Bytes pdu) {
  switch (CommandOf(pdu)) {
    case CommandId::replace_sm:
      return About(Read<smpp::ReplaceSm>(pdu));
    case CommandId::broadcast_sm:
      return About(Read<smpp::BroadcastSm>(pdu));
    case CommandId::query_broadcast_sm:
      return About(Read<smpp::QueryBroadcastSm>(pdu));
    case CommandId::cancel_broadcast_sm:
      return About(Read<smpp::CancelBroadcastSm>(pdu));
    default:
      break;
  }
  const auto cancel = Read<smpp::CancelSm>(pdu);
  ChangeRequest request = About(cancel);
  request.destination_addr = cancel.destination_addr;
  return request;
}

smpp::ReplaceSm ReadReplace(Bytes pdu) { return Read<smpp::ReplaceSm>(pdu); }

bool CanReplace(const smpp::ReplaceSm& request, const store::ChangeableMessage& message) {
  if (smpp::FindTlv(request.tlvs, smpp::Tag::message_payload)) return false;
  const Bytes text = request.short_message;
  const std::uint8_t esm_class = message.esm_class == store::kNoEsmClass
                                     ? std::uint8_t{0}
                                     : static_cast<std::uint8_t>(message.esm_class);
  const bool has_header = smpp::HasUdhi(esm_class);
  if (has_header && !smpp::BeginsWithUdh(text)) return false;
  const bool is_part = has_header && smpp::ConcatOfUdh(text).has_value();
  return smpp::SegmentCount(message.data_coding, esm_class, text, is_part) ==
         static_cast<std::uint32_t>(message.segments);
}

Slice ForSupplier(Bytes pdu, const store::ChangeableMessage& message, const ChangeForm& form) {
  switch (CommandOf(pdu)) {
    case CommandId::query_broadcast_sm: {
      auto query = Read<smpp::QueryBroadcastSm>(pdu);
      return WithId(query, message, form);
    }
    case CommandId::cancel_broadcast_sm: {
      auto cancel = Read<smpp::CancelBroadcastSm>(pdu);
      return WithId(cancel, message, form);
    }
    case CommandId::cancel_sm: {
      auto cancel = Read<smpp::CancelSm>(pdu);
      SentAs::Party destination;
      if (!MapDestination(form, cancel, destination)) return {};
      return WithId(cancel, message, form);
    }
    default:
      break;
  }
  auto replace = Read<smpp::ReplaceSm>(pdu);
  replace.registered_delivery = RegisteredDeliveryFor(message, form);
  return WithId(replace, message, form);
}

Slice ReplacingBroadcast(Bytes pdu, std::string_view upstream_id) {
  auto broadcast = Read<smpp::BroadcastSm>(pdu);
  broadcast.message_id = upstream_id;
  return Slice::CopyOf(smpp::Encode(broadcast, smpp::Status::ESME_ROK, 0));
}

}  // namespace hub::relay
